/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The transitions themselves, one record each, for `record`. What a record says stands in taskcost/events.h. None of
 * them wakes the reader: it looks at the ring by a timer, and a switch wakes it when the ring fills up.
 */
#ifndef TASKCOST_TIMELINE_BPF_H
#define TASKCOST_TIMELINE_BPF_H

#include "state.bpf.h"

enum { WAKE_UP_READER_AT = 4 }; /* wake the reader when a quarter of the ring is in use */

static __always_inline __u64 wakeup_flag(void)
{
	__u64 used = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);

	if (used * WAKE_UP_READER_AT > bpf_ringbuf_query(&records, BPF_RB_RING_SIZE))
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/* Where it is asked often, at one instant in sixteen: the answer costs a quarter of what a record does. */
static __always_inline __u64 wakeup_flag_at(__u64 now)
{
	return now % 16 ? BPF_RB_NO_WAKEUP : wakeup_flag();
}

static __noinline int note_lost_event(__u64 at_ns)
{
	struct tc_cpu_note *note = &notes[this_cpu()];

	if (!note->lost_events)
		note->lost_first_ns = at_ns;
	note->lost_events++;
	note->lost_last_ns = at_ns;
	count_loss(TC_LOSS_DROPPED_TRANSITIONS);
	return 0;
}

/* Tells of what this CPU lost, before the first event that finds room again. Returns whether there was room. */
static __noinline int send_gap(void)
{
	__u32 cpu = this_cpu();
	struct tc_cpu_note *note = &notes[cpu];
	struct tc_gap gap = {
		.record = {.type = TC_RECORD_GAP, .size = sizeof(gap)},
		.first_ns = note->lost_first_ns,
		.last_ns = note->lost_last_ns,
		.count = note->lost_events,
		.cpu = cpu,
	};

	if (bpf_ringbuf_output(&records, &gap, sizeof(gap), BPF_RB_FORCE_WAKEUP))
		return 0;
	note->lost_events = 0;
	return 1;
}

static __always_inline void send_event(void *event, __u64 size, __u64 at_ns, __u64 wakeup)
{
	if (notes[this_cpu()].lost_events && !send_gap())
		note_lost_event(at_ns);
	else if (bpf_ringbuf_output(&records, event, size, wakeup))
		note_lost_event(at_ns);
}

static __always_inline bool is_call(__u32 row)
{
	return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_KERNEL && row != TC_ROW_FAULT_PENDING;
}

/* When the system call was entered that a task in `row` is in, 0 for none. */
static __always_inline __u64 entry_of_call(const struct tc_ledger *l, __u32 row)
{
	return sees_calls && is_call(row) ? l->entered_ns : 0;
}

static __always_inline void send_step(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg, __u64 now)
{
	if (keep_events) {
		struct tc_step step = {
			.record = {.type = TC_RECORD_STEP, .size = sizeof(step)},
			.at_ns = now,
			.id = l->id,
			.value = value,
			.kind = kind,
			.arg = arg,
		};

		send_event(&step, sizeof(step), now, BPF_RB_NO_WAKEUP);
	}
}

/* A step whose probe needs no time for the ledger itself. */
static __always_inline void send_step_now(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg)
{
	if (keep_events)
		send_step(l, kind, value, arg, bpf_ktime_get_ns());
}

/* The pending fault of a task. */
static __always_inline void send_fault(const struct tc_ledger *l, __u8 outcome, __u64 now)
{
	if (keep_events) {
		struct tc_fault fault = {
			.record = {.type = TC_RECORD_FAULT, .size = sizeof(fault)},
			.at_ns = now,
			.id = l->id,
			.begun_ns = l->fault_ns,
			.entered_ns = entry_of_call(l, l->interrupted),
			.syscall = l->syscall,
			.interrupted = l->interrupted,
			.bits = l->fault_bits,
			.outcome = outcome,
		};

		send_event(&fault, sizeof(fault), now, BPF_RB_NO_WAKEUP);
	}
}

/* Where a new or an adopted task starts, from its ledger as it is published. */
static __always_inline void send_birth(const struct tc_ledger *l, __u64 now)
{
	struct tc_birth birth = {
		.record = {.type = TC_RECORD_BIRTH, .size = sizeof(birth)},
		.at_ns = now,
		.id = l->id,
		.process = l->process,
		.parent_process = l->parent_process,
		.creator = l->creator,
		.address_space = l->address_space,
		.birth_ns = l->birth_ns,
		.clone_flags = l->clone_flags,
		.copy_ns = l->copy_ns,
		.page_table_bytes = l->counters[TC_COUNTER_PAGE_TABLE_BYTES],
		.tid = l->tid,
		.tgid = l->tgid,
		.ppid = l->ppid,
		.creator_tid = l->creator_tid,
		.how = l->how,
		.shares = l->shares,
		.flags = l->flags,
		.cpu = l->cpu,
		.tid_inside = l->tid_inside,
		.tgid_inside = l->tgid_inside,
		.namespace_level = l->namespace_level,
		.syscall = l->syscall,
		.row = l->activity,
		.condition = l->condition,
		.wait = l->wait,
	};

	if (!keep_events)
		return;
	__builtin_memcpy(birth.comm, l->comm, sizeof(birth.comm));
	send_event(&birth, sizeof(birth), now, BPF_RB_NO_WAKEUP);
}

#endif
