/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stacks of waits, involuntary switches, faults, creations and samples, deduplicated in the kernel. Kept only with
 * --stacks.
 */
#ifndef TASKCOST_STACK_BPF_H
#define TASKCOST_STACK_BPF_H

#include "unwind.bpf.h"

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

enum { LEAST_RETAKEN_NS = 100 * 1000 };

static __always_inline __u64 hash_of(const struct tc_stack *stack, __u32 count)
{
	__u64 hash = stack->end;
	__u32 i;

	for (i = 0; i < TC_STACK_FRAMES && i < count; i++)
		hash = ((hash << 5 | hash >> 59) ^ stack->frames[i]) * 0x9e3779b97f4a7c15ull;
	return hash;
}

/* Stores the stack unless it is known, and returns its key. */
static __noinline __u64 keep_frames(struct tc_stack *stack, __u32 count)
{
	__u64 key;

	if (!stack) /* can't happen; the verifier asks */
		return TC_STACK_LOST;
	key = (hash_of(stack, count) & ~TC_STACK_PENDING) | 1ull << 63;
	if (stack->end == TC_STACK_END_PENDING)
		key |= TC_STACK_PENDING;
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

/* The innermost frame of a sample, in the kernel if it was there, goes to its key. */
static __always_inline void move_leaf(struct tc_unwound *here, struct tc_stack *stack)
{
	if (!here->sampling || here->leaf)
		return;
	here->leaf = stack->frames[0];
	stack->frames[0] = 0;
}

/* Has the kernel unwind the current task, by frame pointers if it is its user stack. */
static __noinline __u64 keep_stack(void *ctx, struct tc_unwound *here, __u64 flags)
{
	struct tc_stack *stack = &here->stack;
	long size = bpf_get_stack(ctx, stack->frames, sizeof(stack->frames), flags);

	if (size <= 0)
		return TC_STACK_EMPTY;
	stack->end = TC_STACK_END_FRAME_POINTERS;
	stack->count = size / sizeof(stack->frames[0]);
	move_leaf(here, stack);
	return keep_frames(stack, stack->count);
}

/* Returns TC_STACK_NOT_TAKEN if the stack has to be taken by keep_stack(). */
static __always_inline __u64 keep_walked_stack(struct tc_unwound *here)
{
	int frames = walk_user_stack();
	struct unwind_walk *w = this_walk();

	if (frames < 0 || !w)
		return TC_STACK_NOT_TAKEN;
	if (!frames)
		return TC_STACK_EMPTY;
	move_leaf(here, &w->stack);
	return keep_frames(&w->stack, frames);
}

static __always_inline struct tc_unwound *this_unwound(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&unwound, &zero);
}

/* REQUIRES: no stack is being taken on this CPU. A sample can interrupt what takes one. */
static __always_inline void begin_stack(struct tc_unwound *here)
{
	cpu_states[this_cpu()].reading_user = 1;
	here->start_ns = bpf_ktime_get_ns();
}

static __always_inline void end_stack(struct tc_unwound *here)
{
	here->ns += bpf_ktime_get_ns() - here->start_ns;
	cpu_states[this_cpu()].reading_user = 0;
}

static __always_inline void keep_both_stacks(void *ctx, struct tc_unwound *here, struct tc_stack_ids *ids)
{
	ids->kernel = keep_stack(ctx, here, 0);
	ids->user = use_unwind_tables ? keep_walked_stack(here) : TC_STACK_NOT_TAKEN;
	if (ids->user == TC_STACK_NOT_TAKEN)
		ids->user = keep_stack(ctx, here, BPF_F_USER_STACK);
}

/* Takes the kernel and the user stack of the current task. */
static __always_inline void take_stack(void *ctx, struct tc_stack_ids *ids)
{
	struct tc_unwound *here;

	if (!keep_stacks)
		return;
	here = this_unwound();
	if (!here) /* can't happen */
		return;
	begin_stack(here);
	keep_both_stacks(ctx, here, ids);
	end_stack(here);
}

static __always_inline void set_owner(struct tc_stack_owner *owner, const struct tc_ledger *l,
				      const struct tc_stack_ids *ids)
{
	struct task_struct *task = (void *)l->task;

	owner->process = l->process;
	owner->address_space = l->address_space;
	owner->ids = *ids;
	bpf_core_read_str(owner->comm, sizeof(owner->comm), &task->comm);
}

/* REQUIRES: `key` is all 0. */
static __always_inline void set_stack_key(struct tc_stack_key *key, const struct tc_ledger *l,
					  const struct tc_stack_ids *ids, __u32 kind)
{
	set_owner(&key->owner, l, ids);
	key->kind = kind;
	if (kind == TC_STACK_WAIT)
		key->wait = l->wait;
}

/* False, and a loss: the table of stacks had no room for one of them. */
static __always_inline bool has_stacks(const struct tc_stack_ids *ids)
{
	if (ids->kernel != TC_STACK_LOST && ids->user != TC_STACK_LOST)
		return true;
	count_loss(TC_LOSS_MISSED_STACKS);
	return false;
}

