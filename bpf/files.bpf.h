/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a system call is about: its class from the table, refined by the file behind its descriptor. */
#ifndef TASKCOST_FILES_BPF_H
#define TASKCOST_FILES_BPF_H

#include "waits.bpf.h"

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

/*
 * A call that stands for another one, or that goes on with one, and a futex that may be shared. Returns what it is
 * then, ledger.call.
 */
static __noinline int look_at_entry(struct tc_ledger *l, struct task_struct *task);

/* Looks at the file of the current or interrupted call, once a call: ledger.call_row, .channel and .file. */
static __always_inline int look_at_file(struct tc_ledger *l, struct task_struct *task);

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
static __noinline int returned_unseen(struct tc_ledger *l, __u64 now);

/* Why a task that leaves its CPU to sleep, or was found asleep, does so: enum tc_wait. */
static __always_inline int wait_of(struct tc_ledger *l, struct task_struct *task, __u32 state);

/* The system call that a task is in, by its saved registers; to be asked where no probe saw it enter. */
static __always_inline int find_call(struct tc_ledger *l, struct task_struct *task);

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

/* Counts a call on a channel to the pipe, connection or queue behind it. Bytes may be TC_BYTES_UNKNOWN. */
static __always_inline int book_flow(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out);
/* The same, where a call more does not matter. */
int book_flow_seldom(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out);

/* Bytes through `channel` and the file in the ledger, apart from those of a call: tc_passage. */
static __noinline int book_passage(struct tc_ledger *l, __u32 channel, __u32 bits, __u64 bytes, __u64 now);

static __always_inline int channel_of_family(__u32 family);
/* TC_CHANNEL_PIPE or TC_CHANNEL_PTY, TC_CHANNEL_NONE for any other file. */
static __noinline int channel_of_pipe_or_pty(__u64 file);

#endif
