/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The cause of a wait, enum tc_wait: from the call, the file behind its descriptor, and the state of the task. */
#ifndef TASKCOST_WAIT_CAUSE_BPF_H
#define TASKCOST_WAIT_CAUSE_BPF_H

#include "file.bpf.h"
#include "futex.bpf.h"

/* Anonymous inodes have a name in brackets. */
static __always_inline __u32 wait_on_anonymous(__u64 file)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ((struct file *)file, f_path.dentry, d_name.name));
	if (name[1] == 'e' && name[2] == 'v' && name[6] == 'f') /* [eventfd], not [eventpoll] */
		return TC_WAIT_EVENTFD;
	if (name[1] == 't' && name[2] == 'i') /* [timerfd] */
		return TC_WAIT_TIMER;
	if (name[1] == 's' && name[2] == 'i') /* [signalfd] */
		return TC_WAIT_SIGNAL;
	return TC_WAIT_OTHER_FILE;
}

__verified_once int wait_on_file(__u32 channel, __u64 file, __u32 type)
{
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
		return TC_WAIT_OTHER_FILE;
	if (file_system_of(file) == ANON_INODE_FS_MAGIC)
		return wait_on_anonymous(file);
	type &= S_IFMT;
	if (type == S_IFREG)
		return TC_WAIT_REGULAR_FILE;
	if (type == S_IFCHR && is_terminal(file))
		return TC_WAIT_TERMINAL;
	return TC_WAIT_OTHER_FILE;
}

/*
 * Decides which of the two files of splice or tee is not ready: the source pipe is empty, or the destination pipe is
 * full. One of the files is a pipe.
 */
__verified_once int waits_for_other_end(const struct tc_ledger *l)
{
	bool other_is_in;
	__u64 in, out;
	__u32 in_channel;
	struct pipe_inode_info *pipe;
	__u32 pieces;

	if (!l) /* can't happen; the verifier asks */
		return false;
	other_is_in = l->other_end & TC_OTHER_END_IN;
	in = other_is_in ? l->other_file : l->file;
	out = other_is_in ? l->file : l->other_file;
	in_channel = other_is_in ? l->other_channel : l->channel;
	pipe = BPF_CORE_READ((struct file *)(in_channel == TC_CHANNEL_PIPE ? in : out), private_data);
	pieces = BPF_CORE_READ(pipe, head) - BPF_CORE_READ(pipe, tail);
	if (in_channel == TC_CHANNEL_PIPE)
		return pieces ? !other_is_in : other_is_in;
	return pieces >= BPF_CORE_READ(pipe, max_usage) ? !other_is_in : other_is_in;
}

static __noinline int wait_on_two_files(struct tc_ledger *l)
{
	struct file *file;
	__u32 type;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	if (!waits_for_other_end(l))
		return wait_on_file(l->channel, l->file, l->file_type);
	file = (struct file *)l->other_file;
	type = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
	return wait_on_file(l->other_channel, l->other_file, type);
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

	if (!inode)
		return TC_WAIT_OTHER_FILE;
	switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
	case S_IFIFO:
		return TC_WAIT_PIPE;
	case S_IFCHR:
		return TC_WAIT_OTHER_FILE;
	case S_IFREG:
		locks = BPF_CORE_READ(inode, i_flctx);
		if ((state & TASK_INTERRUPTIBLE) && locks && BPF_CORE_READ(locks, flc_lease.next) != &locks->flc_lease)
			return TC_WAIT_FILE_LOCK;
		return TC_WAIT_REGULAR_FILE;
	default:
		return TC_WAIT_OTHER_FILE;
	}
}

/* A call that moves no bytes through its descriptor, as accept or fsync, can still wait for that file. */
static __noinline int wait_in_call(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	struct pt_regs *regs;
	__u32 command;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	regs = regs_of(l, task);
	switch (kind_of_call(l)) {
	case TC_KIND_OPEN:
		return wait_in_open(task, state);
	case TC_KIND_FLOCK:
		return TC_WAIT_FILE_LOCK;
	case TC_KIND_FCNTL:
		command = argument_of(regs, 2, in_compat_call(l));
		if (command == F_SETLKW || command == F_SETLKW64 || command == F_OFD_SETLKW)
			return TC_WAIT_FILE_LOCK;
	}
	if (l->call & TC_CALL_FD_FIRST) {
		l->fd = argument_of_call(l, regs, 1);
		return wait_on_descriptor(l, task);
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

static __always_inline int wait_of(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	__u32 wait;

	if (state & (__TASK_STOPPED | __TASK_TRACED))
		return TC_WAIT_STOPPED; /* version 2 of cgroups also counts it as frozen */
	if (is_frozen(task, state))
		return TC_WAIT_FROZEN;
	if (l->activity == TC_ACTIVITY_EXIT && dumps_core(task))
		return TC_WAIT_CORE_DUMP;
	wait = wait_in(l, task, state);
	if (!BPF_CORE_READ_BITFIELD(task, in_iowait) || !may_be_disk(wait))
		return wait;
	l->wait_in_call = wait;
	return TC_WAIT_DISK;
}

#endif
