/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The end of a wait: what was waited for, who ended it, and what that one had waited for itself.
 *
 * The cause is decided when the task leaves its CPU (files.bpf.h), because it is known then, and its file is still
 * warm. The waker is noted at the wake-up, under the lock of the sleeper. Both are booked when the task has its CPU
 * again.
 */
#ifndef TASKCOST_WAITS_BPF_H
#define TASKCOST_WAITS_BPF_H

#include "stacks.bpf.h"

enum { LONG_WAIT_NS = 100 * 1000 }; /* shorter ones are no part of a chain */

static __always_inline void add_to_edge(struct tc_edge_sums *sums, __u64 blocked_ns)
{
	sums->count++;
	sums->blocked_ns += blocked_ns;
	if (blocked_ns > sums->max_ns)
		sums->max_ns = blocked_ns;
}

static __always_inline bool same_edge(const struct tc_edge_key *a, const struct tc_edge_key *b)
{
	return a->waker == b->waker && a->wait == b->wait && a->from == b->from;
}

/* The sum of all edges of one cause that there is no other room for. NULL when the ledger has none for it either. */
static __always_inline struct tc_edge_sums *other_edges_of(struct tc_ledger *l, __u32 wait)
{
	struct tc_edge_key key = {.sleeper = l->id, .waker = TC_WAKER_SEVERAL, .wait = wait, .from = TC_FROM_NOWHERE};
	__u32 i;

#pragma unroll
	for (i = 0; i < TC_OTHER_EDGES; i++) {
		struct tc_edge *edge = &l->other_edges[i];

		if (!edge->key.sleeper)
			edge->key = key;
		if (edge->key.wait == wait)
			return &edge->sums;
	}
	return NULL;
}

static __noinline int book_other_edge(struct tc_ledger *l, __u64 blocked_ns)
{
	struct tc_edge_sums *sums = l ? other_edges_of(l, l->wait) : NULL;

	if (sums)
		add_to_edge(sums, blocked_ns);
	else
		count_loss(TC_LOSS_MISSED_EDGES);
	return 0;
}

/*
 * The ledger has room for the edges that come first; the rest goes to a map, and what does not fit there, as of a task
 * that waits for thousands of children, is one sum for each cause.
 */
static __always_inline void book_edge(struct tc_ledger *l, __u64 blocked_ns)
{
	struct tc_edge_key key = {.sleeper = l->id, .waker = l->waker, .wait = l->wait, .from = l->waker_from};
	struct tc_edge_sums first = {.count = 1, .blocked_ns = blocked_ns, .max_ns = blocked_ns};
	struct tc_edge_sums *sums;
	__u32 i;

#pragma unroll
	for (i = 0; i < TC_OWN_EDGES; i++) {
		struct tc_edge *edge = &l->edges[i];

		if (!edge->key.sleeper)
			edge->key = key;
		if (same_edge(&edge->key, &key)) {
			add_to_edge(&edge->sums, blocked_ns);
			return;
		}
	}
	sums = bpf_map_lookup_elem(&edges, &key);
	if (sums)
		add_to_edge(sums, blocked_ns);
	else if (bpf_map_update_elem(&edges, &key, &first, BPF_NOEXIST))
		book_other_edge(l, blocked_ns);
}

/*
 * How much of the first wait the second one explains. A long wait for a task that had waited briefly is no news, and
 * one whose waker had waited before it began is explained as far as it lasted.
 */
static __always_inline __u64 explained_ns(const struct tc_chain *chain)
{
	__u64 first = chain->links[0].blocked_ns;
	__u64 second = chain->links[1].blocked_ns;

	return first < second ? first : second;
}

/* Of the chains that a ledger keeps the one that explains the least makes room for one that explains more. */
static __always_inline void keep_chain(struct tc_ledger *l, const struct tc_chain *chain)
{
	struct tc_chain *least = &l->chains[0];
	__u32 i;

#pragma unroll
	for (i = 1; i < TC_KEPT_CHAINS; i++) {
		if (explained_ns(&l->chains[i]) < explained_ns(least))
			least = &l->chains[i];
	}
	if (explained_ns(least) < explained_ns(chain))
		*least = *chain;
}

