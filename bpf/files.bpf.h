/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a system call is about: its class from the table, refined by the file behind its descriptor. */
#ifndef TASKCOST_FILES_BPF_H
#define TASKCOST_FILES_BPF_H

#include "waits.bpf.h"

enum { FUTEX_PRIVATE = 128 /* FUTEX_PRIVATE_FLAG */ };

static __always_inline __u8 class_of_call(long number, bool compat)
{
	if (number < 0 || number >= TC_MAX_SYSCALLS)
		return TC_ACTIVITY_OTHER;
	return compat ? compat_calls[number] : native_calls[number];
}

/* Memory that several processes map is a channel where they wait for each other: a futex that is not private. */
static __always_inline bool futex_is_shared(const struct tc_ledger *l, struct pt_regs *regs)
{
	return l->syscall == SYSCALL_FUTEX && !(l->flags & TC_LEDGER_COMPAT) &&
	       !(second_argument_of(regs) & FUTEX_PRIVATE);
}

/* Looks at the file of the current or interrupted call, once a call: ledger.call_row, .channel and .file. */
__hidden int look_at_file(struct tc_ledger *l, struct task_struct *task);

/* The pending call is over, or looked at from outside: its row joins the activity that its file makes it. */
static __always_inline __u32 end_call(struct tc_ledger *l, struct task_struct *task)
{
	look_at_file(l, task);
	join_row(l, TC_ROW_CALL_PENDING, l->call_row);
	enter_activity(l, l->call_row);
	return l->channel;
}

/*
 * A user-mode fault, or the entry of a call: by its ledger the task is in a call that it has left. It was adopted on
 * its way back to user mode, where its registers still tell of the call.
 */
__hidden int returned_unseen(struct tc_ledger *l, __u64 now);

/* Why a task that leaves its CPU to sleep, or was found asleep, does so: enum tc_wait. */
__hidden int wait_of(struct tc_ledger *l, struct task_struct *task, __u32 state);

/* The system call that a task is in, by its saved registers; to be asked where no probe saw it enter. */
__hidden int find_call(struct tc_ledger *l, struct task_struct *task);

/*
 * The task sleeps from here on. Where no probe saw it enter a call, its registers tell which one it is in, or on its
 * way out of: for as long as it sleeps there. In none it sleeps in a page fault.
 */
static __always_inline void begin_wait(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	if (l->activity == TC_ACTIVITY_USER) {
		find_call(l, task);
		l->found = 1;
	}
	l->wait = wait_of(l, task, state);
	if (!l->found)
		return;
	if (l->activity == TC_ROW_CALL_PENDING)
		l->activity = l->call_row;
	else if (l->wait == TC_WAIT_PAGE_FAULT)
		l->activity = TC_ACTIVITY_PAGE_FAULT;
}

/* Counts a call on a channel to the pipe, connection or queue behind it. */
__hidden int book_flow(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out);

#endif
