/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Wakeups: when a sleeper became runnable, and which task or interrupt woke it. */
#include "task.bpf.h"

_Static_assert(TC_WAKING_FROZEN == TASK_FROZEN, "the bit is that of the state");

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

/*
 * TC_WAKING_* of the current task. Without the preemption count an interrupt is a guess: waits that no device ever ends
 * are not attributed to one.
 */
static __always_inline __u32 see_waker(const struct tc_ledger *l, struct tc_ledger *waker, struct task_struct *current)
{
	__u32 count, seen;

	if (!current->pid)
		return TC_WAKING_IDLE;
	if (!read_preempt_count(current, &count)) {
		seen = TC_WAKING_UNCOUNTED;
		switch (l->wait) {
		case TC_WAIT_CHILD:
		case TC_WAIT_CREATION:
		case TC_WAIT_SIGNAL:
		case TC_WAIT_STOPPED:
			return seen;
		case TC_WAIT_DISK:
			return !waker || waker->activity != TC_ACTIVITY_SIGNAL ? seen | TC_WAKING_DISK : seen;
		}
		if (!waker)
			return seen;
	} else {
		if (count & (HARDIRQ_MASK | NMI_MASK))
			return TC_WAKING_HARDIRQ;
		if (!(count & SOFTIRQ_OFFSET))
			return 0;
		seen = TC_WAKING_SOFTIRQ;
	}
	return was_in_user_mode(waker, current) ? seen | TC_WAKING_USER : seen;
}

/*
 * An interrupt is not the work of the task that it interrupts. Softirqs run at the end of an interrupt, or at once if a
 * call raised one, as for a packet to the machine itself: in a task in a call they are attributed to the call.
 */
static __always_inline bool woken_from_irq(__u32 seen)
{
	return seen & (TC_WAKING_IDLE | TC_WAKING_HARDIRQ | TC_WAKING_USER | TC_WAKING_DISK);
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
	__u32 seen;

	if (!l)
		return 0;
	l->woken_ns = bpf_ktime_get_ns();
	seen = task_state_of(task) & TASK_FROZEN; /* TC_WAKING_FROZEN */
	if (seen)
		l->wait = TC_WAIT_FROZEN; /* cgroups v1 freezes a sleeper where it sleeps: only its thaw is traced */
	l->waker_from = TC_FROM_INTERRUPT;
	if (cpu->in_timer) {
		l->waking = seen | TC_WAKING_TIMER;
		l->waker = TC_WAKER_TIMER;
		return 0;
	}
	current = bpf_get_current_task_btf();
	waker = current_ledger_on(cpu, current);
	seen |= see_waker(l, waker, current);
	l->waking = seen;
	if (woken_from_irq(seen))
		l->waker = TC_WAKER_INTERRUPT;
	else
		set_waker(l, waker, current, l->woken_ns);
	if (keep_stacks && waker && !woken_from_irq(seen) && l->condition == TC_CONDITION_BLOCKED &&
	    l->woken_ns - l->since_ns >= WAKER_STACK_NS)
		keep_waker_stack(ctx, l, waker);
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
