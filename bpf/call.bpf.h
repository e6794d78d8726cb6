/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The system call that a task is in: its number, class and kind, and its arguments from the saved registers.
 */
#ifndef TASKCOST_CALL_BPF_H
#define TASKCOST_CALL_BPF_H

#include "ledger.bpf.h"

/* The saved registers of the ledger's task. */
static __always_inline struct pt_regs *regs_of(struct tc_ledger *l, struct task_struct *task)
{
	if (!can_cast())
		return (struct pt_regs *)bpf_task_pt_regs(task);
	if (!l->regs)
		l->regs = (__u64)bpf_task_pt_regs(task);
	return read_as(struct pt_regs, l->regs);
}

/* The system call that it is in by its registers, or on its way out of; negative for none. */
static __always_inline long call_of(struct tc_ledger *l, struct task_struct *task)
{
	return syscall_number_of(regs_of(l, task));
}

/* The number of the task's system call as ledgers and events have it. */
static __always_inline __u32 numbered(struct task_struct *task, long number)
{
	bool compat = makes_compat_call(task);

	if (number >= TC_MAX_SYSCALLS) {
		if (!compat)
			number &= ~COMPAT_X32_BIT;
		if (number >= TC_FROM_COMPAT)
			number = TC_FROM_COMPAT - 1; /* there is no such call, */
	}
	return compat ? (__u32)number | TC_FROM_COMPAT : (__u32)number;
}

/* The current task, by its ledger: without a helper's help where that can be. */
static __always_inline struct task_struct *task_of(const struct tc_ledger *l)
{
	return can_cast() ? read_as(struct task_struct, l->task) : bpf_get_current_task_btf();
}

static __always_inline __u32 class_of_call(long number, bool compat)
{
	if (number < 0 || number >= TC_MAX_SYSCALLS)
		return TC_ACTIVITY_OTHER;
	return compat ? compat_calls[number] : native_calls[number];
}

/* enum tc_call_kind */
static __always_inline __u32 kind_of_call(const struct tc_ledger *l)
{
	return l->call >> TC_CALL_KIND_SHIFT;
}

/* The ABI belongs to the call, not to the program. */
static __always_inline bool in_compat_call(const struct tc_ledger *l)
{
	return l->syscall & TC_FROM_COMPAT;
}

/* The task is in the call of that number. */
static __always_inline __u32 set_call(struct tc_ledger *l, struct task_struct *task, long number)
{
	__u32 call;

	l->syscall = numbered(task, number);
	call = class_of_call(l->syscall & ~TC_FROM_COMPAT, in_compat_call(l));
	l->call = call;
	l->looked_at = 0;
	return call;
}

static __always_inline bool is_call(__u32 row)
{
	return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_KERNEL && row != TC_ROW_FAULT_PENDING;
}

/* When the system call was entered that a task in `row` is in, 0 for none. */
static __always_inline __u64 entry_of_call(const struct tc_ledger *l, __u32 row)
{
	return sees_calls && is_call(row) ? l->entered_ns : 0;
}

/* The same as regs_of(), where the task may be a pointer that was cast: in a call that is known. */
static __always_inline struct pt_regs *regs_in_call(const struct tc_ledger *l, struct task_struct *task)
{
	return can_cast() ? read_as(struct pt_regs, l->regs) : (struct pt_regs *)bpf_task_pt_regs(task);
}

enum { READ_AT_ONCE = 24 };

/* Memory of the current task. Where it is not there, the fault of this is nobody's. */
static __noinline long read_user(void *to, __u32 size, __u64 from)
{
	struct tc_cpu_note *cpu = &notes[this_cpu()];
	long failed;

	if (!to) /* can't happen; the verifier asks */
		return -1;
	cpu->unwinding = 1;
	barrier();
	failed = bpf_probe_read_user(to, bounded(size, READ_AT_ONCE + 1), (void *)from);
	barrier();
	cpu->unwinding = 0;
	return failed;
}

/* The arguments of a call that stands in memory, as of socketcall, can be read by its own task alone. */
static __always_inline __u64 argument_of_call(struct tc_ledger *l, struct pt_regs *regs, __u32 which)
{
	bool compat = in_compat_call(l);
	__u32 value = 0;

	if (!(l->call & TC_CALL_IN_MEMORY))
		return argument_of(regs, which, compat);
	read_user(&value, sizeof(value), argument_of(regs, 2, compat) + (which - 1) * sizeof(value));
	return value;
}

#endif
