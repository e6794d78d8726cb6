/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Recording of transitions, one record each: taskcost/events.h. It is optional (keep_events): the ledger does not
 * depend on it, and the hooks call it. Records do not wake the reader, which polls the ring by a timer; a switch wakes
 * it when the ring fills up.
 *
 * Events of the current task are batched per CPU and sent when it leaves the CPU. Events of other tasks are sent at
 * once, because such a task may be ending on another CPU.
 */
#ifndef TASKCOST_RECORD_BPF_H
#define TASKCOST_RECORD_BPF_H

#include "wait_cause.bpf.h"

/* One batch per CPU. The map is memory-mapped: user space takes what is left when the window closes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_event_batch);
} batches SEC(".maps");

enum { WAKE_UP_READER_AT = 4 }; /* wake the reader when 1/4 of the ring is in use */

static __always_inline __u64 wakeup_flag(void)
{
	__u64 used = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);

	if (used * WAKE_UP_READER_AT > bpf_ringbuf_query(&records, BPF_RB_RING_SIZE))
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

/* For frequent callers, queries the ring at one instant in sixteen: the query costs a quarter of a record. */
static __always_inline __u64 wakeup_flag_at(__u64 now)
{
	return now % 16 ? BPF_RB_NO_WAKEUP : wakeup_flag();
}

static __noinline int count_lost_events(__u64 first_ns, __u64 last_ns, __u64 count)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];

	/* Events of the batch can be older than those that were sent at once. */
	if (!cpu->lost_events || first_ns < cpu->lost_first_ns)
		cpu->lost_first_ns = first_ns;
	if (!cpu->lost_events || last_ns > cpu->lost_last_ns)
		cpu->lost_last_ns = last_ns;
	cpu->lost_events += count;
	__sync_fetch_and_add(&losses[TC_LOSS_DROPPED_TRANSITIONS], count);
	return 0;
}

/* Sends a gap before the first event of this CPU that finds room again. Returns whether the gap found room. */
static __noinline int send_gap(void)
{
	__u32 number = this_cpu();
	struct tc_cpu_state *cpu = &cpu_states[number];
	struct tc_gap gap = {
		.record = {.type = TC_RECORD_GAP, .size = sizeof(gap)},
		.first_ns = cpu->lost_first_ns,
		.last_ns = cpu->lost_last_ns,
		.count = cpu->lost_events,
		.cpu = number,
	};

	if (bpf_ringbuf_output(&records, &gap, sizeof(gap), BPF_RB_FORCE_WAKEUP))
		return 0;
	cpu->lost_events = 0;
	return 1;
}

/* Returns whether there was room. */
static __always_inline bool send(void *events, __u64 size, __u64 wakeup)
{
	return (!cpu_states[this_cpu()].lost_events || send_gap()) &&
	       !bpf_ringbuf_output(&records, events, size, wakeup);
}

static __always_inline void send_record(void *event, __u64 size, __u64 at_ns)
{
	if (!send(event, size, BPF_RB_NO_WAKEUP))
		count_lost_events(at_ns, at_ns, 1);
}

/* Returns the batch of this CPU; NULL: transitions are not recorded. */
static __always_inline struct tc_event_batch *this_batch(void)
{
	__u32 cpu;

	if (!keep_events)
		return NULL;
	cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&batches, &cpu);
}

static __always_inline void flush_batch(struct tc_event_batch *batch, __u64 wakeup)
{
	if (!send(batch->events, bounded(batch->used, TC_BATCH_BYTES + 1), wakeup))
		count_lost_events(batch->first_ns, batch->last_ns, batch->count);
	batch->used = 0;
	batch->count = 0;
}

static __noinline int flush_this_batch(void)
{
	struct tc_event_batch *batch = this_batch();

	if (!batch || batch->busy || !batch->used)
		return 0;
	batch->busy = 1;
	barrier();
	flush_batch(batch, BPF_RB_NO_WAKEUP);
	barrier();
	batch->busy = 0;
	return 0;
}

/* Sends the batch of this CPU: before an event that has to come after it, and at each tick. */
static __always_inline void flush_events(void)
{
	if (keep_events)
		flush_this_batch();
}

/*
 * Reserves room for an event of the current task, which is written in place. The batch is busy until finish_event(),
 * which every caller reaches. NULL: transitions are not recorded, or the current task was preempted inside this
 * function by another one; then the event is lost.
 */
static __always_inline void *begin_event(struct tc_event_batch *batch, __u64 room, __u64 at_ns)
{
	if (!keep_events)
		return NULL;
	if (!batch || batch->busy) {
		count_lost_events(at_ns, at_ns, 1);
		return NULL;
	}
	batch->busy = 1;
	barrier();
	if (batch->used > TC_BATCH_BYTES - room)
		flush_batch(batch, wakeup_flag());
	return batch->events + bounded(batch->used, TC_BATCH_BYTES - room + 1);
}

