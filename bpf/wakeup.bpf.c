/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Wakeups: when a sleeper became runnable, and which task or interrupt woke it. */
#include "task.bpf.h"

__u64 preempt_counts[TC_MAX_CPUS] = {}; /* addresses of the preemption counts; 0: not looked up yet */

/* Returns whether the preemption count is available. */
static __always_inline bool read_preempt_count(struct task_struct *current, __u32 *count)
{
#if defined(__TARGET_ARCH_x86)
	__u32 cpu = this_cpu();
	__u64 at = preempt_counts[cpu];

	if (!at) {
		at = find_preempt_count(current, cpu);
		if (!at)
			return false;
		preempt_counts[cpu] = at;
	}
	*count = preempt_count_at(at);
#else
	*count = current->thread_info.preempt.count;
#endif
	return true;
}

/* The registers name no system call, so the task was in user mode until an interrupt or an exception came. */
static __always_inline bool was_in_user_mode(struct tc_ledger *l, struct task_struct *task)
{
	if (l)
		return l->activity == TC_ACTIVITY_USER && call_of(l, task) < 0;
	return !(task->flags & PF_KTHREAD) && syscall_number_of((struct pt_regs *)bpf_task_pt_regs(task)) < 0;
}

/* Used without the preemption count. Waits that no device ever ends are not attributed to an interrupt. */
static __always_inline bool guess_woken_from_irq(const struct tc_ledger *l, struct tc_ledger *waker,
						 struct task_struct *current)
{
	switch (l->wait) {
	case TC_WAIT_CHILD:
	case TC_WAIT_CREATION:
	case TC_WAIT_SIGNAL:
	case TC_WAIT_STOPPED:
		return false;
	case TC_WAIT_DISK:
		return !waker || waker->activity != TC_ACTIVITY_SIGNAL;
	default:
		return waker && was_in_user_mode(waker, current);
	}
}

/*
 * An interrupt is not the work of the task that it interrupts. Softirqs run at the end of an interrupt, or at once if a
 * call raised one, as for a packet to the machine itself: in a task in a call they are attributed to the call.
 */
static __always_inline bool woken_from_irq(const struct tc_ledger *l, struct tc_ledger *waker,
					   struct task_struct *current)
{
	__u32 count;

	if (!current->pid)
		return true;
	if (!read_preempt_count(current, &count))
		return guess_woken_from_irq(l, waker, current);
	return (count & (HARDIRQ_MASK | NMI_MASK)) || ((count & SOFTIRQ_OFFSET) && was_in_user_mode(waker, current));
}

static __always_inline void set_waker(struct tc_ledger *l, struct tc_ledger *waker, struct task_struct *current,
				      __u64 now)
{
	if (!waker) {
		l->waker = TC_WAKER_UNOBSERVED | (__u32)current->pid;
		l->waker_from = current->flags & PF_KTHREAD ? TC_FROM_KERNEL : TC_FROM_NOWHERE;
		return;
	}
	l->waker = waker->id;
	l->waker_from = waker_context(waker, current);
	if (waker->waited.end_ns > l->since_ns && now - l->since_ns >= LONG_WAIT_NS) {
		l->cause = waker->waited;
		l->cause.end_ns = now;
	}
}

/*
 * blocked -> runnable. Only the time and the waker are set: the sleeper may still be on its way off another CPU. The
 * kernel holds its pi_lock, so there is one waker at a time.
 */
SEC("tp_btf/sched_waking")
int BPF_PROG(taskcost_waking, struct task_struct *task)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l = ledger_at(find_slot_near(cpu, task));
	struct task_struct *current;
	struct tc_ledger *waker;

	if (!l)
		return 0;
	l->woken_ns = bpf_ktime_get_ns();
	if (task_state_of(task) & TASK_FROZEN)
		l->wait = TC_WAIT_FROZEN; /* cgroups v1 freezes a sleeper where it sleeps: only its thaw is traced */
	if (cpu->in_timer) {
		l->waker = TC_WAKER_TIMER;
		l->waker_from = TC_FROM_INTERRUPT;
		return 0;
	}
	current = bpf_get_current_task_btf();
	waker = current_ledger_on(cpu, current);
	if (woken_from_irq(l, waker, current)) {
		l->waker = TC_WAKER_INTERRUPT;
		l->waker_from = TC_FROM_INTERRUPT;
	} else {
		set_waker(l, waker, current, l->woken_ns);
	}
	return 0;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(taskcost_timer_entry)
{
	cpu_states[this_cpu()].in_timer = 1;
	return 0;
}

SEC("tp_btf/timer_expire_exit")
int BPF_PROG(taskcost_timer_exit)
{
	cpu_states[this_cpu()].in_timer = 0;
	return 0;
}

SEC("tp_btf/hrtimer_expire_entry")
int BPF_PROG(taskcost_hrtimer_entry)
{
	flush_events();
	cpu_states[this_cpu()].in_timer = 1;
	return 0;
}

SEC("tp_btf/hrtimer_expire_exit")
int BPF_PROG(taskcost_hrtimer_exit)
{
	cpu_states[this_cpu()].in_timer = 0;
	return 0;
}
