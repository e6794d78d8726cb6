/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The final record of a ledger (struct tc_final_ledger). What is sent is cleared, so that the slot is empty again. */
#ifndef TASKCOST_FINAL_BPF_H
#define TASKCOST_FINAL_BPF_H

#include "record.bpf.h"

enum { TC_FINAL_ROOM = 1024 }; /* words: a power of two, because a comparison would double the paths of the verifier */

/* Where a CPU writes a final record. Words are written before it is known that they are not zero: hence `beyond`. */
struct tc_final_room {
	struct tc_record record;
	__u8 masks[TC_LEDGER_LINES];
	__u64 words[TC_FINAL_ROOM];
	__u64 beyond[TC_LINE_WORDS];
	__u8 lines[TC_LEDGER_LINES]; /* numbers of the lines that are not all zero */
	volatile __u64 used; /* words; the verifier knows no value of memory: it follows the loop once for each */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_final_room);
} final_rooms SEC(".maps");

/*
 * Returns `bit` if the number is not zero. There is no branch: it would be hard to predict, and would double the paths
 * of the verifier. The compiler would make one of what it understands.
 */
static __always_inline __u64 if_not_zero(__u64 number, __u32 bit)
{
	__u64 negative = -number;

	asm volatile("" : "+r"(negative));
	return (number | negative) >> (63 - bit) & 1 << bit;
}

static __always_inline __u64 *line_of(struct tc_ledger *l, __u32 number)
{
	return (__u64 *)l + number * TC_LINE_WORDS;
}

/* Lists the lines that are not all zero, and returns how many there are. */
static __always_inline __u64 list_lines(struct tc_final_room *room, struct tc_ledger *l)
{
	__u64 *line, count = 0;
	__u32 number;

	for (number = 0; number < TC_LEDGER_LINES; number++) {
		line = line_of(l, number);
		room->lines[count] = number;
		count += if_not_zero(line[0] | line[1] | line[2] | line[3] | line[4] | line[5] | line[6] | line[7], 0);
	}
	return count;
}

/* Appends the words of a line that are not zero to the final record, and clears the line. Returns their mask. */
static __always_inline __u8 move_line(struct tc_final_room *room, __u64 *line)
{
	__u64 used = room->used & (TC_FINAL_ROOM - 1);
	char *from = (char *)&room->words[used];
	char *to = from;
	__u64 more, mask = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < TC_LINE_WORDS; i++) {
		*(__u64 *)to = line[i];
		more = if_not_zero(line[i], 3); /* bytes */
		line[i] = 0;
		to += more;
		mask = mask << 1 | more;
		asm volatile("" : "+r"(mask)); /* put off, it would take a register for each bit */
	}
	room->used = used + (to - from) / sizeof(__u64);
	return mask >> 3;
}

/* Sends what is not zero of a ledger, and clears it. */
__verified_once int send_final_ledger(struct tc_ledger *l)
{
	__u32 i, number, key = 0;
	struct tc_final_room *room = bpf_map_lookup_elem(&final_rooms, &key);
	__u64 lines, size;

	if (!l || !room) /* can't happen; the verifier asks */
		return 0;
	__builtin_memset(room->masks, 0, sizeof(room->masks));
	room->used = 0;
	lines = list_lines(room, l);
	for (i = 0; i < TC_LEDGER_LINES && i < lines; i++) {
		number = room->lines[i] & (TC_LEDGER_LINES - 1);
		room->masks[number] = move_line(room, line_of(l, number));
	}
	size = offsetof(struct tc_final_room, words) + (room->used & (TC_FINAL_ROOM - 1)) * sizeof(__u64);
	room->record.type = TC_RECORD_FINAL;
	room->record.size = size;
	if (bpf_ringbuf_output(&records, room, size, wakeup_flag()))
		count_loss(TC_LOSS_DROPPED_EXIT_RECORDS);
	return 0;
}

#endif
