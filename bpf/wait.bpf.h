/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A wait from its beginning to its end: begin_wait(), end_wait(), and shorten_wait() where the end was missed.
 *
 * The cause is decided when the task leaves its CPU, because the call is known then and its file is still in the cache.
 * The waker writes its id and call site to the sleeper's ledger at the wakeup, under the pi_lock of the sleeper. Both
 * are accounted when the task has a CPU again.
 */
#ifndef TASKCOST_WAIT_BPF_H
#define TASKCOST_WAIT_BPF_H

#include "entry.bpf.h"
#include "quota.bpf.h"
#include "waker_stack.bpf.h"
#include "wait_cause.bpf.h"

/* Edges that found no room in their ledger. Only programs that run for the sleeper write to them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_edge_key);
	__type(value, struct tc_edge_sums);
} edges SEC(".maps");

enum { LONG_WAIT_NS = 100 * 1000 }; /* shorter waits are not part of a chain */

/* If no probe saw a sleeper enter a call, its registers name the call that it is in or returns from, for this sleep. */
static __always_inline void find_call_of_sleeper(struct tc_ledger *l, struct task_struct *task)
{
	if (l->activity != TC_ACTIVITY_USER)
		return;
	find_call(l, task);
	l->found = 1;
}

/* A sleeper that was found in no call sleeps in a page fault, also if that reads the page from a disk. */
static __always_inline void set_wait(struct tc_ledger *l, __u32 wait)
{
	l->wait = wait;
	if (wait == TC_WAIT_DISK)
		wait = l->wait_in_call;
	if (!l->found)
		return;
	if (l->activity == TC_ROW_CALL_PENDING)
		l->activity = l->call_row;
	else if (wait == TC_WAIT_PAGE_FAULT)
		l->activity = TC_ACTIVITY_PAGE_FAULT;
}

/* The task sleeps from here on. */
static __always_inline void begin_wait(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	find_call_of_sleeper(l, task);
	set_wait(l, wait_of(l, task, state));
}

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

/*
 * The sum of all edges of one cause that have no room of their own. NULL: the ledger has no room for this cause either.
 */
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

__verified_once int account_other_edge(struct tc_ledger *l, __u64 blocked_ns)
{
	struct tc_edge_sums *sums = l ? other_edges_of(l, l->wait) : NULL;

	if (sums)
		add_to_edge(sums, blocked_ns);
	else
		count_loss(TC_LOSS_MISSED_EDGES);
	return 0;
}

/*
 * The first edges have room in the ledger, further ones go to the map. If the map is full, as for a task that waits for
 * thousands of children, the edge is added to one sum per cause.
 */
static __always_inline void account_edge(struct tc_ledger *l, __u64 blocked_ns)
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
		account_other_edge(l, blocked_ns);
}

/*
 * The part of the first wait that the second one explains. A long wait for a task that had waited briefly is not
 * explained, and a waker that began to wait earlier explains no more than the length of the first wait.
 */
static __always_inline __u64 explained_ns(const struct tc_chain *chain)
{
	__u64 first = chain->links[0].blocked_ns;
	__u64 second = chain->links[1].blocked_ns;

	return first < second ? first : second;
}

/* The chain that explains the least makes room for one that explains more. */
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

static __always_inline void account_chain(struct tc_ledger *l, __u64 blocked_ns, __u64 woken_ns)
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

__verified_once int account_wait(struct tc_ledger *l, __u64 blocked_ns, __u64 runnable_ns, __u64 woken_ns)
{
	struct tc_wait_sums *sums;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	sums = &l->waits[bounded(l->wait, TC_NR_WAITS)];
	sums->count++;
	sums->blocked_ns += blocked_ns;
	account_edge(l, blocked_ns);
	if (blocked_ns >= LONG_WAIT_NS)
		account_chain(l, blocked_ns, woken_ns);
	if (keep_stacks) {
		account_stack(l, &l->left_at, TC_STACK_WAIT, blocked_ns, runnable_ns);
		if (blocked_ns >= WAKER_STACK_NS)
			account_waker_stack(l, blocked_ns, woken_ns);
	}
	return 0;
}

