/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stacks of waits, involuntary switches, faults and creations, deduplicated here. Only with --stacks. */
#ifndef TASKCOST_STACKS_BPF_H
#define TASKCOST_STACKS_BPF_H

#include "ledger.bpf.h"

enum { NO_SUCH_FRAMES = -14 /* -EFAULT: none of that kind, as for a kernel thread */ };

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, TC_STACK_FRAMES * sizeof(__u64));
} stacks __weak SEC(".maps");

/* Those whose place in the first map another one has. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, TC_STACK_FRAMES * sizeof(__u64));
} displaced_stacks __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_stack_key);
	__type(value, struct tc_stack_sums);
} stack_counts __weak SEC(".maps");

static __always_inline __s32 stack_id(void *ctx, __u64 flags)
{
	__s32 id = bpf_get_stackid(ctx, &stacks, flags);

	if (id >= 0 || id == NO_SUCH_FRAMES)
		return id;
	id = bpf_get_stackid(ctx, &displaced_stacks, flags);
	return id < 0 ? id : id + TC_STACKS_IN_A_MAP;
}

/* Of the current task. */
static __always_inline void take_stack(void *ctx, struct tc_stack_ids *ids)
{
	struct tc_cpu_note *note;

	if (!keep_stacks)
		return;
	note = &notes[this_cpu()];
	note->unwinding = 1;
	ids->kernel = stack_id(ctx, 0);
	ids->user = stack_id(ctx, BPF_F_USER_STACK);
	note->unwinding = 0;
}

/* What the stack stands for is over. */
static __noinline int book_stack(const struct tc_ledger *l, const struct tc_stack_ids *ids, __u32 kind, __u64 ns)
{
	struct tc_stack_key key = {
		.process = l->process,
		.ids = *ids,
		.kind = kind,
		.wait = kind == TC_STACK_WAIT ? l->wait : 0,
	};
	struct tc_stack_sums first = {.count = 1, .ns = ns};
	struct tc_stack_sums *sums;

	/* Nobody saw where it began: it was adopted in the middle. */
	if (ids->kernel == TC_STACK_NONE)
		return 0;
	if ((ids->kernel < 0 && ids->kernel != NO_SUCH_FRAMES) || (ids->user < 0 && ids->user != NO_SUCH_FRAMES)) {
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

#endif
