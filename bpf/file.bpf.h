/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The file behind a descriptor: the channel and the inode. */
#ifndef TASKCOST_FILE_BPF_H
#define TASKCOST_FILE_BPF_H

#include "call.bpf.h"

static __always_inline __u64 inode_number_of(__u64 file)
{
	if (can_cast())
		return read_as(struct file, file)->f_inode->i_ino;
	return BPF_CORE_READ((struct file *)file, f_inode, i_ino);
}

static __always_inline __u64 mix(__u64 value)
{
	value *= 0x9e3779b97f4a7c15ULL;
	return value ^ value >> 29;
}

/* Reads a pointer as a number that allows arithmetic. */
static __always_inline __u64 number_at(__u64 address)
{
	return read_as(struct load_weight, address)->weight;
}

static __always_inline __u64 inode_of(__u64 file)
{
	if (can_cast())
		return number_at((__u64) & ((struct file *)file)->f_inode);
	return (__u64)BPF_CORE_READ((struct file *)file, f_inode);
}

/*
 * Identifies an inode in 56 bits. Inode numbers are per file system and are used again, those of pipes and sockets
 * after 2^32. File systems that keep inodes change the generation; where there is none, the inode stays in memory while
 * the file is open, so that its address identifies it.
 */
static __always_inline __u64 identity_of_inode(__u64 file)
{
	__u64 at = inode_of(file);
	struct inode *inode = (struct inode *)at;
	__u64 generation = field(inode, i_generation);
	__u64 number = field(inode, i_ino) + ((__u64)field_behind(inode, i_sb, s_dev) << 32);

	return (mix(mix(number) ^ (generation ? generation : at) ^ hash_key) >> 8) | 1;
}

/* Returns the file type of descriptor `fd`, 0 if it is not open; *file is set to its struct file. */
static __always_inline __u32 file_type_of(struct task_struct *task, __u32 fd, __u64 *file)
{
	struct files_struct *files = untrusted(task)->files;
	struct fdtable *fdt;
	__u64 entry;

	if (!files)
		return 0;
	fdt = files->fdt;
	if (fd >= fdt->max_fds)
		return 0;
	entry = (__u64)fdt->fd + fd * sizeof(struct file *);
	if (can_cast()) {
		/* BTF has no type for an array of pointers: any struct that begins with a word will do. */
		*file = number_at(entry);
		return *file ? read_as(struct file, *file)->f_inode->i_mode & S_IFMT : 0;
	}
	if (bpf_probe_read_kernel(file, sizeof(*file), (void *)entry) || !*file)
		return 0;
	return BPF_CORE_READ((struct file *)*file, f_inode, i_mode) & S_IFMT;
}

static __always_inline __u32 family_of_socket(__u64 file)
{
	struct socket *socket = BPF_CORE_READ((struct file *)file, private_data);

	return BPF_CORE_READ(socket, sk, __sk_common.skc_family);
}

static __always_inline int channel_of_family(__u32 family)
{
	switch (family) {
	case AF_UNIX:
		return TC_CHANNEL_UNIX_SOCKET;
	case AF_INET:
	case AF_INET6:
		return TC_CHANNEL_INET_SOCKET;
	default:
		return TC_CHANNEL_OTHER_SOCKET;
	}
}

static __always_inline __u64 file_system_of(__u64 file)
{
	return BPF_CORE_READ((struct file *)file, f_inode, i_sb, s_magic);
}

/* Terminals and pseudo terminals, by the major number of the device. */
static __always_inline bool is_terminal(__u64 file)
{
	__u32 major = BPF_CORE_READ((struct file *)file, f_inode, i_rdev) >> MINORBITS;

	return major == TTY_MAJOR || major == TTYAUX_MAJOR ||
	       (major >= UNIX98_PTY_MASTER_MAJOR && major < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT) ||
	       (major >= 204 && major <= 207) /* serial ports */ || major == 229 /* virtual consoles */;
}

static __always_inline struct tty_struct *terminal_of(__u64 file)
{
	struct tty_file_private *private = BPF_CORE_READ((struct file *)file, private_data);

	return BPF_CORE_READ(private, tty);
}

