/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a system call is about: its class from the table, refined by the file behind its descriptor. */
#ifndef TASKCOST_FILES_BPF_H
#define TASKCOST_FILES_BPF_H

#include "ledger.bpf.h"

enum {
	FILE_TYPE_MASK = 0170000, /* S_IFMT */
	FILE_TYPE_FIFO = 0010000,
	FILE_TYPE_SOCKET = 0140000,
	FAMILY_UNIX = 1, /* AF_UNIX */
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	MESSAGE_QUEUE_MAGIC = 0x19800202, /* super_block.s_magic of mqueue */
};

static __always_inline __u8 class_of_call(long number, bool compat)
{
	if (number < 0 || number >= TC_MAX_SYSCALLS)
		return TC_ACTIVITY_OTHER;
	return compat ? compat_calls[number] : native_calls[number];
}

/* The file type of descriptor `fd` of `task`, 0 when there is none; *file is its struct file. */
static __always_inline __u32 file_type_of(struct task_struct *task, __u32 fd, __u64 *file)
{
	struct fdtable *fdt;
	__u64 entry;

	if (!task->files)
		return 0;
	fdt = task->files->fdt;
	if (fd >= fdt->max_fds)
		return 0;
	entry = (__u64)fdt->fd + fd * sizeof(struct file *);
	if (can_cast()) {
		/* An array of pointers has no type of its own in BTF: any struct with a pointer first will do. */
		*file = (__u64)read_as(struct list_head, entry)->next;
		return *file ? read_as(struct file, *file)->f_inode->i_mode & FILE_TYPE_MASK : 0;
	}
	if (bpf_probe_read_kernel(file, sizeof(*file), (void *)entry) || !*file)
		return 0;
	return BPF_CORE_READ((struct file *)*file, f_inode, i_mode) & FILE_TYPE_MASK;
}

static __always_inline __u32 channel_of_socket(__u64 file)
{
	struct socket *socket = BPF_CORE_READ((struct file *)file, private_data);

	switch (BPF_CORE_READ(socket, sk, __sk_common.skc_family)) {
	case FAMILY_UNIX:
		return TC_CHANNEL_UNIX_SOCKET;
	case FAMILY_INET:
	case FAMILY_INET6:
		return TC_CHANNEL_INET_SOCKET;
	default:
		return TC_CHANNEL_NONE;
	}
}

static __always_inline bool is_message_queue(__u64 file)
{
	return file && BPF_CORE_READ((struct file *)file, f_inode, i_sb, s_magic) == MESSAGE_QUEUE_MAGIC;
}

/*
 * The pending call of `task` is over, or looked at from outside: its row joins the activity that the file behind its
 * descriptor makes it. Returns the channel.
 */
static __always_inline __u32 end_call(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u32 channel = TC_CHANNEL_NONE;
	__u64 file = 0;
	__u32 type = file_type_of(task, l->fd, &file);

	if (type == FILE_TYPE_FIFO) {
		activity = TC_ACTIVITY_PIPE;
		channel = TC_CHANNEL_PIPE;
	} else if (type == FILE_TYPE_SOCKET) {
		activity = TC_ACTIVITY_SOCKET;
		channel = channel_of_socket(file);
	} else if (activity == TC_ACTIVITY_OTHER && is_message_queue(file)) {
		channel = TC_CHANNEL_MESSAGE_QUEUE;
	}
	join_row(l, TC_ROW_CALL_PENDING, activity);
	l->call_row = activity;
	enter_activity(l, activity);
	return channel;
}

#endif
