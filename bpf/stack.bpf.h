/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stacks of waits, involuntary switches, faults and creations, deduplicated in the kernel. Kept only with --stacks. */
#ifndef TASKCOST_STACK_BPF_H
#define TASKCOST_STACK_BPF_H

#include "ledger.bpf.h"

/*
 * Stacks by a hash of their frames; 64 bits keep different stacks apart. The kernel's own stack map has one slot for
 * all hashes with the same low bits, and loses all stacks of a slot but one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tc_stack);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_unwound);
} unwound SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_stack_key);
	__type(value, struct tc_stack_sums);
} stack_counts SEC(".maps");

static __always_inline __u64 hash_of(const struct tc_stack *stack, __u32 count)
{
	__u64 hash = 0;
	__u32 i;

	for (i = 0; i < TC_STACK_FRAMES && i < count; i++)
		hash = ((hash << 5 | hash >> 59) ^ stack->frames[i]) * 0x9e3779b97f4a7c15ull;
	return hash;
}

/* Unwinds the current task, stores the stack unless it is known, and returns its key. */
static __noinline __u64 keep_stack(void *ctx, struct tc_stack *stack, __u64 flags)
{
	long size = bpf_get_stack(ctx, stack, sizeof(*stack), flags);
	__u64 key;

	if (size <= 0)
		return TC_STACK_EMPTY;
	key = hash_of(stack, size / sizeof(stack->frames[0])) | 1ull << 63;
	if (bpf_map_lookup_elem(&stacks, &key))
		return key;
	switch (bpf_map_update_elem(&stacks, &key, stack, BPF_NOEXIST)) {
	case 0:
	case -EEXIST: /* another CPU has just stored it */
		return key;
	default:
		return TC_STACK_LOST;
	}
}

/* Takes the kernel and the user stack of the current task. */
static __always_inline void take_stack(void *ctx, struct tc_stack_ids *ids)
{
	struct tc_unwound *here;
	struct tc_cpu_state *cpu;
	__u32 zero = 0;
	__u64 start;

	if (!keep_stacks)
		return;
	here = bpf_map_lookup_elem(&unwound, &zero);
	if (!here) /* can't happen */
		return;
	start = bpf_ktime_get_ns();
	cpu = &cpu_states[this_cpu()];
	cpu->unwinding = 1;
	ids->kernel = keep_stack(ctx, &here->stack, 0);
	ids->user = keep_stack(ctx, &here->stack, BPF_F_USER_STACK);
	cpu->unwinding = 0;
	here->ns += bpf_ktime_get_ns() - start;
}

static __always_inline struct tc_stack_key stack_key(const struct tc_ledger *l, const struct tc_stack_ids *ids,
						     __u32 kind)
{
	return (struct tc_stack_key){
		.process = l->process,
		.address_space = l->address_space,
		.ids = *ids,
		.kind = kind,
		.wait = kind == TC_STACK_WAIT ? l->wait : 0,
	};
}

/* Accounts `ns` to the stack: what it stands for is over. */
static __noinline int account_stack(const struct tc_ledger *l, const struct tc_stack_ids *ids, __u32 kind, __u64 ns)
{
	struct tc_stack_key key = stack_key(l, ids, kind);
	struct tc_stack_sums first = {.count = 1, .ns = ns};
	struct tc_stack_sums *sums;

	/* The beginning was not traced: the task was adopted in the middle of it. */
	if (ids->kernel == TC_STACK_NOT_TAKEN)
		return 0;
	if (ids->kernel == TC_STACK_LOST || ids->user == TC_STACK_LOST) {
		count_loss(TC_LOSS_MISSED_STACKS);
		return 0;
	}
	sums = bpf_map_lookup_elem(&stack_counts, &key);
	if (sums) {
		__sync_fetch_and_add(&sums->count, 1);
		__sync_fetch_and_add(&sums->ns, ns);
	} else if (bpf_map_update_elem(&stack_counts, &key, &first, BPF_NOEXIST)) {
		count_loss(TC_LOSS_MISSED_STACKS);
	}
	return 0;
}

/* Takes back `ns` that account_stack() added too much: shorten_wait(). */
static __noinline int shorten_stack(const struct tc_ledger *l, __u32 kind, __u64 ns)
{
	struct tc_stack_key key = stack_key(l, &l->left_at, kind);
	struct tc_stack_sums *sums = bpf_map_lookup_elem(&stack_counts, &key);

	if (sums)
		__sync_fetch_and_add(&sums->ns, -ns);
	return 0;
}

#endif
