/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The final record of a ledger (struct tc_final_ledger). What is sent is cleared, so that the slot is empty again. */
#ifndef TASKCOST_FINAL_BPF_H
#define TASKCOST_FINAL_BPF_H

#include "record.bpf.h"

enum { TC_FINAL_ROOM = 2048 }; /* words: a power of two, because a comparison would double the paths of the verifier */

/* Where a CPU writes a final record. Words are written before it is known that they are not zero: hence `beyond`. */
struct tc_final_room {
	struct tc_record record;
	__u32 words[TC_FINAL_ROOM];
	__u32 beyond[TC_LINE_WORDS + 1];
	__u8 lines[TC_LEDGER_LINES]; /* numbers of the lines that are sent */
	volatile __u64 used; /* words; the verifier knows no value of memory: it follows the loop once for each */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_final_room);
} final_rooms SEC(".maps");

/*
 * Writes the lower half of `word`, and goes on behind it if it is not zero. There is no branch: it would be hard to
 * predict, and would double the paths of the verifier. The compiler must not see that `half_` has 32 bits, and must not
 * put off the mask, for which it would need a register for each bit.
 */
#define append_half(word, to, mask)                                                                                    \
	({                                                                                                             \
		__u64 half_ = (__u32)(word);                                                                           \
		*(__u32 *)(to) = half_;                                                                                \
		asm volatile("" : "+r"(half_));                                                                        \
		half_ = (-half_ >> 61) & sizeof(__u32);                                                                \
		(to) += half_;                                                                                         \
		(mask) = (mask) << 1 | half_;                                                                          \
		asm volatile("" : "+r"(mask));                                                                         \
	})

static __always_inline __u64 *line_of(struct tc_ledger *l, __u32 number)
{
	return (__u64 *)l + number * (TC_LINE_BYTES / sizeof(__u64));
}

/* Lists the lines that are not all zero, without a branch as well. Returns how many there are. */
static __always_inline __u64 list_lines(struct tc_final_room *room, struct tc_ledger *l)
{
	__u64 bits, negative, count = 0;
	__u32 number;

	for (number = 0; number < TC_LEDGER_LINES; number++) {
		__u64 *line = line_of(l, number);

		bits = line[0] | line[1] | line[2] | line[3] | line[4] | line[5] | line[6] | line[7];
		negative = -bits;
		asm volatile("" : "+r"(negative));
		room->lines[count] = number;
		count += (bits | negative) >> 63;
	}
	return count;
}

/* Appends a line of a ledger to the final record, and clears it. */
static __always_inline void move_line(struct tc_final_room *room, __u64 *line, __u32 number)
{
	__u64 used = room->used & (TC_FINAL_ROOM - 1);
	__u32 *tag = &room->words[used];
	char *to = (char *)(tag + 1);
	__u64 word, mask = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < TC_LINE_BYTES / sizeof(__u64); i++) {
		word = line[i];
		append_half(word, to, mask);
		append_half(word >> 32, to, mask);
		line[i] = 0;
	}
	*tag = number << TC_LINE_SHIFT | mask >> 2;
	room->used = used + (to - (char *)tag) / sizeof(__u32);
}

/* Sends what is not zero of a ledger, and clears it. */
__verified_once int send_final_ledger(struct tc_ledger *l)
{
	__u32 i, number, key = 0;
	struct tc_final_room *room = bpf_map_lookup_elem(&final_rooms, &key);
	__u64 lines, used, size;

	if (!l || !room) /* can't happen; the verifier asks */
		return 0;
	lines = list_lines(room, l);
	room->used = 0;
	for (i = 0; i < TC_LEDGER_LINES && i < lines; i++) {
		number = room->lines[i] & (TC_LEDGER_LINES - 1);
		move_line(room, line_of(l, number), number);
	}
	used = room->used & (TC_FINAL_ROOM - 1);
	room->words[used] = 0;
	size = (sizeof(struct tc_record) + used * sizeof(__u32) + 7) & ~7ull;
	room->record.type = TC_RECORD_FINAL;
	room->record.size = size;
	if (bpf_ringbuf_output(&records, room, size, wakeup_flag()))
		count_loss(TC_LOSS_DROPPED_EXIT_RECORDS);
	return 0;
}

#endif
