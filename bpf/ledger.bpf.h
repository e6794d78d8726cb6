/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The ledger: which task it belongs to, which program may write to it, and post(), the only function that writes a cell
 * of a running task.
 *
 * A task is observed if and only if the table `observed` holds a slot of the pool for it. While the task runs, the
 * state of its CPU (struct tc_cpu_state) holds the same slot, so that system calls and faults find the ledger without a
 * look-up, and tasks that are not observed leave after one comparison. sched_switch writes that state. The state also
 * names its task, because a switch can be missed: some kernels hide what happens in the context of certain tasks from
 * all tracepoints, including the switch away from them. If it names another task than the current one, the current one
 * is looked up again (recover_switch_in). This also finds a task that is adopted while it runs: the iterator resets the
 * state of that CPU.
 *
 * The rule of writing replaces locks: all fields except woken_ns are written on the CPU that runs the task, or by
 * sched_switch under the run-queue lock of that CPU. woken_ns is one aligned store by the waker; sched_switch reads it
 * later under the lock that the wakeup took.
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
 * The bucket of `observed` that a task hashes to. The hash is of its kernel stack, which a task keeps for life: the
 * verifier forbids arithmetic on the address of the task, and its pid changes when a thread calls exec.
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

/* Returns the slot of any task; 0: it is not observed. */
static __always_inline __u32 find_slot(struct task_struct *task)
{
	struct tc_bucket_entry *entry = find_entry(task);

	return entry ? entry->slot : 0;
}

/*
 * Adds the task to the table, and returns whether it did. The task is not there yet, or another CPU adds it at this
 * moment: then that entry stays, because every CPU takes the first free one.
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
	/* Clear the slot first: the entry is free once `task` is 0. */
	__sync_val_compare_and_swap(&entry->task, (__u64)task, 0);
}

/* Like find_slot(), without a look-up if the task is the one that ran on this CPU before. */
static __always_inline __u32 find_slot_near(const struct tc_cpu_state *cpu, struct task_struct *task)
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

/* Adds a latency to the histogram of this CPU. */
__verified_once int add_latency(__u32 id, __u64 ns)
{
	__u32 index = bpf_get_smp_processor_id() * TC_NR_HISTOGRAMS + id;
	struct tc_histogram *h = bpf_map_lookup_elem(&histograms, &index);

	if (!h)
		return 0;
	h->buckets[bounded(tc_bucket_of(ns), TC_HISTOGRAM_BUCKETS)]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
	if (~ns > h->min_ns_inverted)
		h->min_ns_inverted = ~ns;
	return 0;
}

/* Returns the time from `then` to `now`. An impossible order counts as a loss and gives 0, never a negative time. */
static __always_inline __u64 elapsed(__u64 then, __u64 now)
{
	if (now >= then)
		return now - then;
	count_loss(TC_LOSS_BACKWARD_TIMES);
	return 0;
}

/*
 * Closes the open interval of a running task: the time since the last transition goes to the cell of its activity. The
 * caller then sets what the task does next.
 */
static __always_inline void post(struct tc_ledger *l, __u64 now)
{
	*cell_of(l, l->activity, TC_CONDITION_RUNNING) += elapsed(l->since_ns, now);
	if (now > l->since_ns)
		l->since_ns = now;
}

/* Time on a CPU since the current system call was entered, as far as it is posted. */
static __always_inline __u64 call_running(struct tc_ledger *l, __u32 row)
{
	return *cell_of(l, row, TC_CONDITION_RUNNING) - l->call_running_ns;
}

/* The row of the task without the page fault that it may be in. */
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

/* Moves the cells of the row `pending` to `row`. */
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
	/* An interval of that row that still has to be corrected moves too. */
	if (l->unseen_row == pending)
		l->unseen_row = row;
}

/* Ends the pending page fault: its row joins `row`, and the task is again in what the fault interrupted. */
static __always_inline void end_fault(struct tc_ledger *l, __u32 row)
{
	join_row(l, TC_ROW_FAULT_PENDING, row);
	l->activity = l->interrupted;
}

