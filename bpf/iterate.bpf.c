/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Walks over all tasks: adopt those that exist already, and read the kernel's books of those that live on. */
#include "files.bpf.h"

/* The targets by pid as the collector's namespace numbers them: thread groups, or single tasks. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* room for many, and mostly one */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

__u32 targets_are_tasks = 0; /* not thread groups */
__u32 follow_children = 1;
__u32 collector_level = 0; /* of the collector's pid namespace */
__u64 collector_namespace = 0;
__u64 adopted = 0;	 /* by the last walk */
__u32 collector_tid = 0; /* of the caller of taskcost_hello */

/*
 * Run once by the collector on itself: which pid namespace its user speaks of, and which tid the kernel knows it by.
 */
SEC("syscall")
int taskcost_hello(void *ctx)
{
	struct task_struct *self = bpf_get_current_task_btf();
	struct pid *pid = self->thread_pid;
	struct upid upid = {};

	collector_tid = (__u32)bpf_get_current_pid_tgid();
	collector_level = pid->level;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[pid->level]);
	collector_namespace = (__u64)upid.ns;
	return 0;
}

static __always_inline __u32 pid_for_collector(struct pid *pid)
{
	struct upid upid = {};

	if (!pid || collector_level > pid->level)
		return 0;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[collector_level]);
	return (__u64)upid.ns == collector_namespace ? upid.nr : 0;
}

static __always_inline bool is_target(struct task_struct *task)
{
	struct pid *pid = targets_are_tasks ? task->thread_pid : task->group_leader->thread_pid;
	__u32 nr = pid_for_collector(pid);

	return nr && bpf_map_lookup_elem(&targets, &nr);
}

/* What a task is in the middle of. On a CPU it may be in user mode or not: the first system call will tell. */
static __always_inline void adopt_state(struct tc_ledger *l, struct task_struct *task, __u64 now)
{
	struct pt_regs *regs;
	long number;
	__u8 call;

	l->condition = TC_CONDITION_BLOCKED;
	if (task->on_cpu) {
		l->condition = TC_CONDITION_RUNNING;
		l->on_cpu_ns = now;
	} else if (!task_state_of(task))
		l->condition = TC_CONDITION_PREEMPTED;

	if (never_enters_user_mode(task)) {
		l->flags |= TC_LEDGER_KERNEL_WORKER;
		enter_activity(l, TC_ACTIVITY_KERNEL);
		return;
	}
	if (task->flags & COMPAT_PF_EXITING) {
		l->exit_start_ns = now;
		enter_activity(l, TC_ACTIVITY_EXIT);
		return;
	}
	enter_activity(l, TC_ACTIVITY_USER);
	if (l->condition == TC_CONDITION_RUNNING)
		return;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	number = syscall_number_of(regs);
	if (number < 0)
		return;
	call = class_of_call(number, l->flags & TC_LEDGER_COMPAT);
	l->call = call;
	l->syscall = (__u32)number;
	l->entered_ns = now;
	if (call & TC_CALL_BY_FD) {
		l->fd = first_argument_of(regs, l->flags & TC_LEDGER_COMPAT);
		l->activity = TC_ROW_CALL_PENDING;
	} else {
		enter_activity(l, call & TC_CALL_ACTIVITY_MASK);
	}
}

SEC("iter/task")
int taskcost_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tc_ledger *l;
	__u64 now;
	__u32 slot;

	if (!task || task->exit_state || !is_target(task) || slot_of(task))
		return 0;
	l = take_ledger(&slot);
	if (!l)
		return 0;
	now = bpf_ktime_get_ns();
	l->birth_ns = now;
	l->since_ns = now;
	l->first_run_ns = now;
	l->how = TC_NR_CREATIONS;
	l->flags = TC_LEDGER_OPEN_AT_START;
	if (follow_children)
		l->flags |= TC_LEDGER_FOLLOW;
	if (task->pid == task->tgid)
		l->flags |= TC_LEDGER_LEADER;
	if (is_32bit(task))
		l->flags |= TC_LEDGER_COMPAT;
	l->tid = task->pid;
	l->tgid = task->tgid;
	l->ppid = task->real_parent->tgid;
	/* Living objects: their addresses differ, and no number that we hand out comes near a kernel address. */
	l->process = (__u64)task->signal;
	l->parent_process = (__u64)task->real_parent->signal;
	l->address_space = (__u64)task->mm;
	l->cpu = cpu_of(task);
	read_books(&l->books_start, task);
	l->exec_runtime_ns = l->books_start.sum_exec_runtime_ns;
	adopt_state(l, task, now);
	if (!publish_ledger(l, slot, task))
		return 0;
	adopted++;
	if (l->condition == TC_CONDITION_RUNNING) {
		/* Its CPU noted that nobody observes it. */
		notes[l->cpu & (TC_MAX_CPUS - 1)].task = 0;
		/* It left its CPU after adopt_state() looked and before sched_switch could find the ledger. */
		if (!task->on_cpu && l->since_ns == now)
			l->condition = task_state_of(task) ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
	}
	return 0;
}

/*
 * Between two windows: whoever still has a ledger gives it back. Nobody writes to it any more, and the collector has
 * read it.
 */
SEC("iter/task")
int taskcost_release(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tc_ledger *l;
	__u32 *stored;
	__u32 slot;

	if (!task)
		return 0;
	stored = bpf_task_storage_get(&slots, task, NULL, 0);
	if (!stored || !*stored)
		return 0;
	slot = *stored;
	l = bpf_map_lookup_elem(&pool, &slot);
	if (l && l->live)
		retire_ledger(l, slot, stored);
	else
		*stored = 0;
	return 0;
}

/* After the window: the books and the name of each task that lives on. User space then reads the pool itself. */
SEC("iter/task")
int taskcost_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tc_ledger *l;
	__u32 slot;

	if (!task)
		return 0;
	slot = slot_of(task);
	if (!slot)
		return 0;
	l = bpf_map_lookup_elem(&pool, &slot);
	if (!l || !l->live)
		return 0;
	read_books(&l->books_end, task);
	l->flags |= TC_LEDGER_BOOKS;
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	if (l->activity == TC_ROW_CALL_PENDING)
		end_call(l, task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