/* Major number of the driver of a terminal; 0: it is none. */
__verified_once int driver_major_of(__u64 file)
{
	return is_terminal(file) ? BPF_CORE_READ(terminal_of(file), driver, major) & TC_FILE_DETAIL : 0;
}

static __always_inline bool is_pty_driver(__u32 major)
{
	return major == UNIX98_PTY_MASTER_MAJOR || major == UNIX98_PTY_SLAVE_MAJOR;
}

/*
 * Returns the channel of a file. *activity becomes what a call on the file is about, unless the call itself decides,
 * and *type gets the detail that decided.
 */
static __always_inline __u32 channel_of_file(__u64 file, __u32 *type, __u32 *activity)
{
	__u32 detail;

	switch (*type) {
	case S_IFIFO:
		*activity = TC_ACTIVITY_PIPE;
		return TC_CHANNEL_PIPE;
	case S_IFSOCK:
		*activity = TC_ACTIVITY_SOCKET;
		detail = family_of_socket(file);
		*type |= detail & TC_FILE_DETAIL;
		return channel_of_family(detail);
	case S_IFCHR:
		detail = driver_major_of(file);
		*type |= detail;
		return is_pty_driver(detail) ? TC_CHANNEL_PTY : TC_CHANNEL_NONE;
	}
	if (*activity == TC_ACTIVITY_OTHER && file && file_system_of(file) == MQUEUE_MAGIC) {
		*type |= TC_FILE_QUEUE;
		return TC_CHANNEL_MESSAGE_QUEUE;
	}
	return TC_CHANNEL_NONE;
}

/* TC_FILE_* of a pipe or a pseudo terminal; 0: the file is another one. */
static __noinline int type_of_pipe_or_pty(__u64 file)
{
	__u32 type = BPF_CORE_READ((struct file *)file, f_inode, i_mode) & S_IFMT;
	__u32 major;

	if (type == S_IFIFO)
		return type;
	if (type != S_IFCHR)
		return 0;
	major = driver_major_of(file);
	return is_pty_driver(major) ? type | major : 0;
}

/*
 * splice and tee have two files. The call is accounted to the first one that is a channel; the other is its other end.
 */
static __noinline int resolve_other_end(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u64 file = 0;
	__u32 type, channel;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	type = file_type_of(
		task, argument_of(regs_in_call(l, task), kind_of_call(l) == TC_KIND_TEE ? 2 : 3, in_compat_call(l)),
		&file);
	channel = channel_of_file(file, &type, &activity);
	l->other_end = 0;
	if (l->channel == TC_CHANNEL_NONE && channel != TC_CHANNEL_NONE) {
		l->other_file = l->file;
		l->other_type = l->file_type;
		l->other_channel = TC_CHANNEL_NONE;
		l->other_end = TC_OTHER_END_IN;
		l->file = file;
		l->file_type = type;
		l->channel = channel;
		l->call_row = activity;
		return 0;
	}
	l->other_file = file;
	l->other_type = type;
	l->other_channel = channel;
	return 0;
}

static __always_inline int resolve_file(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u64 file = 0;
	__u32 type = 0;

	if (l->resolved)
		return 0;
	if (!(l->call & TC_CALL_IN_MEMORY)) {
		type = file_type_of(task, l->fd, &file);
	} else if (task == bpf_get_current_task_btf()) {
		l->fd = argument_of_call(l, regs_in_call(l, task), 1);
		type = file_type_of(task, l->fd, &file);
	}
	l->channel = channel_of_file(file, &type, &activity);
	l->file = file;
	l->file_type = type;
	l->call_row = activity;
	l->resolved = 1;
	if (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE)
		resolve_other_end(l, task);
	return 0;
}

/* Ends the pending call, or resolves it from outside: its row joins the activity of its file. Returns the channel. */
static __always_inline __u32 end_call(struct tc_ledger *l, struct task_struct *task)
{
	resolve_file(l, task);
	join_row(l, TC_ROW_CALL_PENDING, l->call_row);
	enter_activity(l, l->call_row);
	return l->channel;
}

#endif
