/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Regions that programs mark by a system call (taskcost/mark.h). A region lasts from the return of the call that begins
 * it to the entry of the one that ends it. Its parts are differences of the ledger's sums at both instants, at which
 * all time is posted: so they add up to its time.
 */
#ifndef TASKCOST_REGION_BPF_H
#define TASKCOST_REGION_BPF_H

#include "call_sums.bpf.h"
#include "task.bpf.h"
#include "taskcost/abi_regions.h"

/* The open regions of a task, by the id of its ledger. Only tasks with marks take memory. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tc_region_stack);
} region_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TC_MAX_REGIONS);
	__type(key, struct tc_region_key);
	__type(value, struct tc_region_sums);
} regions SEC(".maps");

static const struct tc_region_stack empty_region_stack = {};
static const struct tc_region_sums empty_region_sums = {};

/* Returns 1 if a name was read. A failed read counts a loss and leaves it empty. */
static __noinline int read_region_name(struct tc_region_key *key, __u64 at)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	long size;

	if (!key || !at)
		return 0;
	cpu->reading_user = 1;
	barrier();
	size = bpf_probe_read_user_str(key->name, sizeof(key->name), (void *)at);
	barrier();
	cpu->reading_user = 0;
	if (size < 0)
		count_loss(TC_LOSS_UNREAD_REGION_NAMES);
	return size > 0;
}

/* Returns the sums of this CPU. NULL: there is no room for another name. */
static __noinline struct tc_region_sums *sums_of_region(struct tc_region_key *key)
{
	struct tc_region_sums *sums;

	if (!key) /* can't happen; the verifier asks */
		return NULL;
	sums = bpf_map_lookup_elem(&regions, key);
	if (sums)
		return sums;
	bpf_map_update_elem(&regions, key, &empty_region_sums, BPF_NOEXIST);
	sums = bpf_map_lookup_elem(&regions, key);
	if (!sums)
		count_loss(TC_LOSS_MISSED_REGIONS);
	return sums;
}

/* Its callers have little room on the stack. REQUIRES: all time is posted, no call and no fault is pending. */
static __noinline int sum_up_parts(const struct tc_ledger *l, struct tc_region_parts *parts)
{
	__u64 running = 0, preempted = 0, runnable = 0;
	__u32 i;

	if (!l || !parts) /* can't happen; the verifier asks */
		return 0;
#pragma unroll
	for (i = 0; i < TC_NR_ROWS; i++) {
		running += l->cells[i * TC_NR_CONDITIONS + TC_CONDITION_RUNNING];
		preempted += l->cells[i * TC_NR_CONDITIONS + TC_CONDITION_PREEMPTED];
		runnable += l->cells[i * TC_NR_CONDITIONS + TC_CONDITION_RUNNABLE];
	}
	parts->user_ns = l->cells[TC_ACTIVITY_USER * TC_NR_CONDITIONS + TC_CONDITION_RUNNING];
	parts->faults_ns = l->cells[TC_ACTIVITY_PAGE_FAULT * TC_NR_CONDITIONS + TC_CONDITION_RUNNING];
	parts->calls_ns = running - parts->user_ns - parts->faults_ns;
	parts->preempted_ns = preempted;
	parts->runnable_ns = runnable;
#pragma unroll
	for (i = 0; i < TC_NR_WAITS; i++)
		parts->blocked_ns[i] = l->waits[i].blocked_ns;
	return 0;
}

