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

static __always_inline __u8 channel_of_socket(__u64 file)
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

/* The class of a call whose first argument is a descriptor. Notes the channel in the ledger. */
static __always_inline __u8 refine_by_descriptor(struct tc_ledger *l, __u8 call, struct task_struct *task,
						 __u32 fd)
{
	__u64 file = 0;
	__u32 type = file_type_of(task, fd, &file);
	__u8 direction = call & (TC_CALL_IN | TC_CALL_OUT);

	if (type == FILE_TYPE_FIFO) {
		l->channel = TC_CHANNEL_PIPE;
		return TC_ACTIVITY_PIPE | direction;
	}
	if (type == FILE_TYPE_SOCKET) {
		l->channel = channel_of_socket(file);
		return TC_ACTIVITY_SOCKET | direction;
	}
	return call;
}

static __always_inline __u64 running_in(struct tc_ledger *l, __u32 row)
{
	return *cell_of(l, row, TC_CONDITION_RUNNING);
}

#endif