static __always_inline void book_chain(struct tc_ledger *l, __u64 blocked_ns, __u64 woken_ns)
{
	struct tc_chain *chain = &l->waited;
	__u32 i;

	chain->links[0].sleeper = l->id;
	chain->links[0].waker = l->waker;
	chain->links[0].blocked_ns = blocked_ns;
	chain->links[0].wait = l->wait;
	chain->links[0].from = l->waker_from;
	chain->length = 1;
	chain->end_ns = woken_ns;
	if (l->cause.end_ns != woken_ns)
		return;
#pragma unroll
	for (i = 1; i < TC_CHAIN_LINKS; i++) {
		if (i <= l->cause.length) {
			chain->links[i] = l->cause.links[i - 1];
			chain->length = i + 1;
		}
	}
	keep_chain(l, chain);
}

static __always_inline void book_wait(struct tc_ledger *l, __u64 blocked_ns, __u64 woken_ns)
{
	struct tc_wait_sums *sums = &l->waits[bounded(l->wait, TC_NR_WAITS)];

	sums->count++;
	sums->blocked_ns += blocked_ns;
	book_edge(l, blocked_ns);
	if (blocked_ns >= LONG_WAIT_NS)
		book_chain(l, blocked_ns, woken_ns);
	if (keep_stacks)
		book_stack(l, &l->left_at, TC_STACK_WAIT, blocked_ns);
}

/* Who kept it from a CPU that it did not give up, where that was not other tasks. */
static __always_inline void book_preemption(struct tc_ledger *l, __u64 ns)
{
	if (l->why_preempted == TC_PREEMPTED_BY_QUOTA) {
		l->counters[TC_COUNTER_THROTTLED]++;
		l->counters[TC_COUNTER_THROTTLED_NS] += ns;
	} else if (l->why_preempted == TC_PREEMPTED_BY_YIELD) {
		l->counters[TC_COUNTER_YIELDS]++;
		l->counters[TC_COUNTER_YIELDED_NS] += ns;
	}
	l->why_preempted = TC_PREEMPTED_BY_OTHERS;
}

/*
 * Books the wait of a task that is on a CPU from `now` on, and returns when it became ready to run: `now` if nobody
 * saw.
 *
 * A sleeper's interval splits at its wake-up. The wake-up may carry an older time than the switch-out: the waker saw
 * the task in the middle of going to sleep, and it was runnable all along.
 */
static __always_inline __u64 end_wait(struct tc_ledger *l, __u64 now)
{
	__u64 ready = l->since_ns;
	__u64 woken = l->woken_ns;
	__u64 blocked = 0;

	if (l->condition == TC_CONDITION_BLOCKED) {
		if (!woken) {
			l->counters[TC_COUNTER_UNSEEN_WAKEUPS]++;
			l->waker = 0;
			l->waker_from = TC_FROM_NOWHERE;
			woken = now;
		} else {
			l->counters[TC_COUNTER_WAKEUPS]++;
		}
		if (woken > ready && woken <= now) {
			blocked = woken - ready;
			*cell_of(l, l->activity, TC_CONDITION_BLOCKED) += blocked;
			ready = woken;
		}
		book_wait(l, blocked, woken);
		*cell_of(l, l->activity, TC_CONDITION_RUNNABLE) += elapsed(ready, now);
	} else {
		*cell_of(l, l->activity, l->condition) += elapsed(ready, now);
		book_preemption(l, elapsed(ready, now));
		if (keep_stacks && l->condition == TC_CONDITION_PREEMPTED)
			book_stack(l, &l->left_at, TC_STACK_INVOLUNTARY, elapsed(ready, now));
	}
	l->woken_ns = 0;
	l->condition = TC_CONDITION_RUNNING;
	l->since_ns = now;
	return ready;
}

/* It was in that call for as long as it slept there. */
static __always_inline void leave_found_call(struct tc_ledger *l)
{
	if (!l->found)
		return;
	l->found = 0;
	l->activity = TC_ACTIVITY_USER;
}

/*
 * The task runs on this CPU although the note speaks of another one. If it waits by its ledger, its switch-in was not
 * seen: what was booked as waiting is corrected at its switch-out, when the scheduler's books tell how long it ran.
 */
