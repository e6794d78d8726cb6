/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Calls whose entry needs a closer look: multiplexed calls, restarts and futexes; and the call of a task whose entry
 * was not traced.
 */
#ifndef TASKCOST_ENTRY_BPF_H
#define TASKCOST_ENTRY_BPF_H

#include "futex.bpf.h"
#include "taskcost/abi_regions.h"

/*
 * restart_block.fn of poll, futex and sleeps, and of a call that does not restart; 0: not known. taskcost_self_ids
 * looks them up.
 */
__u64 restarts_poll = 0;
__u64 restarts_futex = 0;
__u64 restarts_sleep[3] = {};
__u64 restarts_nothing = 0;

/*
 * The call that restart_syscall continues, by the function that it will call. Only some calls restart this way. A futex
 * has reset the function by then, but its address is still in the registers.
 */
static __always_inline enum tc_restart restart_of(struct task_struct *task, __u64 first_argument)
{
	__u64 function = (__u64)BPF_CORE_READ(task, restart_block.fn);

	if (!function)
		return TC_RESTART_OTHER;
	if (function == restarts_poll)
		return TC_RESTART_POLL;
	if (function == restarts_futex ||
	    (function == restarts_nothing && (__u64)BPF_CORE_READ(task, restart_block.futex.uaddr) == first_argument))
		return TC_RESTART_FUTEX;
	if (function == restarts_sleep[0] || function == restarts_sleep[1] || function == restarts_sleep[2])
		return TC_RESTART_SLEEP;
	return TC_RESTART_OTHER;
}

static __always_inline __u32 class_of_restart(enum tc_restart restart)
{
	switch (restart) {
	case TC_RESTART_POLL:
		return TC_ACTIVITY_POLL;
	case TC_RESTART_FUTEX:
		return TC_ACTIVITY_FUTEX | TC_KIND_FUTEX << TC_CALL_KIND_SHIFT;
	case TC_RESTART_SLEEP:
		return TC_ACTIVITY_SLEEP;
	default:
		return TC_ACTIVITY_OTHER;
	}
}

static __always_inline void set_selector(struct tc_ledger *l, __u64 selector)
{
	l->syscall |= (selector < TC_MULTIPLEXED_CALLS ? selector : TC_MULTIPLEXED_CALLS) << TC_CALL_SELECTOR_SHIFT;
}

static __always_inline bool marks_region(__u64 operation)
{
	return operation == TC_MARK_BEGIN || operation == TC_MARK_END;
}

static __noinline int resolve_entry(struct tc_ledger *l, struct task_struct *task)
{
	__u64 number;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	number = argument_of(regs_of(l, task), 1, in_compat_call(l));
	switch (kind_of_call(l)) {
	case TC_KIND_RESTART:
		/* The registers still hold its arguments. */
		if (l->restart_call) {
			l->call = l->restart_call;
			l->syscall = l->restart_syscall;
		} else {
			number = restart_of(task, number);
			set_selector(l, number);
			l->call = class_of_restart(number);
		}
		break;
	case TC_KIND_PRCTL:
		if ((__u32)number == TC_MARK_OPTION &&
		    marks_region(argument_of(regs_of(l, task), 2, in_compat_call(l))))
			set_selector(l, 1);
		break;
	case TC_KIND_SOCKETCALL:
		set_selector(l, number);
		l->call = number < TC_MULTIPLEXED_CALLS ? socket_calls[number] | TC_CALL_IN_MEMORY : TC_ACTIVITY_SOCKET;
		break;
	case TC_KIND_IPC:
		number &= 0xffff; /* the version is in the upper bits */
		set_selector(l, number);
		l->call = number < TC_MULTIPLEXED_CALLS ? ipc_calls[number] | TC_CALL_SHIFTED : TC_ACTIVITY_OTHER;
		break;
	}
	if ((l->call & TC_CALL_ACTIVITY_MASK) == TC_ACTIVITY_FUTEX)
		resolve_futex(l, task);
	return l->call;
}

static __always_inline int find_call(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	long number = syscall_number_of(regs);

	l->resolved = 0;
	if (number < 0)
		return 0;
	if (set_call(l, task, number) & TC_CALL_AT_ENTRY)
		resolve_entry(l, task);
	if (!(l->call & TC_CALL_BY_FD)) {
		l->activity = l->call & TC_CALL_ACTIVITY_MASK;
		return 0;
	}
	l->fd = argument_of(regs, 1, in_compat_call(l));
	l->activity = TC_ROW_CALL_PENDING;
	l->call_row = l->call & TC_CALL_ACTIVITY_MASK; /* if its file is not read */
	return 0;
}

#endif