/* Time without a CPU that other tasks did not cause: the quota of its cgroup, or its own sched_yield. */
static __always_inline void account_preemption(struct tc_ledger *l, __u64 ns)
{
	if (l->why_preempted == TC_PREEMPTED_BY_QUOTA) {
		l->counters[TC_COUNTER_THROTTLED]++;
		l->counters[TC_COUNTER_THROTTLED_NS] += ns;
		account_quota(l, ns);
	} else if (l->why_preempted == TC_PREEMPTED_BY_YIELD) {
		l->counters[TC_COUNTER_YIELDS]++;
		l->counters[TC_COUNTER_YIELDED_NS] += ns;
	}
	l->why_preempted = TC_PREEMPTED_BY_OTHERS;
}

/*
 * A device ends a wait by an interrupt, or a kernel thread ends it for the device. A wait that a program ends was for
 * that program: a request to a FUSE server, or a page that another task had locked.
 */
static __always_inline void settle_wait(struct tc_ledger *l)
{
	if (l->wait != TC_WAIT_DISK || !l->woken_ns || l->waker == TC_WAKER_INTERRUPT || l->waker == TC_WAKER_TIMER ||
	    l->waker_from == TC_FROM_KERNEL)
		return;
	l->wait = l->wait_in_call;
}

/*
 * Accounts the wait of a task that is on a CPU from `now` on, and returns when it became ready to run; `now` if the
 * wakeup was not traced.
 *
 * The interval of a sleeper splits at its wakeup. The wakeup can be older than the switch-out: the waker saw the task
 * while it was going to sleep, and the task was runnable all along.
 */
static __always_inline __u64 end_wait(struct tc_ledger *l, __u64 now)
{
	__u64 ready = l->since_ns;
	__u64 woken = l->woken_ns;
	__u64 blocked = 0, waited;

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
		waited = elapsed(ready, now);
		account_wait(l, blocked, waited, woken);
		*cell_of(l, l->activity, TC_CONDITION_RUNNABLE) += waited;
	} else {
		waited = elapsed(ready, now);
		*cell_of(l, l->activity, l->condition) += waited;
		account_preemption(l, waited);
		if (keep_stacks && l->condition == TC_CONDITION_PREEMPTED)
			account_stack(l, &l->left_at, TC_STACK_INVOLUNTARY, waited, 0);
	}
	l->woken_ns = 0;
	l->condition = TC_CONDITION_RUNNING;
	l->since_ns = now;
	return ready;
}

/* The registers named that call only for the time of the sleep. */
static __always_inline void leave_found_call(struct tc_ledger *l)
{
	if (!l->found)
		return;
	l->found = 0;
	l->activity = TC_ACTIVITY_USER;
}

/* Takes `ns` back from the most recent wait: its end was not traced, and it was shorter than accounted. */
__verified_once int shorten_wait(struct tc_ledger *l, __u64 ns)
{
	struct tc_edge_key key = {.from = TC_FROM_NOWHERE};
	struct tc_edge_sums *sums;
	__u32 i;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	key.sleeper = l->id;
	key.wait = l->wait;
	l->waits[bounded(key.wait, TC_NR_WAITS)].blocked_ns -= ns;
	for (i = 0; i < TC_OWN_EDGES; i++) {
		if (same_edge(&l->edges[i].key, &key)) {
			l->edges[i].sums.blocked_ns -= ns;
			return 0;
		}
	}
	sums = bpf_map_lookup_elem(&edges, &key);
	if (!sums)
		sums = other_edges_of(l, key.wait);
	if (sums)
		sums->blocked_ns -= ns;
	return 0;
}

#endif