static __noinline struct tc_ledger *catch_up(struct tc_cpu_note *note, struct task_struct *task)
{
	struct tc_ledger *l;
	__u64 now;

	note->task = (__u64)task;
	note->regs = 0;
	note->slot = slot_of(task);
	note->flush = TC_FLUSH_NONE;
	l = ledger_in(note->slot);
	if (!l || l->condition == TC_CONDITION_RUNNING)
		return l;
	now = bpf_ktime_get_ns();
	l->unseen_row = l->activity;
	l->unseen_condition = l->condition;
	if (l->condition == TC_CONDITION_BLOCKED && l->woken_ns)
		l->unseen_condition = TC_CONDITION_RUNNABLE;
	l->unseen_at_ns = now;
	l->unseen_wait_ns = elapsed(l->woken_ns > l->since_ns ? l->woken_ns : l->since_ns, now);
	if (l->condition == TC_CONDITION_BLOCKED && l->woken_ns)
		gather_step(l, TC_STEP_WOKEN, l->waker, l->waker_from, l->woken_ns);
	gather_step(l, TC_STEP_FOUND_RUNNING, 0, this_cpu(), now);
	end_wait(l, now);
	leave_found_call(l);
	l->switched_in_ns = 0;
	l->on_cpu_ns = now;
	l->counters[TC_COUNTER_UNSEEN_SWITCH_INS]++;
	if (!l->first_run_ns)
		l->first_run_ns = now;
	l->cpu = this_cpu();
	return l;
}

/* The ledger of `task`, which runs on the CPU of this note; NULL when it is not observed. */
static __always_inline struct tc_ledger *ledger_of_current(struct tc_cpu_note *note, struct task_struct *task)
{
	if (note->task != (__u64)task)
		return catch_up(note, task);
	return ledger_in(note->slot);
}

static __always_inline struct tc_ledger *current_ledger(void)
{
	return ledger_of_current(&notes[this_cpu()], bpf_get_current_task_btf());
}

/*
 * The same, on the way in from user mode or back. The registers of a task lie at the same place each time, so they tell
 * whose they are, and spare a helper call. Only noted of observed tasks: one that is being adopted must be looked up.
 */
static __always_inline struct tc_ledger *ledger_by_regs(const struct pt_regs *regs)
{
	struct tc_cpu_note *note = &notes[this_cpu()];
	struct tc_ledger *l;

	if (note->regs == (__u64)regs)
		return ledger_in(note->slot);
	l = ledger_of_current(note, bpf_get_current_task_btf());
	if (l) {
		note->regs = (__u64)regs;
		l->regs = (__u64)regs;
	}
	return l;
}

/* The saved registers of the ledger's task. */
static __always_inline struct pt_regs *regs_of(struct tc_ledger *l, struct task_struct *task)
{
	if (!can_cast())
		return (struct pt_regs *)bpf_task_pt_regs(task);
	if (!l->regs)
		l->regs = (__u64)bpf_task_pt_regs(task);
	return read_as(struct pt_regs, l->regs);
}

/* The system call that it is in by its registers, or on its way out of; negative for none. */
static __always_inline long call_of(struct tc_ledger *l, struct task_struct *task)
{
	return syscall_number_of(regs_of(l, task));
}

/* The number of the task's system call as ledgers and events have it. */
static __always_inline __u32 numbered(struct task_struct *task, long number)
{
	bool compat = makes_compat_call(task);

	if (number >= TC_MAX_SYSCALLS) {
		if (!compat)
			number &= ~COMPAT_X32_BIT;
		if (number >= TC_FROM_COMPAT)
			number = TC_FROM_COMPAT - 1; /* there is no such call, */
	}
	return compat ? (__u32)number | TC_FROM_COMPAT : (__u32)number;
}

/* Where the ledger's task, the current one, is in the kernel. */
static __always_inline __u32 whereabouts(struct tc_ledger *l, struct task_struct *task)
{
	switch (l->activity) {
	case TC_ROW_FAULT_PENDING:
		return TC_FROM_FAULT;
	case TC_ACTIVITY_USER: {
		long number = call_of(l, task);

		return number >= 0 ? numbered(task, number) : TC_FROM_USER;
	}
	case TC_ACTIVITY_EXIT:
		return TC_FROM_EXIT;
	case TC_ACTIVITY_KERNEL:
		return TC_FROM_KERNEL;
	default:
		return l->syscall;
	}
}

#endif
