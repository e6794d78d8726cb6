/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Targets: which tasks are to be observed. */
#ifndef TASKCOST_TARGET_BPF_H
#define TASKCOST_TARGET_BPF_H

#include "identity.bpf.h"
#include "taskcost/glob.h"

/* User space writes these before it adopts. */
__u32 target_kind = TC_TARGET_NONE; /* enum tc_target_kind */
__u64 target_cgroup = 0;	    /* id within its hierarchy */
__u32 target_hierarchy = 0;	    /* 0: that of cgroup v2 */
struct tc_glob target_name = {};
__u32 follow = TC_LEDGER_FOLLOW; /* flags of adopted ledgers: TC_LEDGER_FOLLOW, TC_LEDGER_FOLLOW_THREADS or none */

__u64 arrivals = 0; /* tasks that joined the target after the walk passed them */

enum { CGROUP_DEPTH = 64, HIERARCHIES = 24, GENERATIONS = 256 };

/*
 * The targets by pid in the collector's namespace: thread groups or single tasks. The value, enum tc_named, tells
 * whether a walk has found the target.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* room for many, mostly one is used */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

static __always_inline bool is_launched(void)
{
	return launcher && launcher == (__u32)bpf_get_current_pid_tgid() && !closed;
}

static __always_inline __u8 *named(struct pid *pid)
{
	__u32 nr = pid_for_collector(pid);

	return nr ? bpf_map_lookup_elem(&targets, &nr) : NULL;
}

static __always_inline bool is_named(struct pid *pid)
{
	__u8 *state = named(pid);

	if (state)
		*state = TC_NAMED_SEEN;
	return state;
}

/* Returns whether the task is the collector or a child of it, such as the one that opens files for it. */
static __always_inline bool is_of_observer(struct task_struct *task)
{
	return (__u32)task->tgid == collector_tgid ||
	       (__u32)BPF_CORE_READ(task, group_leader, real_parent, tgid) == collector_tgid;
}

/* Returns whether the user named the struct pid at `address` as a target. */
__verified_once int is_named_at(__u64 address)
{
	return named((struct pid *)address) != NULL;
}

/* Returns whether an ancestor of the process whose leader is at `address` is a target. */
__verified_once int has_target_above(__u64 address)
{
	struct task_struct *process = (struct task_struct *)address;
	__u32 i;

	for (i = 0; i < GENERATIONS; i++) {
		struct task_struct *parent = BPF_CORE_READ(process, real_parent, group_leader);

		if (!parent || parent == process)
			return false;
		if (is_named_at((__u64)BPF_CORE_READ(parent, thread_pid)))
			return true;
		process = parent;
	}
	return false;
}

static __noinline int descends_from_target(struct task_struct *task)
{
	if (target_kind != TC_TARGET_PROCESSES || !(follow & TC_LEDGER_FOLLOW) || is_of_observer(task))
		return false;
	return has_target_above((__u64)BPF_CORE_READ(task, group_leader));
}

__verified_once int is_below_target(__u64 cgroup)
{
	struct cgroup_subsys_state *state = &((struct cgroup *)cgroup)->self;
	__u32 i;

	if (BPF_CORE_READ((struct cgroup *)cgroup, root, hierarchy_id) != (int)target_hierarchy)
		return false;
	for (i = 0; i < CGROUP_DEPTH; i++) {
		struct cgroup *at = BPF_CORE_READ(state, cgroup);

		if (BPF_CORE_READ(at, kn, id) == target_cgroup)
			return true;
		state = BPF_CORE_READ(state, parent);
		if (!state)
			return false;
	}
	return false;
}

/*
 * Returns whether the css_set at `address` lies below the target. It has a link for every hierarchy, including those
 * without a controller.
 */
__verified_once int has_target_cgroup(__u64 address)
{
	struct list_head *first = &((struct css_set *)address)->cgrp_links;
	struct list_head *at = BPF_CORE_READ(first, next);
	__u32 i;

	for (i = 0; i < HIERARCHIES && at && at != first; i++) {
		struct cgrp_cset_link *link = container_of(at, struct cgrp_cset_link, cgrp_link);
		struct cgroup *cgroup = BPF_CORE_READ(link, cgrp);

		if (BPF_CORE_READ(cgroup, root, hierarchy_id) == (int)target_hierarchy)
			return is_below_target((__u64)cgroup);
		at = BPF_CORE_READ(at, next);
	}
	return false;
}

static __noinline int is_target_name(const char *comm)
{
	char name[TC_COMM_LEN] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), comm);
	return tc_glob_matches(&target_name, name, sizeof(name));
}

static __noinline int is_target(struct task_struct *task)
{
	if ((__u32)task->tgid == collector_tgid)
		return false;
	if (target_kind >= TC_TARGET_GROWS && is_of_observer(task))
		return false;
	switch (target_kind) {
	case TC_TARGET_PROCESSES:
		return is_named(BPF_CORE_READ(task, group_leader, thread_pid));
	case TC_TARGET_TASKS:
		return is_named(BPF_CORE_READ(task, thread_pid));
	case TC_TARGET_NAME:
		return is_target_name(BPF_CORE_READ(task, group_leader)->comm);
	case TC_TARGET_CGROUP:
		return has_target_cgroup((__u64)BPF_CORE_READ(task, cgroups));
	case TC_TARGET_MACHINE:
		return true;
	default:
		return false;
	}
}

/* Returns whether a task that is not observed belongs to a target that may grow. */
static __always_inline bool arrives(struct task_struct *task)
{
	return target_kind >= TC_TARGET_GROWS && !closed && is_target(task);
}

#endif
