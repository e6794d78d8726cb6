/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How a task that exists already comes to be observed. */
#ifndef TASKCOST_ADOPT_BPF_H
#define TASKCOST_ADOPT_BPF_H

#include "record.bpf.h"
#include "target.bpf.h"
#include "wait.bpf.h"

static __noinline int begin_adopted_wait(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	begin_wait(l, task, state);
	return 0;
}

/* What a task is in the middle of. On a CPU it may be in user mode or not: the first system call will tell. */
static __always_inline void adopt_state(struct tc_ledger *l, struct task_struct *task, __u64 now)
{
	l->condition = TC_CONDITION_BLOCKED;
	if (is_on_cpu(task)) {
		l->condition = TC_CONDITION_RUNNING;
		l->on_cpu_ns = now;
	} else if (!task_state_of(task))
		l->condition = TC_CONDITION_PREEMPTED;

	if (never_enters_user_mode(task)) {
		l->flags |= TC_LEDGER_KERNEL_WORKER;
		l->activity = TC_ACTIVITY_KERNEL;
	} else if (task->flags & PF_EXITING) {
		l->exit_start_ns = now;
		l->activity = TC_ACTIVITY_EXIT;
	} else {
		l->activity = TC_ACTIVITY_USER;
		if (sees_calls && l->condition != TC_CONDITION_RUNNING) {
			find_call(l, task);
			l->entered_ns = now;
		}
	}
	if (l->condition == TC_CONDITION_BLOCKED)
		begin_adopted_wait(l, task, task_state_of(task));
	if (!l->found)
		enter_activity(l, l->activity);
}

static __noinline int adopt(struct task_struct *task)
{
	struct tc_ledger *l;
	__u64 now;
	__u32 slot;

	l = take_ledger(&slot);
	if (!l) {
		refuse(task, follow);
		return 0;
	}
	clear_refusal(task);
	now = bpf_ktime_get_ns();
	l->birth_ns = now;
	l->since_ns = now;
	l->first_run_ns = now;
	l->how = TC_NR_CREATIONS;
	l->flags = TC_LEDGER_OPEN_AT_START;
	l->flags |= follow;
	if (task->pid == task->tgid)
		l->flags |= TC_LEDGER_LEADER;
	if (is_32bit(task))
		l->flags |= TC_LEDGER_COMPAT;
	l->tid = task->pid;
	l->tgid = task->tgid;
	l->process = process_of(task);
	set_parent(l, BPF_CORE_READ(task, real_parent));
	l->address_space = address_space_of(task);
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	set_namespace_ids(l, task);
	l->cpu = cpu_of(task);
	read_task_stats(&l->books_start, task);
	l->exec_runtime_ns = l->books_start.sum_exec_runtime_ns;
	adopt_state(l, task, now);
	/* First, because a switch of the task can follow at once. */
	send_new_task(l, now);
	if (!publish_ledger(l, slot, task))
		return 0;
	if (l->condition == TC_CONDITION_RUNNING) {
		/* Its CPU noted that nobody observes it. */
		struct tc_cpu_note *cpu = &notes[l->cpu & (TC_MAX_CPUS - 1)];

		cpu->task = 0;
		cpu->regs = 0;
		/* It left its CPU after adopt_state() looked and before sched_switch could find the ledger. */
		if (!is_on_cpu(task) && l->since_ns == now) {
			__u32 state = task_state_of(task);

			l->condition = state ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
			if (state)
				begin_adopted_wait(l, task, state);
			send_new_task(l, now);
		}
	}
	return 1;
}

#endif
