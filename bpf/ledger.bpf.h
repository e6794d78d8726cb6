/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The ledger: whose it is, who may write to it, and the one function that writes a cell.
 *
 * A task is observed if and only if the table `observed` names a slot of the pool for it. While it runs, the note of
 * its CPU names the same slot, so that system calls and faults find the ledger without a look-up, and tasks that nobody
 * observes leave after one comparison. sched_switch writes the note. It names the task that it speaks of, because a
 * switch may go unseen: some kernels hide what happens in the context of certain tasks from all tracepoints, the switch
 * away from them included. A note of another task than the current one is looked up again (recover_switch_in), and so a
 * task that is adopted while it runs is found as well: the iterator makes its CPU forget the note.
 *
 * Who writes what, without locks: everything but woken_ns is written on the CPU that runs the task, or by sched_switch
 * under the run-queue lock of that CPU. woken_ns is one aligned store by the waker; sched_switch reads it later under
 * the lock that the wake-up took.
 */
#ifndef TASKCOST_LEDGER_BPF_H
#define TASKCOST_LEDGER_BPF_H

#include "state.bpf.h"

static __always_inline struct tc_ledger *ledger_at(__u32 slot)
{
	if (!slot || closed)
		return NULL;
	return bpf_map_lookup_elem(&pool, &slot);
}

/*
 * Where a task is in `observed` if it is. By its kernel stack, which it keeps for life: the address of the task itself
 * may not be calculated with, and its pid changes when a thread calls exec.
 */
static __always_inline struct tc_bucket *find_bucket(struct task_struct *task)
{
	__u32 stack = stack_of(task) >> 12;
	__u32 index = stack * 0x9e3779b1u >> observed_shift;

	return bpf_map_lookup_elem(&observed, &index);
}

static __always_inline struct tc_bucket_entry *find_entry(struct task_struct *task)
{
	struct tc_bucket *bucket = find_bucket(task);
	__u32 i;

	if (!bucket)
		return NULL;
#pragma unroll
	for (i = 0; i < TC_BUCKET_ENTRIES; i++)
		if (bucket->entries[i].task == (__u64)task)
			return &bucket->entries[i];
	return NULL;
}

/* The slot of any task; 0 when it is not observed. */
static __always_inline __u32 find_slot(struct task_struct *task)
{
	struct tc_bucket_entry *entry = find_entry(task);

	return entry ? entry->slot : 0;
}

/*
 * Whether the task has got a place. It has none yet, or somebody else gave it one at this moment: then it keeps that,
 * because everybody takes the first that is free.
 */
static __always_inline bool add_entry(struct task_struct *task, __u32 slot)
{
	struct tc_bucket *bucket = find_bucket(task);
	__u64 there;
	__u32 i;

	if (!bucket)
		return false;
	for (i = 0; i < TC_BUCKET_ENTRIES; i++) {
		there = __sync_val_compare_and_swap(&bucket->entries[i].task, 0, (__u64)task);
		if (there == (__u64)task)
			return false;
		if (!there) {
			bucket->entries[i].slot = slot;
			return true;
		}
	}
	count_loss(TC_LOSS_STORAGE_FAILURES);
	return false;
}

static __always_inline void remove_entry(struct task_struct *task)
{
	struct tc_bucket_entry *entry = find_entry(task);

	if (!entry)
		return;
	entry->slot = 0;
	/* In this order for the one who takes the place next. */
	__sync_val_compare_and_swap(&entry->task, (__u64)task, 0);
}

/* The same as find_slot(), without a look-up where the task is the one that ran on this CPU before. */
static __always_inline __u32 find_slot_near(const struct tc_cpu_note *cpu, struct task_struct *task)
{
	__u32 slot = cpu->last_slot;
	struct tc_ledger *l = ledger_at(slot);

	return l && l->task == (__u64)task ? slot : find_slot(task);
}

static __always_inline __u64 *cell_of(struct tc_ledger *l, __u32 row, __u32 condition)
{
	return &l->cells[bounded(row * TC_NR_CONDITIONS + condition, TC_NR_CELLS)];
}

static __always_inline struct tc_creation_sums *creations_of(struct tc_ledger *l, __u32 kind)
{
	return &l->creations[bounded(kind, TC_NR_CREATIONS)];
}

/* A latency into this CPU's histogram. */
static __always_inline void add_latency(__u32 id, __u64 ns)
{
	__u32 index = bpf_get_smp_processor_id() * TC_NR_HISTOGRAMS + id;
	struct tc_histogram *h = bpf_map_lookup_elem(&histograms, &index);

	if (!h)
		return;
	h->buckets[bounded(tc_bucket_of(ns), TC_HISTOGRAM_BUCKETS)]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
	if (~ns > h->min_ns_inverted)
		h->min_ns_inverted = ~ns;
}

/* From `then` to `now`, never negative: an order that cannot be is counted instead of subtracted. */
static __always_inline __u64 elapsed(__u64 then, __u64 now)
{
	if (now >= then)
		return now - then;
	count_loss(TC_LOSS_BACKWARD_TIMES);
	return 0;
}

/*
 * Closes the open interval of a running task: the time since the last transition goes to the cell that the task was
 * in. The caller then says what the task does next.
 */
static __always_inline void post(struct tc_ledger *l, __u64 now)
{
	*cell_of(l, l->activity, TC_CONDITION_RUNNING) += elapsed(l->since_ns, now);
	if (now > l->since_ns)
		l->since_ns = now;
}

