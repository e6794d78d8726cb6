/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is to be observed, and how a task that exists already comes to be. */
#ifndef TASKCOST_TARGETS_BPF_H
#define TASKCOST_TARGETS_BPF_H

#include "files.bpf.h"
#include "taskcost/glob.h"

/* Written by user space before it adopts. */
__u32 target_kind;	/* enum tc_target_kind */
__u64 target_cgroup;	/* id within its hierarchy */
__u32 target_hierarchy; /* 0: that of cgroup v2 */
struct tc_glob target_name;
__u32 collector_tgid;  /* never a target; its children are if they are named */
__u32 collector_level; /* of the collector's pid namespace */
__u64 arrivals;	       /* tasks that came to the target behind a walk's back */

static __always_inline bool is_launched(void)
{
	return launcher && launcher == (__u32)bpf_get_current_pid_tgid() && !closed;
}

static __noinline int is_target(struct task_struct *task);
/* Whether an ancestor of its process is a target that is followed: it may be older than the window. */
static __noinline int descends_from_target(struct task_struct *task);
/* `cgroup` is its address. */
int is_below_target(__u64 cgroup);
/* Whether a process of that name belongs to the target. */
static __noinline int is_target_name(const char *comm);
/* As the collector's pid namespace numbers it; 0: not visible there. */
static __noinline __u32 pid_for_collector(struct pid *pid);
/* Gives a living task a ledger. Returns whether it has got one. */
static __noinline int adopt(struct task_struct *task);

/* A task that nobody observed until now and that belongs to a target which may grow. */
static __always_inline bool arrives(struct task_struct *task)
{
	return target_kind >= TC_TARGET_GROWS && !closed && is_target(task);
}

/* Ids as the task's own pid namespace numbers them, and its tgid as the collector's does. */
static __always_inline void note_namespace(struct tc_ledger *l, struct task_struct *task)
{
	struct pid *pid = field(task, thread_pid);
	struct pid *leader = field_behind(task, group_leader, thread_pid);

	l->tgid_seen = collector_level ? pid_for_collector(leader) : l->tgid;
	if (!pid)
		return;
	l->namespace_level = field(pid, level);
	l->tid_inside = pid_at_level(pid, l->namespace_level);
	l->tgid_inside = pid_at_level(leader, l->namespace_level);
}

static __always_inline __u64 process_of(struct task_struct *task)
{
	struct task_struct *leader = field(task, group_leader);

	return TC_PROCESS_NUMBER((__u64)field(leader, start_time), (__u32)field(leader, tgid));
}

/* The process that the task is a child of now; reads little enough to be asked at each birth. */
static __always_inline void set_parent(struct tc_ledger *l, struct task_struct *parent)
{
	l->parent_process = process_of(parent);
	l->ppid = field(parent, tgid);
}

/* Where nothing numbers address spaces: by the process that owns it, and how often that has called exec. */
static __always_inline __u64 owner_of(struct task_struct *task, struct mm_struct *mm)
{
	struct task_struct *owner = NULL;

	if (bpf_core_field_exists(struct mm_struct___owned, owner))
		owner = field((struct mm_struct___owned *)mm, owner);
	if (!owner)
		owner = untrusted(task);
	return process_of(owner) + ((__u64)field(owner, self_exec_id) << 62 | (__u64)field(owner, self_exec_id) >> 2);
}

static __always_inline __u64 address_space_of(struct task_struct *task)
{
	struct mm_struct *mm = field(task, mm);

	if (!mm)
		return 0;
	if (bpf_core_field_exists(struct mm_struct___x86, context.ctx_id))
		return field((struct mm_struct___x86 *)mm, context.ctx_id);
	return owner_of(task, mm);
}

#endif