static __always_inline void add_to_stack(void *map, const void *key, __u64 ns, __u64 runnable_ns)
{
	struct tc_stack_sums first = {.count = 1, .ns = ns, .runnable_ns = runnable_ns};
	struct tc_stack_sums *sums = bpf_map_lookup_elem(map, key);

	if (sums) {
		__sync_fetch_and_add(&sums->count, 1);
		__sync_fetch_and_add(&sums->ns, ns);
		__sync_fetch_and_add(&sums->runnable_ns, runnable_ns);
	} else if (bpf_map_update_elem(map, key, &first, BPF_NOEXIST)) {
		count_loss(TC_LOSS_MISSED_STACKS);
	}
}

/* Remembers for retake_stack() that this wait has ended. Short ones are not worth it. */
static __always_inline void note_pending(const struct tc_ledger *l, __u32 kind, __u64 ns, __u64 runnable_ns)
{
	struct tc_unwound *here;

	if ((kind != TC_STACK_WAIT && kind != TC_STACK_INVOLUNTARY) || ns < LEAST_RETAKEN_NS)
		return;
	here = this_unwound();
	if (!here) /* can't happen */
		return;
	here->pending_ledger = l->id;
	here->pending_kind = kind;
	here->pending_ns = ns;
	here->pending_runnable_ns = runnable_ns;
}

/* Remembers what shorten_stack() is about: an exec may give the task another name and address space before. */
static __always_inline void note_unseen(const struct tc_stack_key *key)
{
	struct tc_unwound *here;

	if (key->kind != TC_STACK_WAIT && key->kind != TC_STACK_INVOLUNTARY)
		return;
	here = this_unwound();
	if (here)
		here->unseen = *key;
}

/*
 * Accounts `ns` to the stack: what it stands for is over. If its beginning was not traced, because the task was adopted
 * in the middle of it, the time is accounted to no stack.
 */
static __noinline int account_stack(const struct tc_ledger *l, const struct tc_stack_ids *ids, __u32 kind, __u64 ns,
				    __u64 runnable_ns)
{
	struct tc_stack_key key = {};

	set_stack_key(&key, l, ids, kind);
	if (l->unseen_wait_ns)
		note_unseen(&key);
	if (!has_stacks(ids))
		return 0;
	add_to_stack(&stack_counts, &key, ns, runnable_ns);
	if (ids->user & TC_STACK_PENDING)
		note_pending(l, kind, ns, runnable_ns);
	return 0;
}

/*
 * The user stack of a task is the same after a wait or a fault as before. If it ended in code whose table was pending,
 * the table may be there now: returns 1 if the whole stack has replaced it. Call it in the context of the task, before
 * it returns to user mode.
 */
__verified_once int walk_again(struct tc_stack_ids *ids)
{
	struct tc_stack *before;
	struct tc_unwound *here;
	struct unwind_walk *w;
	__u64 user;

	if (!ids) /* can't happen; the verifier asks */
		return 0;
	user = ids->user;
	before = bpf_map_lookup_elem(&stacks, &user);
	here = this_unwound();
	w = this_walk();
	if (!before || !here || !w)
		return 0;
	begin_stack(here);
	user = keep_walked_stack(here);
	end_stack(here);
	/* An exec, or the return from a signal handler, has changed the registers. */
	if (user < TC_STACK_FIRST_KEY || (user & TC_STACK_PENDING) || w->stack.frames[0] != before->frames[0])
		return 0;
	ids->user = user;
	return 1;
}

/* The wait that has just ended counts for the whole stack. */
__verified_once int retake_stack(struct tc_ledger *l)
{
	struct tc_stack_key key = {};
	struct tc_stack_sums *sums;
	struct tc_unwound *here;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	here = this_unwound();
	if (!here || here->pending_ledger != l->id)
		return 0;
	here->pending_ledger = 0;
	set_stack_key(&key, l, &l->left_at, here->pending_kind);
	sums = bpf_map_lookup_elem(&stack_counts, &key);
	if (!sums || !walk_again(&l->left_at))
		return 0;
	__sync_fetch_and_add(&sums->count, -1);
	__sync_fetch_and_add(&sums->ns, -here->pending_ns);
	__sync_fetch_and_add(&sums->runnable_ns, -here->pending_runnable_ns);
	return account_stack(l, &l->left_at, here->pending_kind, here->pending_ns, here->pending_runnable_ns);
}

#define has_pending_stack(l) (keep_stacks && ((l)->left_at.user & TC_STACK_PENDING))

/*
 * Takes back `ns` that account_stack() added too much, of the wait or of the time in the run queue: shorten_wait(). The
 * task has not left this CPU since.
 */
static __noinline int shorten_stack(__u32 condition, __u64 ns)
{
	struct tc_unwound *here = this_unwound();
	struct tc_stack_sums *sums = here ? bpf_map_lookup_elem(&stack_counts, &here->unseen) : NULL;

	if (sums)
		__sync_fetch_and_add(condition == TC_CONDITION_RUNNABLE ? &sums->runnable_ns : &sums->ns, -ns);
	return 0;
}

#endif
