/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is to be observed, and how a task that exists already comes to be. */
#ifndef TASKCOST_TARGETS_BPF_H
#define TASKCOST_TARGETS_BPF_H

#include "files.bpf.h"
#include "taskcost/glob.h"

/* Written by user space before it adopts. */
extern __u32 target_kind;      /* enum tc_target_kind */
extern __u64 target_cgroup;    /* id within its hierarchy */
extern __u32 target_hierarchy; /* 0: that of cgroup v2 */
extern struct tc_glob target_name;
extern __u32 collector_tgid; /* never a target */
extern __u64 arrivals;	     /* tasks that came to the target behind a walk's back */

static __always_inline bool is_launched(void)
{
	return launcher && launcher == (__u32)bpf_get_current_pid_tgid() && !closed;
}

__hidden int is_target(struct task_struct *task);
__hidden int is_below_target(struct cgroup *cgroup);
/* Gives a living task a ledger. Returns whether it has got one. */
__hidden int adopt(struct task_struct *task);

/* A task that nobody observed until now and that belongs to a target which may grow. */
static __always_inline bool arrives(struct task_struct *task)
{
	return target_kind >= TC_TARGET_GROWS && !closed && is_target(task);
}

/* Ids as the task's own pid namespace numbers them. */
static __always_inline void note_namespace(struct tc_ledger *l, struct task_struct *task)
{
	struct pid *pid = field(task, thread_pid);

	if (!pid)
		return;
	l->namespace_level = field(pid, level);
	l->tid_inside = pid_at_level(pid, l->namespace_level);
	l->tgid_inside = pid_at_level(field_behind(task, group_leader, thread_pid), l->namespace_level);
}

/*
 * The process of a task whose creator has no ledger. Living objects: their addresses differ, and no number that we hand
 * out comes near a kernel address.
 */
static __always_inline void set_process_by_address(struct tc_ledger *l, struct task_struct *task)
{
	l->process = (__u64)BPF_CORE_READ(task, signal);
	l->parent_process = (__u64)BPF_CORE_READ(task, real_parent, signal);
}

#endif