static __always_inline bool same_region_name(const __u64 *a, const __u64 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Sends the region as an event. */
static __noinline int batch_region(struct tc_ledger *l, struct tc_region_stack *stack, __u32 index, __u32 how,
				   __u64 now)
{
	struct tc_event_batch *batch = this_batch();
	const struct tc_region_frame *frame, *total;
	struct tc_region *region;
	__u64 longest = 0;
	__u32 i;

	if (!l || !stack) /* can't happen; the verifier asks */
		return 0;
	region = begin_event(batch, sizeof(*region), now);
	if (!region)
		return 0;
	frame = &stack->frames[bounded(index, TC_REGION_DEPTH)];
	total = &stack->frames[TC_REGION_DEPTH];
	region->record = (struct tc_record){.type = TC_RECORD_REGION, .size = sizeof(*region)};
	region->at_ns = now;
	region->id = l->id;
	region->begun_ns = frame->begun_ns;
	region->user_ns = total->parts.user_ns - frame->parts.user_ns;
	region->calls_ns = total->parts.calls_ns - frame->parts.calls_ns;
	region->faults_ns = total->parts.faults_ns - frame->parts.faults_ns;
	region->preempted_ns = total->parts.preempted_ns - frame->parts.preempted_ns;
	region->runnable_ns = total->parts.runnable_ns - frame->parts.runnable_ns;
	region->blocked_ns = 0;
	region->wait = 0;
	for (i = 0; i < TC_NR_WAITS; i++) {
		__u64 blocked = total->parts.blocked_ns[i] - frame->parts.blocked_ns[i];

		region->blocked_ns += blocked;
		/* A correction of a missed switch can have taken back more than the region waited. */
		if ((__s64)blocked > (__s64)longest) {
			longest = blocked;
			region->wait = i;
		}
	}
	region->depth = index;
	region->how = how;
	region->pad = 0;
	__builtin_memcpy(region->name, frame->name, sizeof(region->name));
	finish_event(batch, sizeof(*region), now);
	return 0;
}

static __always_inline void add_parts(struct tc_region_parts *to, const struct tc_region_parts *from,
				      const struct tc_region_parts *until)
{
	__u32 i;

	to->user_ns += until->user_ns - from->user_ns;
	to->calls_ns += until->calls_ns - from->calls_ns;
	to->faults_ns += until->faults_ns - from->faults_ns;
	to->preempted_ns += until->preempted_ns - from->preempted_ns;
	to->runnable_ns += until->runnable_ns - from->runnable_ns;
	for (i = 0; i < TC_NR_WAITS; i++)
		to->blocked_ns[i] += until->blocked_ns[i] - from->blocked_ns[i];
}

/* Adds an open region to the sums of its name. REQUIRES: frames[TC_REGION_DEPTH] has the sums of now. */
__verified_once int close_region(struct tc_ledger *l, struct tc_region_stack *stack, __u32 index, __u32 how, __u64 now)
{
	struct tc_region_frame *frame;
	struct tc_region_sums *sums;
	struct tc_region_key key;
	__u64 ns;

	if (!l || !stack) /* can't happen; the verifier asks */
		return 0;
	frame = &stack->frames[bounded(index, TC_REGION_DEPTH)];
	__builtin_memcpy(key.comm, stack->comm, sizeof(key.comm));
	__builtin_memcpy(key.name, frame->name, sizeof(key.name));
	ns = elapsed(frame->begun_ns, now);
	sums = sums_of_region(&key);
	if (sums && how == TC_REGION_NOT_ENDED) {
		sums->not_ended++;
		sums->not_ended_ns += ns;
	} else if (sums) {
		sums->count++;
		sums->total_ns += ns;
		if (ns > sums->max_ns)
			sums->max_ns = ns;
		if (~ns > sums->min_ns_inverted)
			sums->min_ns_inverted = ~ns;
		sums->buckets[bounded(tc_bucket_of(ns) / TC_SYSCALL_BUCKET_WIDTH, TC_SYSCALL_BUCKETS)]++;
		add_parts(&sums->parts, &frame->parts, &stack->frames[TC_REGION_DEPTH].parts);
	}
	if (keep_events)
		batch_region(l, stack, index, how, now);
	return 0;
}

static __always_inline struct tc_region_stack *find_region_stack(const struct tc_ledger *l)
{
	__u64 id = l->id;

	return l->flags & TC_LEDGER_REGIONS ? bpf_map_lookup_elem(&region_stacks, &id) : NULL;
}

/* Returns the stack of a task that begins a region. NULL: there is no room. */
static __always_inline struct tc_region_stack *make_region_stack(struct tc_ledger *l)
{
	struct tc_region_stack *stack = find_region_stack(l);
	__u64 id = l->id;

	if (stack)
		return stack;
	bpf_map_update_elem(&region_stacks, &id, &empty_region_stack, BPF_NOEXIST);
	l->flags |= TC_LEDGER_REGIONS;
	return bpf_map_lookup_elem(&region_stacks, &id);
}

/* Runs at the return of the call that begins a region. */
static __noinline int begin_region(struct tc_ledger *l, struct pt_regs *regs)
{
	struct tc_region_stack *stack;
	struct tc_region_frame *frame;
	struct tc_region_key key = {};
	struct tc_region_sums *sums;

	if (!l || !regs) /* can't happen; the verifier asks */
		return 0;
	if (argument_of(regs, 2, in_compat_call(l)) != TC_MARK_BEGIN)
		return 0;
	stack = make_region_stack(l);
	if (!stack) {
		count_loss(TC_LOSS_MISSED_REGIONS);
		return 0;
	}
	read_region_name(&key, argument_of(regs, 3, in_compat_call(l)));
	read_leader_comm(stack->comm, task_of(l));
	if (stack->depth >= TC_REGION_DEPTH) {
		stack->too_deep++;
		__builtin_memcpy(key.comm, stack->comm, sizeof(key.comm));
		sums = sums_of_region(&key);
		if (sums)
			sums->too_deep++;
		return 0;
	}
	frame = &stack->frames[bounded(stack->depth, TC_REGION_DEPTH)];
	__builtin_memcpy(frame->name, key.name, sizeof(frame->name));
	frame->begun_ns = l->since_ns;
	sum_up_parts(l, &frame->parts);
	stack->depth++;
	return 0;
}

/* Closes the regions from `depth` on, the innermost first. */
static __always_inline void close_regions(struct tc_ledger *l, struct tc_region_stack *stack, __u32 depth, __u64 now)
{
	__u32 i, index;

	for (i = 1; i <= TC_REGION_DEPTH; i++) {
		index = TC_REGION_DEPTH - i;
		if (index < stack->depth && index >= depth)
			close_region(l, stack, index, TC_REGION_NOT_ENDED, now);
	}
}

static __noinline int count_stray_end(struct tc_ledger *l, struct tc_region_key *key)
{
	struct tc_region_sums *sums;

	if (!l || !key) /* can't happen; the verifier asks */
		return 0;
	read_leader_comm(key->comm, task_of(l));
	sums = sums_of_region(key);
	if (sums)
		sums->stray_ends++;
	return 0;
}

/*
 * Runs at the entry of the call that ends a region: the innermost of that name, or without a name the innermost.
 * Regions too deep to keep end first; their names are unknown.
 */
static __noinline int end_region(struct tc_ledger *l, struct pt_regs *regs, __u64 now)
{
	struct tc_region_stack *stack;
	struct tc_region_key key = {};
	__u32 i, found = 0;

	if (!l || !regs) /* can't happen; the verifier asks */
		return 0;
	if (argument_of(regs, 2, in_compat_call(l)) != TC_MARK_END)
		return 0;
	stack = find_region_stack(l);
	if (stack && stack->too_deep) {
		stack->too_deep--;
		return 0;
	}
	if (!read_region_name(&key, argument_of(regs, 3, in_compat_call(l))))
		found = stack ? stack->depth : 0;
	else if (stack)
		for (i = 0; i < TC_REGION_DEPTH; i++)
			if (i < stack->depth && same_region_name(stack->frames[i].name, key.name))
				found = i + 1;
	if (!stack || !found) {
		count_stray_end(l, &key);
		return 0;
	}
	sum_up_parts(l, &stack->frames[TC_REGION_DEPTH].parts);
	close_regions(l, stack, found, now);
	close_region(l, stack, found - 1, TC_REGION_ENDED, now);
	stack->depth = found - 1;
	return 0;
}

/* The task ends, or runs another program: no mark can end its regions any more. */
static __noinline int end_all_regions(struct tc_ledger *l, __u64 now)
{
	struct tc_region_stack *stack;
	__u64 id;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	stack = find_region_stack(l);
	if (!stack)
		return 0;
	sum_up_parts(l, &stack->frames[TC_REGION_DEPTH].parts);
	close_regions(l, stack, 0, now);
	id = l->id;
	bpf_map_delete_elem(&region_stacks, &id);
	l->flags &= ~TC_LEDGER_REGIONS;
	return 0;
}

#endif