/* The number of faults that the kernel has accounted to the current task. */
static __always_inline __u64 faults_in_stats(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->min_flt + task->maj_flt;
}

/* The task has shown that it runs: that ends the latency of its switch-in. */
static __always_inline void end_switch_latency(struct tc_ledger *l, __u64 now)
{
	if (!l->switched_in_ns)
		return;
	if (l->switch_kind < TC_NR_HISTOGRAMS)
		add_latency(l->switch_kind, elapsed(l->switched_in_ns, now));
	l->switched_in_ns = 0;
}

static __always_inline void read_task_stats(struct tc_task_stats *task_stats, struct task_struct *task)
{
	task_stats->nvcsw = task->nvcsw;
	task_stats->nivcsw = task->nivcsw;
	task_stats->min_flt = task->min_flt;
	task_stats->maj_flt = task->maj_flt;
	task_stats->sum_exec_runtime_ns = task->se.sum_exec_runtime;
	task_stats->utime_ns = task->utime;
	task_stats->stime_ns = task->stime;
}

/* Sets the real uid, and the cgroup of version 2. An exiting task keeps both until it is freed. */
static __always_inline void read_owner(struct tc_ledger *l, struct task_struct *task)
{
	l->uid = BPF_CORE_READ(task, real_cred, uid.val);
	l->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static const struct tc_ledger empty_ledger = {};

/* Returns a free slot, 0 if there is none. Returned slots come first, because they are still in the cache. */
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

/*
 * Returns an empty ledger with an id that no task owns yet. NULL: the pool is full, see refuse(). Slots that are not in
 * use are empty, but for what another CPU wrote to a ledger at the moment at which its task ended.
 */
static __always_inline struct tc_ledger *take_ledger(__u32 *slot)
{
	struct tc_ledger *l = NULL;

	*slot = take_slot();
	if (*slot)
		l = bpf_map_lookup_elem(&pool, slot);
	if (!l)
		return NULL;
	l->signal = 0;
	l->cgroup = 0;
	l->record.type = TC_RECORD_LEDGER;
	l->record.size = sizeof(*l);
	l->id = __sync_fetch_and_add(&ledgers_made, 1) + 1;
	l->created_kind = TC_NR_CREATIONS;
	l->switch_kind = TC_NR_HISTOGRAMS;
	return l;
}

/* The task gets no ledger. It is counted once, and is looked up when it creates other tasks. */
static __always_inline void refuse(struct task_struct *task, __u32 follow_flags)
{
	__u64 key = (__u64)task;

	if (bpf_map_update_elem(&refused, &key, &follow_flags, BPF_NOEXIST) != -EEXIST)
		count_loss(TC_LOSS_MISSED_LEDGERS);
}

/* Returns which children of a refused task are to be observed: flags, 0 for none. */
static __always_inline __u32 followed_by_refused(struct task_struct *task)
{
	__u64 key = (__u64)task;
	__u32 *flags;

	if (!losses[TC_LOSS_MISSED_LEDGERS] || closed)
		return 0;
	flags = bpf_map_lookup_elem(&refused, &key);
	return flags ? *flags : 0;
}

/* The refused task has ended, or got a ledger after all. */
static __always_inline void clear_refusal(struct task_struct *task)
{
	__u64 key = (__u64)task;

	if (losses[TC_LOSS_MISSED_LEDGERS])
		bpf_map_delete_elem(&refused, &key);
}

/* Frees a ledger that no task came to own. */
static __always_inline void give_back_ledger(__u32 slot)
{
	bpf_map_update_elem(&pool, &slot, &empty_ledger, BPF_ANY);
	return_slot(slot);
	__sync_fetch_and_add(&ledgers_ended, 1);
}

/* The last step of a creation: the task is observed from here on, unless it already is. */
static __always_inline bool publish_ledger(struct tc_ledger *l, __u32 slot, struct task_struct *task)
{
	l->live = 1;
	l->task = (__u64)task;
	if (add_entry(task, slot))
		return true;
	give_back_ledger(slot);
	return false;
}

#endif
