/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Finds the ledger of the current task, and has the first steps of probes. This layer is above record.bpf.h, because
 * a missed switch-in that is recovered here is an event too.
 */
#ifndef TASKCOST_TASK_BPF_H
#define TASKCOST_TASK_BPF_H

#include "record.bpf.h"
#include "wait.bpf.h"

/*
 * The task runs on this CPU although the state of the CPU names another one. If its ledger says that it waits, its
 * switch-in was missed: what is accounted as waiting is corrected at its switch-out, when sum_exec_runtime shows how
 * long it ran.
 */
static __noinline struct tc_ledger *recover_switch_in(struct tc_cpu_state *cpu, struct task_struct *task)
{
	struct tc_ledger *l;
	__u64 now;

	cpu->task = (__u64)task;
	cpu->regs = 0;
	cpu->slot = find_slot(task);
	cpu->flush = TC_FLUSH_NONE;
	l = ledger_at(cpu->slot);
	if (!l || l->condition == TC_CONDITION_RUNNING)
		return l;
	now = bpf_ktime_get_ns();
	l->unseen_row = l->activity;
	l->unseen_condition = l->condition;
	if (l->condition == TC_CONDITION_BLOCKED && l->woken_ns)
		l->unseen_condition = TC_CONDITION_RUNNABLE;
	l->unseen_at_ns = now;
	l->unseen_wait_ns = elapsed(l->woken_ns > l->since_ns ? l->woken_ns : l->since_ns, now);
	if (l->condition == TC_CONDITION_BLOCKED && l->woken_ns)
		batch_event(l, TC_EV_WOKEN | (__u32)l->waking << 16, l->waker, l->waker_from, l->woken_ns);
	batch_event(l, TC_EV_FOUND_RUNNING, 0, this_cpu(), now);
	if (l->condition == TC_CONDITION_BLOCKED)
		settle_wait(l);
	end_wait(l, now);
	leave_found_call(l);
	l->switched_in_ns = 0;
	l->on_cpu_ns = now;
	l->counters[TC_COUNTER_UNSEEN_SWITCH_INS]++;
	if (!l->first_run_ns)
		l->first_run_ns = now;
	l->cpu = this_cpu();
	return l;
}

/* The ledger of `task`, which runs on this CPU; NULL: it is not observed. */
static __always_inline struct tc_ledger *current_ledger_on(struct tc_cpu_state *cpu, struct task_struct *task)
{
	if (cpu->task != (__u64)task)
		return recover_switch_in(cpu, task);
	return ledger_at(cpu->slot);
}

static __always_inline struct tc_ledger *current_ledger(void)
{
	return current_ledger_on(&cpu_states[this_cpu()], bpf_get_current_task_btf());
}

/*
 * Like current_ledger(), at entries from and returns to user mode. The registers of a task are saved at the same
 * address each time, so the address identifies the task and saves a helper call. It is remembered for observed tasks
 * only: a task that is being adopted must be looked up.
 */
static __always_inline struct tc_ledger *ledger_by_regs(const struct pt_regs *regs)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l;

	if (cpu->regs == (__u64)regs)
		return ledger_at(cpu->slot);
	l = current_ledger_on(cpu, bpf_get_current_task_btf());
	if (l) {
		cpu->regs = (__u64)regs;
		l->regs = (__u64)regs;
	}
	return l;
}

/*
 * A transition shows that the pending fault is over although its resolution was not traced: a bad address, a signal, or
 * an access by the kernel that may not sleep. Its time belongs to what it interrupted. It is a loss only if the kernel
 * has accounted a fault meanwhile.
 */
static __always_inline void give_up_fault(struct tc_ledger *l, __u64 now)
{
	if (l->activity != TC_ROW_FAULT_PENDING)
		return;
	batch_rare_fault(l, TC_FAULT_UNRESOLVED, now);
	end_fault(l, l->interrupted);
	l->counters[TC_COUNTER_FAULTS_UNRESOLVED]++;
	if (faults_in_stats() != l->faults_before)
		count_loss(TC_LOSS_UNRESOLVED_FAULTS);
}

/* The first step at the entry and exit of a system call and at the end of a task. Returns the time. */
static __always_inline __u64 leave_activity(struct tc_ledger *l)
{
	__u64 now = bpf_ktime_get_ns();

	give_up_fault(l, now);
	post(l, now);
	return now;
}

/* The call site of a waker, the current task: TC_FROM_* or the number of its system call. */
static __always_inline __u32 waker_context(struct tc_ledger *l, struct task_struct *task)
{
	switch (l->activity) {
	case TC_ROW_FAULT_PENDING:
		return TC_FROM_FAULT;
	case TC_ACTIVITY_USER: {
		long number = call_of(l, task);

		return number >= 0 ? numbered(task, number) : TC_FROM_USER;
	}
	case TC_ACTIVITY_EXIT:
		return TC_FROM_EXIT;
	case TC_ACTIVITY_KERNEL:
		return TC_FROM_KERNEL;
	default:
		return l->syscall;
	}
}

#endif