/* `size` is how much of the room the event took; 0: there is no event after all. */
static __always_inline void finish_event(struct tc_event_batch *batch, __u64 size, __u64 at_ns)
{
	if (!batch->used)
		batch->first_ns = at_ns;
	batch->last_ns = at_ns;
	batch->used += size;
	batch->count += size != 0;
	barrier();
	batch->busy = 0;
}

/* The upper half of `kind` is tc_event.file. */
static __always_inline struct tc_event make_event(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg,
						  __u64 now)
{
	return (struct tc_event){
		.record = {.type = TC_RECORD_EVENT, .size = sizeof(struct tc_event)},
		.at_ns = now,
		.id = l->id,
		.value = value,
		.kind = kind,
		.file = kind >> 16,
		.arg = arg,
	};
}

/* Sends an event of a task that is not the current one. */
static __always_inline void send_event(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg, __u64 now)
{
	if (keep_events) {
		struct tc_event event = make_event(l, kind, value, arg, now);

		send_record(&event, sizeof(event), now);
	}
}

/* Batches an event of the current task. In an interrupt that hit a busy batch it is sent at once. */
static __always_inline void batch_event(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg, __u64 now)
{
	struct tc_event_batch *batch = this_batch();
	struct tc_event *event;

	if (batch && batch->busy) {
		send_event(l, kind, value, arg, now);
		return;
	}
	event = begin_event(batch, sizeof(*event), now);
	if (!event)
		return;
	*event = make_event(l, kind, value, arg, now);
	finish_event(batch, sizeof(*event), now);
}

/* The end of the current task begins. */
static __always_inline void batch_end(const struct tc_ledger *l, enum tc_event_kind kind, __u64 now)
{
	__u32 row = l->activity;

	batch_event(l, kind | seen_file_of(l) << 16, l->exit_start_ns ? 0 : entry_of_call(l, row),
		    is_call(row) ? l->syscall : TC_NO_CALL, now);
}

/* Like batch_event(), for a probe whose ledger needs no time. */
static __always_inline void batch_event_now(const struct tc_ledger *l, __u32 kind, __u64 value, __u32 arg)
{
	if (keep_events)
		batch_event(l, kind, value, arg, bpf_ktime_get_ns());
}

/* The pending fault of the current task. */
static __always_inline void batch_fault(const struct tc_ledger *l, __u8 outcome, __u64 now)
{
	struct tc_event_batch *batch = this_batch();
	struct tc_fault *fault = begin_event(batch, sizeof(*fault), now);

	if (!fault)
		return;
	*fault = (struct tc_fault){
		.record = {.type = TC_RECORD_FAULT, .size = sizeof(*fault)},
		.at_ns = now,
		.id = l->id,
		.begun_ns = l->fault_ns,
		.entered_ns = entry_of_call(l, l->interrupted),
		.syscall = l->syscall,
		.interrupted = context_of(l->interrupted),
		.bits = l->fault_bits,
		.outcome = outcome,
	};
	finish_event(batch, sizeof(*fault), now);
}

/* Like batch_fault(), where hot programs seldom come. */
static __noinline int batch_rare_fault(const struct tc_ledger *l, __u8 outcome, __u64 now)
{
	if (l && keep_events)
		batch_fault(l, outcome, now);
	return 0;
}

/* The stack of the task that leaves its CPU. It belongs before the event of the switch. */
static __noinline int batch_stack(const struct tc_ledger *l, __u64 now)
{
	if (l && keep_events && l->left_at.user >= TC_STACK_FIRST_KEY)
		batch_event(l, TC_EV_STACK, l->left_at.user, 0, now);
	return 0;
}

/* What only the task itself shows. */
struct seen_task {
	__u64 clone_flags;
	__u16 state; /* TASK_* */
	__u8 on_cpu;
	__u8 same_stack; /* as that of its creator */
};

/* The initial state of a new or adopted task, from its ledger when that is published. */
static __noinline int send_task_new(const struct tc_ledger *l, const struct seen_task *seen, __u64 now)
{
	struct tc_task_new new_task = {
		.record = {.type = TC_RECORD_TASK_NEW, .size = sizeof(new_task)},
		.at_ns = now,
		.id = l->id,
		.process = l->process,
		.parent_process = l->parent_process,
		.creator = l->creator,
		.address_space = l->address_space,
		.start_ns = l->start_ns,
		.clone_flags = seen->clone_flags,
		.copy_ns = l->copy_ns,
		.page_table_bytes = l->counters[TC_COUNTER_PAGE_TABLE_BYTES],
		.tid = l->tid,
		.tgid = l->tgid,
		.ppid = l->ppid,
		.creator_tid = l->creator_tid,
		.shares = l->shares,
		.flags = l->flags,
		.cpu = l->cpu,
		.tid_inside = l->tid_inside,
		.tgid_inside = l->tgid_inside,
		.namespace_level = l->namespace_level,
		.syscall = l->syscall,
		.state = seen->state,
		.file = seen_file_of(l),
		.detail = l->saw >> SAW_BITS,
		.context = context_of(l->activity),
		.saw = l->saw,
		.found = l->found,
		.on_cpu = seen->on_cpu,
		.same_stack = seen->same_stack,
	};

	if (!keep_events)
		return 0;
	__builtin_memcpy(new_task.comm, l->comm, sizeof(new_task.comm));
	send_record(&new_task, sizeof(new_task), now);
	return 0;
}