/* On a CPU since the current system call was entered; posted time only. */
static __always_inline __u64 call_running(struct tc_ledger *l, __u32 row)
{
	return *cell_of(l, row, TC_CONDITION_RUNNING) - l->call_running_ns;
}

/* What the task does apart from the page fault that it may be in. */
static __always_inline __u32 interrupted_row(const struct tc_ledger *l)
{
	return l->activity == TC_ROW_FAULT_PENDING ? l->interrupted : l->activity;
}

static __always_inline void enter_activity(struct tc_ledger *l, __u32 activity)
{
	l->activity = activity;
	if (activity < TC_NR_ACTIVITIES)
		l->entries[activity]++;
}

/* What was kept apart in the row `pending` joins `row`. */
static __always_inline void join_row(struct tc_ledger *l, __u32 pending, __u32 row)
{
	__u64 *from = &l->cells[pending * TC_NR_CONDITIONS];
	__u32 condition;

#pragma unroll
	for (condition = 0; condition < TC_NR_CONDITIONS; condition++) {
		if (!from[condition])
			continue;
		*cell_of(l, row, condition) += from[condition];
		from[condition] = 0;
	}
	/* A wait that is still to be corrected went along. */
	if (l->unseen_row == pending)
		l->unseen_row = row;
}

/* Ends the pending page fault: its row joins `row`, and the task is back in what the fault interrupted. */
static __always_inline void end_fault(struct tc_ledger *l, __u32 row)
{
	join_row(l, TC_ROW_FAULT_PENDING, row);
	l->activity = l->interrupted;
}

/* Faults that the kernel has accounted to the current task. */
static __always_inline __u64 faults_in_stats(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->min_flt + task->maj_flt;
}

/* The first sign of life of a task after it was switched in. */
static __always_inline void end_switch_latency(struct tc_ledger *l, __u64 now)
{
	if (!l->switched_in_ns)
		return;
	if (l->switch_kind < TC_NR_HISTOGRAMS)
		add_latency(l->switch_kind, elapsed(l->switched_in_ns, now));
	l->switched_in_ns = 0;
}

static __always_inline void read_task_stats(struct tc_books *books, struct task_struct *task)
{
	books->nvcsw = task->nvcsw;
	books->nivcsw = task->nivcsw;
	books->min_flt = task->min_flt;
	books->maj_flt = task->maj_flt;
	books->sum_exec_runtime_ns = task->se.sum_exec_runtime;
	books->utime_ns = task->utime;
	books->stime_ns = task->stime;
}

static const struct tc_ledger empty_ledger = {};

/* A slot nobody uses, 0 when there is none. A slot that came back is still warm in the cache, so those go first. */
static __always_inline __u32 take_slot(void)
{
	__u32 slot = 0;

	if (bpf_map_pop_elem(&free_slots, &slot) == 0)
		return slot;
	if (slots_touched + 1 >= pool_slots)
		return 0;
	slot = __sync_fetch_and_add(&slots_touched, 1) + 1;
	return slot < pool_slots ? slot : 0;
}

static __always_inline void return_slot(__u32 slot)
{
	if (bpf_map_push_elem(&free_slots, &slot, 0))
		count_loss(TC_LOSS_LEAKED_SLOTS);
}

/* An empty ledger with an id, not yet a task's. NULL when the pool is exhausted: see refuse(). */
static __always_inline struct tc_ledger *take_ledger(__u32 *slot)
{
	struct tc_ledger *l = NULL;

	*slot = take_slot();
	if (*slot) {
		bpf_map_update_elem(&pool, slot, &empty_ledger, BPF_ANY);
		l = bpf_map_lookup_elem(&pool, slot);
	}
	if (!l)
		return NULL;
	l->record.type = TC_RECORD_LEDGER;
	l->record.size = sizeof(*l);
	l->id = __sync_fetch_and_add(&ledgers_made, 1) + 1;
	l->created_kind = TC_NR_CREATIONS;
	l->switch_kind = TC_NR_HISTOGRAMS;
	return l;
}

/* No ledger for this task: it is counted, once, and will be asked for when it creates others. */
static __always_inline void refuse(struct task_struct *task, __u32 follow_flags)
{
	__u64 key = (__u64)task;

	if (bpf_map_update_elem(&refused, &key, &follow_flags, BPF_NOEXIST) != -EEXIST)
		count_loss(TC_LOSS_MISSED_LEDGERS);
}

/* Of a task that was refused: which of its children are to be observed; 0 for none. */
static __always_inline __u32 followed_by_refused(struct task_struct *task)
{
	__u64 key = (__u64)task;
	__u32 *flags;

	if (!losses[TC_LOSS_MISSED_LEDGERS] || closed)
		return 0;
	flags = bpf_map_lookup_elem(&refused, &key);
	return flags ? *flags : 0;
}

/* It ended, or got a ledger after all. */
static __always_inline void clear_refusal(struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (losses[TC_LOSS_MISSED_LEDGERS])
		bpf_map_delete_elem(&refused, &key);
}

/* A ledger that is nobody's any more, or never became anybody's: its slot is free. */
static __always_inline void give_back_ledger(struct tc_ledger *l, __u32 slot)
{
	l->live = 0;
	l->task = 0;
	return_slot(slot);
	__sync_fetch_and_add(&ledgers_ended, 1);
}

/* The last step of a creation: from here on the task is observed, unless it is already. */
static __always_inline bool publish_ledger(struct tc_ledger *l, __u32 slot, struct task_struct *task)
{
	l->live = 1;
	l->task = (__u64)task;
	if (add_entry(task, slot))
		return true;
	give_back_ledger(l, slot);
	return false;
}

#endif
