/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The cause of a wait, enum tc_wait: from the call, the file behind its descriptor, and the state of the task. */
#ifndef TASKCOST_WAIT_CAUSE_BPF_H
#define TASKCOST_WAIT_CAUSE_BPF_H

#include "file.bpf.h"
#include "futex.bpf.h"

/*
 * The functions on calls and files return enum tc_wait, and in the upper half tc_switch.detail, which shows it. Facts
 * are read in one place and concluded from in another, so that an audit finds a wrong conclusion. Where a fact decides,
 * no value of it is 0: an audit also finds a fact that was not asked for.
 */
enum { SAW_BITS = 8, DETAIL_SHIFT = 16 }; /* of ledger.saw; of what these functions return */

static __always_inline __u32 cause_in(__u32 wait_and_detail)
{
	return wait_and_detail & 0xff;
}

/* Anonymous inodes have a name in brackets. */
static __always_inline __u32 wait_on_anonymous(__u64 file)
{
	char name[8] = {};
	__u32 letters;

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ((struct file *)file, f_path.dentry, d_name.name));
	letters = TC_ANONYMOUS_NAME(name[1], name[6]) << DETAIL_SHIFT;
	if (name[1] == 'e' && name[2] == 'v' && name[6] == 'f') /* [eventfd], not [eventpoll] */
		return TC_WAIT_EVENTFD | letters;
	if (name[1] == 't' && name[2] == 'i') /* [timerfd] */
		return TC_WAIT_TIMER | letters;
	if (name[1] == 's' && name[2] == 'i') /* [signalfd] */
		return TC_WAIT_SIGNAL | letters;
	return TC_WAIT_OTHER_FILE | letters;
}

__verified_once int wait_on_file(__u32 channel, __u64 file, __u32 type)
{
	__u32 named = TC_NOT_ANONYMOUS << DETAIL_SHIFT;

	switch (channel) {
	case TC_CHANNEL_PIPE:
		return TC_WAIT_PIPE;
	case TC_CHANNEL_UNIX_SOCKET:
		return TC_WAIT_UNIX_SOCKET;
	case TC_CHANNEL_INET_SOCKET:
		return TC_WAIT_INET_SOCKET;
	case TC_CHANNEL_OTHER_SOCKET:
		return TC_WAIT_OTHER_SOCKET;
	case TC_CHANNEL_MESSAGE_QUEUE:
		return TC_WAIT_MESSAGE_QUEUE;
	case TC_CHANNEL_PTY:
		return TC_WAIT_TERMINAL;
	}
	if (!file)
		return TC_WAIT_OTHER_FILE | TC_NO_FILE << DETAIL_SHIFT;
	if (file_system_of(file) == ANON_INODE_FS_MAGIC)
		return wait_on_anonymous(file);
	type &= S_IFMT;
	if (type == S_IFREG)
		return TC_WAIT_REGULAR_FILE | named;
	if (type == S_IFCHR && is_terminal(file))
		return TC_WAIT_TERMINAL | named;
	return TC_WAIT_OTHER_FILE | named;
}

/* TC_SPLICE_EMPTY or TC_SPLICE_FULL; 0: neither */
__verified_once int fill_of_pipe(__u64 file)
{
	struct pipe_inode_info *pipe = BPF_CORE_READ((struct file *)file, private_data);
	__u32 pieces = BPF_CORE_READ(pipe, head) - BPF_CORE_READ(pipe, tail);

	if (!pieces)
		return TC_SPLICE_EMPTY;
	return pieces >= BPF_CORE_READ(pipe, max_usage) ? TC_SPLICE_FULL : 0;
}

/*
 * splice and tee wait for the one of their two files that is not ready: the source pipe is empty, or the destination
 * pipe is full. One of the files is a pipe; if both are, the source decides.
 */
static __always_inline bool waits_for_other(const struct tc_ledger *l, __u32 seen)
{
	bool other_is_source = l->other_end & TC_OTHER_END_IN;
	bool from_pipe = !other_is_source && l->channel == TC_CHANNEL_PIPE;
	bool source_waits = from_pipe ? seen & TC_SPLICE_EMPTY : !(seen & TC_SPLICE_FULL);

	return source_waits == other_is_source;
}

