/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Adoption: a ledger for a task that exists already. */
#ifndef TASKCOST_ADOPT_BPF_H
#define TASKCOST_ADOPT_BPF_H

#include "record.bpf.h"
#include "target.bpf.h"
#include "wait.bpf.h"

/* As begin_wait(), and a function: the verifier checks less than if it were inlined twice. */
static __noinline int begin_adopted_wait(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	find_call_of_sleeper(l, task);
	set_wait(l, wait_of(l, task, state));
	return 0;
}

/* Sets the initial state. A task on a CPU may be in user mode or not: its first transition decides. */
static __always_inline void adopt_state(struct tc_ledger *l, struct task_struct *task, struct seen_task seen, __u64 now)
{
	l->condition = TC_CONDITION_BLOCKED;
	if (seen.on_cpu) {
		l->condition = TC_CONDITION_RUNNING;
		l->on_cpu_ns = now;
	} else if (!seen.state)
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
		begin_adopted_wait(l, task, seen.state);
	if (!l->found)
		enter_activity(l, l->activity);
}

static __noinline int adopt(struct task_struct *task)
{
	struct seen_task seen = {};
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
	l->start_ns = now;
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
	read_task_stats(&l->stats_start, task);
	l->exec_runtime_ns = l->stats_start.sum_exec_runtime_ns;
	seen.on_cpu = is_on_cpu(task);
	seen.state = task_state_of(task);
	adopt_state(l, task, seen, now);
	/* Before publish_ledger(), because a switch of the task can follow it at once. */
	send_task_new(l, &seen, now);
	if (!publish_ledger(l, slot, task))
		return 0;
	if (l->condition == TC_CONDITION_RUNNING) {
		/* The state of its CPU says that the task is not observed: reset it. */
		struct tc_cpu_state *cpu = &cpu_states[l->cpu & (TC_MAX_CPUS - 1)];

		cpu->task = 0;
		cpu->regs = 0;
		/* The task left its CPU after adopt_state() looked and before sched_switch could find the ledger. */
		if (!is_on_cpu(task) && l->since_ns == now) {
			seen.on_cpu = 0;
			seen.state = task_state_of(task);
			l->condition = seen.state ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
			if (seen.state)
				begin_adopted_wait(l, task, seen.state);
			send_task_new(l, &seen, now);
		}
	}
	return 1;
}

#endif
