/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The identity of processes and address spaces, by numbers that the kernel does not use again, and ids in pid
 * namespaces.
 */
#ifndef TASKCOST_IDENTITY_BPF_H
#define TASKCOST_IDENTITY_BPF_H

#include "ledger.bpf.h"

/* Returns the pid of a task in the pid namespace at `level`, and that namespace; 0: it has none there. */
static __always_inline struct upid upid_at_level(struct pid *pid, __u32 level)
{
	struct upid upid = {};

	if (level <= field(pid, level))
		bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
	return upid;
}

static __always_inline __u32 pid_at_level(struct pid *pid, __u32 level)
{
	return upid_at_level(pid, level).nr;
}

/* Returns the inode number of the namespace. */
static __always_inline __u32 namespace_of(const struct upid *upid)
{
	return upid->ns ? field(upid->ns, ns.inum) : 0;
}

/* taskcost_self_ids writes these: the ids of the collector, its pid namespace and the level of that. */
__u32 collector_level = 0;
__u64 collector_namespace = 0;
__u32 collector_tid = 0;
__u32 collector_tgid = 0; /* never a target; its children can be named as targets */

static __noinline __u32 pid_for_collector(struct pid *pid)
{
	struct upid upid = {};

	if (!pid || collector_level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[collector_level]);
	return (__u64)upid.ns == collector_namespace ? upid.nr : 0;
}

/* Sets the ids in the task's own pid namespace, and its tgid in that of the collector. */
static __always_inline void set_namespace_ids(struct tc_ledger *l, struct task_struct *task)
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

/* Sets the process that the task is a child of. This runs at each creation, so it reads little. */
static __always_inline void set_parent(struct tc_ledger *l, struct task_struct *parent)
{
	l->parent_process = process_of(parent);
	l->ppid = field(parent, tgid);
}

/* Identifies an address space without a number: by the process that owns it, and the count of its execs. */
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

static __always_inline __u64 page_table_bytes_of(struct mm_struct *mm)
{
	return mm ? (__u64)field(mm, pgtables_bytes.counter) : 0;
}

#endif