__verified_once int wait_on_two_files(struct tc_ledger *l)
{
	bool other_is_source, from_pipe;
	__u32 seen, wait;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	other_is_source = l->other_end & TC_OTHER_END_IN;
	from_pipe = !other_is_source && l->channel == TC_CHANNEL_PIPE;
	seen = l->other_type | fill_of_pipe(from_pipe || other_is_source ? l->file : l->other_file);
	if (other_is_source)
		seen |= TC_SPLICE_FROM_OTHER;
	if (waits_for_other(l, seen))
		wait = wait_on_file(l->other_channel, l->other_file, l->other_type);
	else
		wait = wait_on_file(l->channel, l->file, l->file_type);
	return cause_in(wait) | seen << DETAIL_SHIFT;
}

static __always_inline __u32 wait_on_descriptor(struct tc_ledger *l, struct task_struct *task)
{
	resolve_file(l, task);
	if (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE)
		return wait_on_two_files(l);
	return wait_on_file(l->channel, l->file, l->file_type);
}

/*
 * A file that is being opened has no descriptor yet, but task->nameidata holds its path: a FIFO waits for its other
 * end, and a regular file for another process to give up its lease.
 */
static __noinline int wait_in_open(struct task_struct *task, __u32 state)
{
	struct inode *inode = BPF_CORE_READ(task, nameidata, path.dentry, d_inode);
	struct file_lock_context *locks;
	__u32 seen = TC_OPEN_SEEN;

	if (!inode)
		return TC_WAIT_OTHER_FILE | seen << DETAIL_SHIFT;
	seen |= BPF_CORE_READ(inode, i_mode) & S_IFMT;
	locks = BPF_CORE_READ(inode, i_flctx);
	if (locks && BPF_CORE_READ(locks, flc_lease.next) != &locks->flc_lease)
		seen |= TC_OPEN_LEASED;
	switch (seen & S_IFMT) {
	case S_IFIFO:
		return TC_WAIT_PIPE | seen << DETAIL_SHIFT;
	case S_IFREG:
		if ((state & TASK_INTERRUPTIBLE) && (seen & TC_OPEN_LEASED))
			return TC_WAIT_FILE_LOCK | seen << DETAIL_SHIFT;
		return TC_WAIT_REGULAR_FILE | seen << DETAIL_SHIFT;
	default:
		return TC_WAIT_OTHER_FILE | seen << DETAIL_SHIFT;
	}
}

/* `wait` is that of the file. */
__verified_once int wait_in_fcntl(__u32 command, __u32 wait)
{
	bool locks = command == F_SETLKW || command == F_SETLKW64 || command == F_OFD_SETLKW;

	wait |= TC_FCNTL_COMMAND(command) << DETAIL_SHIFT;
	return locks ? (wait & ~0xffU) | TC_WAIT_FILE_LOCK : wait;
}

/* A call that moves no bytes through its descriptor, as accept or fsync, can still wait for that file. */
static __noinline int wait_in_call(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	__u32 wait;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	switch (kind_of_call(l)) {
	case TC_KIND_OPEN:
		return wait_in_open(task, state);
	case TC_KIND_ASYNC_IO:
		return TC_WAIT_ASYNC_IO;
	}
	if (l->call & TC_CALL_FD_FIRST) {
		l->fd = argument_of_call(l, regs_of(l, task), 1);
		wait = wait_on_descriptor(l, task);
		if (kind_of_call(l) == TC_KIND_FLOCK)
			return TC_WAIT_FILE_LOCK;
		if (kind_of_call(l) == TC_KIND_FCNTL)
			wait = wait_in_fcntl(argument_of(regs_of(l, task), 2, in_compat_call(l)), wait);
		return wait;
	}
	switch (l->activity) {
	case TC_ACTIVITY_SOCKET:
		return TC_WAIT_OTHER_SOCKET;
	case TC_ACTIVITY_FILE:
		return TC_WAIT_OTHER_FILE;
	default:
		return TC_WAIT_OTHER;
	}
}

static __always_inline __u32 wait_of_kind(const struct tc_ledger *l)
{
	switch (kind_of_call(l)) {
	case TC_KIND_SEMOP:
		return TC_WAIT_SYSV_SEMAPHORE;
	case TC_KIND_MSGSND:
	case TC_KIND_MSGRCV:
		return TC_WAIT_SYSV_QUEUE;
	case TC_KIND_PROCESS_VM:
		return TC_WAIT_PROCESS_MEMORY;
	default:
		return TC_WAIT_OTHER;
	}
}