/* NULL: transitions are not recorded. */
static __always_inline struct tc_switch *begin_switch(struct tc_event_batch *batch, struct task_struct *prev,
						      struct task_struct *next, __u32 cpu, __u32 spaces, __u64 now)
{
	struct tc_switch *event = begin_event(batch, sizeof(*event), now);

	if (!event)
		return NULL;
	__builtin_memset(event, 0, sizeof(*event));
	event->record.type = TC_RECORD_SWITCH;
	event->record.size = sizeof(*event);
	event->at_ns = now;
	event->cpu = cpu;
	event->flags = spaces;
	event->prev_tid = prev->pid;
	event->next_tid = next->pid;
	return event;
}

/*
 * Ends the switch event and flushes the batch of the task that leaves. There is no event if the window has closed
 * meanwhile.
 */
static __always_inline void finish_switch(struct tc_event_batch *batch, const struct tc_switch *event, __u64 now)
{
	finish_event(batch, event->prev || event->next ? sizeof(*event) : 0, now);
	if (batch->used)
		flush_batch(batch, wakeup_flag_at(now));
}

/* Fills in the task that leaves, when its ledger is complete. */
static __always_inline void fill_prev(struct tc_switch *event, const struct tc_ledger *l, __u32 state, __u32 flags,
				      __u32 flush)
{
	event->prev = l->id;
	event->entered_ns = l->found ? 0 : entry_of_call(l, l->activity);
	event->syscall = l->syscall;
	event->context = context_of(l->activity);
	event->file = seen_file_of(l);
	event->prev_state = state;
	if (l->condition == TC_CONDITION_BLOCKED) {
		event->saw = l->saw;
		event->detail = l->saw >> SAW_BITS;
	}
	event->flush = flush;
	event->flags |= flags | (l->found ? TC_SWITCH_FOUND : 0);
	if (l->why_preempted == TC_PREEMPTED_BY_QUOTA)
		event->flags |= TC_SWITCH_THROTTLED;
	else if (l->why_preempted == TC_PREEMPTED_BY_YIELD)
		event->flags |= TC_SWITCH_YIELDED;
}

static __always_inline void fill_next(struct tc_switch *event, const struct tc_ledger *l, bool blocked, __u64 woken_ns)
{
	event->next = l->id;
	if (!blocked)
		return;
	event->woken_ns = woken_ns;
	event->waker = l->waker;
	event->waker_from = l->waker_from;
	event->waking = l->waking;
}

/* Begins the event of a call that returns. NULL: transitions are not recorded. */
static __always_inline struct tc_transfer *begin_transfer(struct tc_event_batch *batch, const struct tc_ledger *l,
							  long result, __u8 flags, __u64 now)
{
	struct tc_transfer *transfer = begin_event(batch, sizeof(*transfer), now);

	if (!transfer)
		return NULL;
	transfer->call.record = (struct tc_record){.type = TC_RECORD_CALL, .size = sizeof(transfer->call)};
	transfer->call.at_ns = now;
	transfer->call.id = l->id;
	transfer->call.entered_ns = entry_of_call(l, l->activity);
	transfer->call.result = result;
	transfer->call.mapped_bytes = 0;
	transfer->call.syscall = l->syscall;
	transfer->call.file = seen_file_of(l);
	transfer->call.flags = flags;
	transfer->call.pad = 0;
	return transfer;
}

static __always_inline void finish_call(struct tc_event_batch *batch, const struct tc_transfer *transfer, __u64 now)
{
	finish_event(batch, transfer->call.record.size, now);
}

static __always_inline void batch_passage(const struct tc_ledger *l, __u32 bits, __u64 bytes, __u64 now)
{
	struct tc_event_batch *batch = this_batch();
	struct tc_passage *passage = begin_event(batch, sizeof(*passage), now);

	if (!passage)
		return;
	*passage = (struct tc_passage){
		.record = {.type = TC_RECORD_PASSAGE, .size = sizeof(*passage)},
		.at_ns = now,
		.id = l->id,
		.bytes_in = bits & TC_CALL_IN ? bytes : 0,
		.bytes_out = bits & TC_CALL_OUT ? bytes : 0,
		.object = l->object,
		.link = l->link,
		.file = l->file_type,
		.bits = bits,
	};
	finish_event(batch, sizeof(*passage), now);
}

static __always_inline void send_cpu_slice(const struct tc_ledger *l, __u64 now)
{
	struct tc_cpu_slice slice = {
		.record = {.type = TC_RECORD_CPU_SLICE, .size = sizeof(slice)},
		.id = l->id,
		.start_ns = l->on_cpu_ns,
		.end_ns = now,
		.cpu = l->cpu,
	};

	if (bpf_ringbuf_output(&records, &slice, sizeof(slice), wakeup_flag_at(now)))
		count_loss(TC_LOSS_DROPPED_EVENTS);
}

#endif
