/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stacks of the tasks that end long waits, with the stack of the sleeper. Both are joined when the sleeper has a CPU
 * again, because the length of the wait is known then.
 */
#ifndef TASKCOST_WAKER_STACK_BPF_H
#define TASKCOST_WAKER_STACK_BPF_H

#include "stack.bpf.h"

enum { WAKER_STACK_NS = 1000 * 1000 }; /* for shorter waits, the stack of the waker would cost too much */

/* By ledger id of the sleeper. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tc_waker_stack);
} waker_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_waker_stack_key);
	__type(value, struct tc_stack_sums);
} waker_stack_counts SEC(".maps");

/* The current task, whose ledger is `waker`, wakes the task of `l`. */
static __noinline int keep_waker_stack(void *ctx, struct tc_ledger *l, struct tc_ledger *waker)
{
	struct tc_waker_stack stack = {};
	struct tc_stack_ids ids = {};
	__u64 id;

	/* The wakeup can be that of an interrupt while the stack of the interrupted task is taken. */
	if (!l || !waker || cpu_states[this_cpu()].reading_user)
		return 0;
	take_stack(ctx, &ids);
	set_owner(&stack.owner, waker, &ids);
	stack.woken_ns = l->woken_ns;
	id = l->id;
	if (bpf_map_update_elem(&waker_stacks, &id, &stack, BPF_ANY))
		count_loss(TC_LOSS_MISSED_STACKS);
	return 0;
}

static __noinline int account_waker_stack(const struct tc_ledger *l, __u64 blocked_ns, __u64 woken_ns)
{
	__u64 id = l->id;
	struct tc_waker_stack *stack = bpf_map_lookup_elem(&waker_stacks, &id);
	struct tc_unwound *here = this_unwound();
	struct tc_waker_stack_key *key;

	if (!here || !stack || stack->woken_ns != woken_ns)
		return 0;
	key = &here->waker_key;
	__builtin_memset(key, 0, sizeof(*key));
	set_owner(&key->sleeper, l, &l->left_at);
	key->waker = stack->owner;
	key->wait = l->wait;
	bpf_map_delete_elem(&waker_stacks, &id);
	if (has_stacks(&key->sleeper.ids) && has_stacks(&key->waker.ids))
		add_to_stack(&waker_stack_counts, key, blocked_ns, 0);
	return 0;
}

#endif
