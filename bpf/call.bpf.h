/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The system call that a task is in: its number, its class and kind, and its arguments from the saved registers. */
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

/* The number of the system call that the task is in, or returns from, by its registers; negative: none. */
static __always_inline long call_of(struct tc_ledger *l, struct task_struct *task)
{
	return syscall_number_of(regs_of(l, task));
}

/* The number of a system call as ledgers and events hold it. */
static __always_inline __u32 numbered(struct task_struct *task, long number)
{
	bool compat = makes_compat_call(task);

	if (number >= TC_MAX_SYSCALLS) {
		if (!compat)
			number &= ~COMPAT_X32_BIT;
		if (number >= TC_FROM_COMPAT)
			number = TC_FROM_COMPAT - 1; /* no kernel has such a call */
	}
	return compat ? (__u32)number | TC_FROM_COMPAT : (__u32)number;
}

/* The current task. The ledger holds its address, which saves a helper call where an address can be cast. */
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

/* A mark of a region: resolve_entry() has set the selector. */
static __always_inline bool is_mark(const struct tc_ledger *l)
{
	return kind_of_call(l) == TC_KIND_PRCTL && l->syscall >> TC_CALL_SELECTOR_SHIFT;
}

/* A program can make calls of both ABIs, so the ABI is a property of the call. */
static __always_inline bool in_compat_call(const struct tc_ledger *l)
{
	return l->syscall & TC_FROM_COMPAT;
}

/* The task is in the call `number` from here on. Returns ledger.call. */
static __always_inline __u32 set_call(struct tc_ledger *l, struct task_struct *task, long number)
{
	__u32 call;

	l->syscall = numbered(task, number);
	call = class_of_call(l->syscall & ~TC_FROM_COMPAT, in_compat_call(l));
	l->call = call;
	l->resolved = 0;
	return call;
}

static __always_inline bool is_call(__u32 row)
{
	return row != TC_ACTIVITY_USER && row != TC_ACTIVITY_KERNEL && row != TC_ROW_FAULT_PENDING;
}

enum {
	NO_CALLS = 1 << TC_IN_USER | 1 << TC_IN_EXIT | 1 << TC_IN_KERNEL | 1 << TC_IN_FAULT,
};

/*
 * enum tc_context of a task in `row`: its ledger concludes the row of a call, an event says only that there is one. The
 * ledger also concludes a page fault from registers that name no call.
 */
static __always_inline __u8 context_of(__u32 row)
{
	if (row == TC_ACTIVITY_PAGE_FAULT)
		return TC_IN_USER;
	return NO_CALLS >> (row & 31) & 1 ? row : TC_IN_CALL;
}

/* TC_FILE_* of the call's descriptor, or TC_FUTEX_* of its futex; 0: it was not read. */
static __always_inline __u16 seen_file_of(const struct tc_ledger *l)
{
	return l->resolved ? l->file_type : 0;
}

/* Entry time of the system call of a task in `row`; 0: the task is in none. */
static __always_inline __u64 entry_of_call(const struct tc_ledger *l, __u32 row)
{
	return sees_calls && is_call(row) ? l->entered_ns : 0;
}

/* Like regs_of(), for a task in a known call whose pointer may be a cast one. */
static __always_inline struct pt_regs *regs_in_call(const struct tc_ledger *l, struct task_struct *task)
{
	return can_cast() ? read_as(struct pt_regs, l->regs) : (struct pt_regs *)bpf_task_pt_regs(task);
}

enum { READ_AT_ONCE = 24 };

/* Reads user memory of the current task. A page fault of the read itself is not accounted. */
static __noinline long read_user(void *to, __u32 size, __u64 from)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	long failed;

	if (!to) /* can't happen; the verifier asks */
		return -1;
	cpu->reading_user = 1;
	barrier();
	failed = bpf_probe_read_user(to, bounded(size, READ_AT_ONCE + 1), (void *)from);
	barrier();
	cpu->reading_user = 0;
	return failed;
}

/*
 * Returns an argument of the call. Arguments that lie in memory, as those of socketcall, can only be read by the task
 * itself.
 */
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