/* The registers name no call. Faults in user mode are traced, except the one that an adopted task was found in. */
static __always_inline bool may_be_in_fault(const struct tc_ledger *l)
{
	return !sees_calls || ((l->flags & TC_LEDGER_OPEN_AT_START) && !l->counters[TC_COUNTER_SYSCALLS]);
}

/* The cause of a wait by the activity of the task. */
static __always_inline __u32 wait_in(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	switch (l->activity) {
	case TC_ACTIVITY_USER:
		return may_be_in_fault(l) ? TC_WAIT_PAGE_FAULT : TC_WAIT_OTHER;
	case TC_ROW_FAULT_PENDING:
		return TC_WAIT_PAGE_FAULT;
	case TC_ROW_CALL_PENDING:
		return wait_on_descriptor(l, task);
	case TC_ACTIVITY_PIPE:
	case TC_ACTIVITY_SOCKET:
	case TC_ACTIVITY_FILE:
		return wait_in_call(l, task, state);
	case TC_ACTIVITY_CREATE:
		return TC_WAIT_CREATION;
	case TC_ACTIVITY_WAIT:
		return TC_WAIT_CHILD;
	case TC_ACTIVITY_MEMORY:
		return TC_WAIT_MEMORY;
	case TC_ACTIVITY_FUTEX:
		resolve_futex(l, task);
		return l->channel == TC_CHANNEL_SHARED_MEMORY ? TC_WAIT_FUTEX_SHARED : TC_WAIT_FUTEX_PRIVATE;
	case TC_ACTIVITY_POLL:
		return kind_of_call(l) == TC_KIND_EPOLL ? TC_WAIT_EPOLL : TC_WAIT_POLL;
	case TC_ACTIVITY_SLEEP:
		return TC_WAIT_TIMER;
	case TC_ACTIVITY_SIGNAL:
		return TC_WAIT_SIGNAL;
	case TC_ACTIVITY_OTHER:
		return wait_of_kind(l);
	default:
		return TC_WAIT_OTHER;
	}
}

/* A wait with in_iowait set that can be for a device: io_schedule() also serves waits for other programs. */
static __always_inline bool may_be_disk(__u32 wait)
{
	switch (wait) {
	case TC_WAIT_REGULAR_FILE:
	case TC_WAIT_OTHER_FILE:
	case TC_WAIT_PAGE_FAULT:
	case TC_WAIT_MEMORY:
	case TC_WAIT_CREATION:
	case TC_WAIT_OTHER:
		return true;
	default:
		return false;
	}
}

/* TC_SAW_* of what goes before the call */
static __always_inline __u8 state_beside_call(const struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	__u8 saw = 0;

	if (task->flags & PF_FROZEN)
		saw |= TC_SAW_FROZEN;
	if ((state & TASK_INTERRUPTIBLE) && in_freeze_trap(task))
		saw |= TC_SAW_FREEZE_TRAP;
	if (l->activity == TC_ACTIVITY_EXIT && dumps_core(task))
		saw |= TC_SAW_CORE_DUMP;
	return saw;
}

/* Returns enum tc_wait. ledger.saw becomes what shows it. */
static __always_inline int wait_of(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	__u32 wait;

	l->saw = 0;
	if (state & (__TASK_STOPPED | __TASK_TRACED))
		return TC_WAIT_STOPPED; /* version 2 of cgroups also counts it as frozen */
	l->saw = state_beside_call(l, task, state);
	if ((state & TASK_FROZEN) || (l->saw & (TC_SAW_FROZEN | TC_SAW_FREEZE_TRAP)))
		return TC_WAIT_FROZEN;
	if (l->saw & TC_SAW_CORE_DUMP)
		return TC_WAIT_CORE_DUMP;
	wait = wait_in(l, task, state);
	l->saw |= wait >> DETAIL_SHIFT << SAW_BITS;
	wait = cause_in(wait);
	if (!BPF_CORE_READ_BITFIELD(task, in_iowait))
		return wait;
	l->saw |= TC_SAW_IOWAIT;
	if (!may_be_disk(wait))
		return wait;
	l->wait_in_call = wait;
	return TC_WAIT_DISK;
}

#endif
