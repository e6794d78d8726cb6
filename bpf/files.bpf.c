/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The files behind descriptors: what a call is about, what is waited for, and which two ends belong together. */
#include "files.bpf.h"

enum {
	FUTEXES_LOOKED_AT = 4, /* of a list of up to 128 */
	PAGE_BITS = 12,
	MAPPING_TREE_DEPTH = 24,
	READ_AT_ONCE = 24,
};

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

/* A pointer as a number, which may be calculated with. */
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
 * Which inode it is, in 56 bits: each file system has its own numbers and gives them out again, pipes and sockets
 * likewise after four thousand million. File systems that keep inodes tell by the generation that one is another; where
 * there is none, the inode is in memory for as long as anyone has it open.
 */
static __always_inline __u64 identity_of_inode(__u64 file)
{
	__u64 at = inode_of(file);
	struct inode *inode = (struct inode *)at;
	__u64 generation = field(inode, i_generation);
	__u64 number = field(inode, i_ino) + ((__u64)field_behind(inode, i_sb, s_dev) << 32);

	return (mix(mix(number) ^ (generation ? generation : at) ^ hash_key) >> 8) | 1;
}

/* The file type of descriptor `fd` of `task`, 0 when there is none; *file is its struct file. */
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
		/* An array of pointers has no type of its own in BTF: any struct with a word first will do. */
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

/* Terminals and pseudo terminals, by the major number of their device. */
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

__verified_once int is_pty(__u64 file)
{
	int major = is_terminal(file) ? BPF_CORE_READ(terminal_of(file), driver, major) : 0;

	return major == UNIX98_PTY_MASTER_MAJOR || major == UNIX98_PTY_SLAVE_MAJOR;
}

/* The channel behind a file, and what a call on it is about unless it is about something else anyway. */
static __always_inline __u32 channel_of_file(__u64 file, __u32 type, __u32 *activity)
{
	switch (type) {
	case S_IFIFO:
		*activity = TC_ACTIVITY_PIPE;
		return TC_CHANNEL_PIPE;
	case S_IFSOCK:
		*activity = TC_ACTIVITY_SOCKET;
		return channel_of_family(family_of_socket(file));
	case S_IFCHR:
		return is_pty(file) ? TC_CHANNEL_PTY : TC_CHANNEL_NONE;
	}
	if (*activity == TC_ACTIVITY_OTHER && file && file_system_of(file) == MQUEUE_MAGIC)
		return TC_CHANNEL_MESSAGE_QUEUE;
	return TC_CHANNEL_NONE;
}

static __noinline int channel_of_pipe_or_pty(__u64 file)
{
	__u32 type = BPF_CORE_READ((struct file *)file, f_inode, i_mode) & S_IFMT;

	if (type == S_IFIFO)
		return TC_CHANNEL_PIPE;
	return type == S_IFCHR && is_pty(file) ? TC_CHANNEL_PTY : TC_CHANNEL_NONE;
}

/* The same as regs_of(), where the task may be a pointer that was cast: in a call that is known. */
static __always_inline struct pt_regs *regs_in_call(const struct tc_ledger *l, struct task_struct *task)
{
	return can_cast() ? read_as(struct pt_regs, l->regs) : (struct pt_regs *)bpf_task_pt_regs(task);
}

/* Memory of the current task. Where it is not there, the fault of this is nobody's. */
static __noinline long read_user(void *to, __u32 size, __u64 from)
{
	struct tc_cpu_note *note = &notes[this_cpu()];
	long failed;

	if (!to) /* can't happen; the verifier asks */
		return -1;
	note->unwinding = 1;
	barrier();
	failed = bpf_probe_read_user(to, bounded(size, READ_AT_ONCE + 1), (void *)from);
	barrier();
	note->unwinding = 0;
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

/* splice and tee have two files. The first one that is a channel is what the call is about, the other its other end. */
static __noinline int look_at_other_end(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u64 file = 0;
	__u32 type, channel;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	type = file_type_of(
		task, argument_of(regs_in_call(l, task), kind_of_call(l) == TC_KIND_TEE ? 2 : 3, in_compat_call(l)),
		&file);
	channel = channel_of_file(file, type, &activity);
	l->other_end = 0;
	if (l->channel == TC_CHANNEL_NONE && channel != TC_CHANNEL_NONE) {
		l->other_file = l->file;
		l->other_channel = TC_CHANNEL_NONE;
		l->other_end = TC_OTHER_END_IN;
		l->file = file;
		l->file_type = type;
		l->channel = channel;
		l->call_row = activity;
		return 0;
	}
	l->other_file = file;
	l->other_channel = channel;
	return 0;
}

static __always_inline int look_at_file(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u64 file = 0;
	__u32 type = 0;

	if (l->looked_at)
		return 0;
	if (!(l->call & TC_CALL_IN_MEMORY)) {
		type = file_type_of(task, l->fd, &file);
	} else if (task == bpf_get_current_task_btf()) {
		l->fd = argument_of_call(l, regs_in_call(l, task), 1);
		type = file_type_of(task, l->fd, &file);
	}
	l->channel = channel_of_file(file, type, &activity);
	l->file = file;
	l->file_type = type;
	l->call_row = activity;
	l->looked_at = 1;
	if (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE)
		look_at_other_end(l, task);
	return 0;
}

/* v6.1: "mm: remove rb tree" leaves the maple tree, and v5.17 "bpf: Introduce helper bpf_find_vma" looks there. */
struct mm_struct___v6_0 {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

struct vm_area_struct___v6_0 {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct rb_node vm_rb;
} __attribute__((preserve_access_index));

struct mapping {
	__u64 flags; /* 0: there is none, or it could not be looked for */
	__u64 bytes;
};

static long see_mapping(struct task_struct *task, struct vm_area_struct *vma, void *found)
{
	struct mapping *mapping = found;

	mapping->flags = vma->vm_flags;
	mapping->bytes = vma->vm_end - vma->vm_start;
	return 0;
}

static __always_inline void walk_to_mapping(struct task_struct *task, __u64 address, struct mapping *mapping)
{
	struct mm_struct___v6_0 *mm = (struct mm_struct___v6_0 *)BPF_CORE_READ(task, mm);
	struct rb_node *node = BPF_CORE_READ(mm, mm_rb.rb_node);
	__u32 i;

	for (i = 0; i < MAPPING_TREE_DEPTH && node; i++) {
		struct vm_area_struct___v6_0 *vma =
			(void *)node - bpf_core_field_offset(struct vm_area_struct___v6_0, vm_rb);
		__u64 start = BPF_CORE_READ(vma, vm_start), end = BPF_CORE_READ(vma, vm_end);

		if (address >= start && address < end) {
			mapping->flags = BPF_CORE_READ(vma, vm_flags);
			mapping->bytes = end - start;
			return;
		}
		node = address < start ? BPF_CORE_READ(node, rb_left) : BPF_CORE_READ(node, rb_right);
	}
}

static __always_inline struct mapping mapping_at(struct task_struct *task, __u64 address)
{
	struct mapping mapping = {};

	if (bpf_core_enum_value_exists(enum bpf_func_id___compat, BPF_FUNC_find_vma___compat))
		bpf_find_vma(task, address, see_mapping, &mapping, 0);
	else if (bpf_core_field_exists(struct mm_struct___v6_0, mm_rb))
		walk_to_mapping(task, address, &mapping);
	return mapping;
}

/*
 * Whether other processes can map the page too. A task mostly asks for the page that it asked for before, and the
 * mapping there is the same unless the number of private writable pages changed. Undecided (-1) where another thread
 * changes the address space at this moment.
 */
static __noinline int lies_in_shared_memory(struct tc_ledger *l, struct task_struct *task, __u64 address)
{
	__u64 page = address >> PAGE_BITS;
	__u64 data_vm;
	struct mapping mapping;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	data_vm = BPF_CORE_READ(task, mm, data_vm);
	if (l->futex_page >> 1 == page && l->futex_data_vm == data_vm)
		return l->futex_page & 1;
	mapping = mapping_at(task, address);
	if (!mapping.flags)
		return -1;
	l->futex_page = page << 1 | !!(mapping.flags & VM_MAYSHARE);
	l->futex_data_vm = data_vm;
	return l->futex_page & 1;
}

/* The current task passed a list of `count` futexes; FUTEX2_REQUEUE passes two and has 0 for `count`. */
__verified_once int list_lies_in_shared_memory(struct tc_ledger *l, __u64 list, __u64 count)
{
	struct {
		__u64 value, address;
		__u32 flags, reserved;
	} waiter; /* struct futex_waitv (v5.16) */
	struct task_struct *task = bpf_get_current_task_btf();
	int shared, any = 0;
	__u32 i;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	for (i = 0; i < FUTEXES_LOOKED_AT && (i < count || !i); i++) {
		if (read_user(&waiter, sizeof(waiter), list + i * sizeof(waiter)))
			return -1;
		if (waiter.flags & FUTEX_PRIVATE_FLAG)
			continue;
		shared = lies_in_shared_memory(l, task, waiter.address);
		if (shared)
			any = shared;
	}
	return any;
}

/*
 * Memory that several processes map is a channel where they wait for each other. A futex without the flag that says
 * "private" is in such memory if its mapping is: the C library sets no flag where it waits for a thread to end.
 */
static __always_inline void look_at_futex(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	bool compat = in_compat_call(l);
	int shared = 0;

	if (l->looked_at)
		return;
	switch (kind_of_call(l)) {
	case TC_KIND_FUTEX:
		if (!(argument_of(regs, 2, compat) & FUTEX_PRIVATE_FLAG))
			shared = lies_in_shared_memory(l, task, argument_of(regs, 1, compat));
		break;
	case TC_KIND_FUTEX_FLAGS:
		if (!(argument_of(regs, 4, compat) & FUTEX_PRIVATE_FLAG))
			shared = lies_in_shared_memory(l, task, argument_of(regs, 1, compat));
		break;
	case TC_KIND_FUTEX_LIST:
		shared = -1;
		if (task == bpf_get_current_task_btf())
			shared = list_lies_in_shared_memory(l, argument_of(regs, 1, compat),
							    argument_of(regs, 2, compat));
		break;
	}
	l->channel = shared > 0 ? TC_CHANNEL_SHARED_MEMORY : TC_CHANNEL_NONE;
	l->looked_at = shared >= 0;
}

/*
 * What restart_syscall goes on with, by what it is about to call. Only some calls restart in this way. A futex forgets
 * the function first, but its address is in the registers still.
 */
static __always_inline __u32 class_of_restart(struct task_struct *task, __u64 first_argument)
{
	__u64 function = (__u64)BPF_CORE_READ(task, restart_block.fn);

	if (!function)
		return TC_ACTIVITY_OTHER;
	if (function == restarts_poll)
		return TC_ACTIVITY_POLL;
	if (function == restarts_futex ||
	    (function == restarts_nothing && (__u64)BPF_CORE_READ(task, restart_block.futex.uaddr) == first_argument))
		return TC_ACTIVITY_FUTEX | TC_KIND_FUTEX << TC_CALL_KIND_SHIFT;
	if (function == restarts_sleep[0] || function == restarts_sleep[1] || function == restarts_sleep[2])
		return TC_ACTIVITY_SLEEP;
	return TC_ACTIVITY_OTHER;
}

static __noinline int look_at_entry(struct tc_ledger *l, struct task_struct *task)
{
	__u64 number;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	number = argument_of(regs_of(l, task), 1, in_compat_call(l));
	switch (kind_of_call(l)) {
	case TC_KIND_RESTART:
		/* Its arguments are in the registers still. */
		if (l->restart_call) {
			l->call = l->restart_call;
			l->syscall = l->restart_syscall;
		} else {
			l->call = class_of_restart(task, number);
		}
		break;
	case TC_KIND_SOCKETCALL:
		l->call = number < TC_MULTIPLEXED_CALLS ? socket_calls[number] | TC_CALL_IN_MEMORY : TC_ACTIVITY_SOCKET;
		break;
	case TC_KIND_IPC:
		number &= 0xffff; /* a version above it */
		l->call = number < TC_MULTIPLEXED_CALLS ? ipc_calls[number] | TC_CALL_SHIFTED : TC_ACTIVITY_OTHER;
		break;
	}
	if ((l->call & TC_CALL_ACTIVITY_MASK) == TC_ACTIVITY_FUTEX)
		look_at_futex(l, task);
	return l->call;
}

/* Files without a name in the file system have one in brackets. */
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
	if (type == S_IFREG)
		return TC_WAIT_REGULAR_FILE;
	if (type == S_IFCHR && is_terminal(file))
		return TC_WAIT_TERMINAL;
	return TC_WAIT_OTHER_FILE;
}

/*
 * Of two files the one that is not ready: the pipe that bytes come from is empty, or the one that they go to is full.
 * One of the files of splice and tee is a pipe.
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
	look_at_file(l, task);
	if (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE)
		return wait_on_two_files(l);
	return wait_on_file(l->channel, l->file, l->file_type);
}

/*
 * The file that is opened has no descriptor yet, but the walk that found it is not over: a FIFO waits for its other
 * end, and the lease of another process on a file has to be given up.
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

/* A call that is not counted by its descriptor, as accept or fsync, may have one first nevertheless. */
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

/* In no call by its registers. A fault in user mode is seen, but for the one that an adopted task is found in. */
static __always_inline bool may_be_in_fault(const struct tc_ledger *l)
{
	return !sees_calls || ((l->flags & TC_LEDGER_OPEN_AT_START) && !l->counters[TC_COUNTER_SYSCALLS]);
}

/* What it waits for by what it does. */
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
		look_at_futex(l, task);
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

/* Waits for bytes of a device, or for somebody who does: io_schedule() does not tell which. */
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
		return TC_WAIT_STOPPED; /* counts as frozen for version 2 of cgroups */
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

static __always_inline int find_call(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	long number = syscall_number_of(regs);

	l->looked_at = 0;
	if (number < 0)
		return 0;
	if (set_call(l, task, number) & TC_CALL_AT_ENTRY)
		look_at_entry(l, task);
	if (!(l->call & TC_CALL_BY_FD)) {
		l->activity = l->call & TC_CALL_ACTIVITY_MASK;
		return 0;
	}
	l->fd = argument_of(regs, 1, in_compat_call(l));
	l->activity = TC_ROW_CALL_PENDING;
	return 0;
}

static __always_inline __u64 ordered_pair(__u64 a, __u64 b)
{
	return a < b ? a << 32 | b : b << 32 | a;
}

static __always_inline __u32 number_of_socket(struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);

	return socket ? BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino) : 0;
}

/*
 * Both ends have an inode, but the one that is not accepted yet has it late. So each socket gets a number from the
 * kernel with the first message, where that can be seen (passage.bpf.c): its cookie.
 */
static __always_inline __u64 link_of_unix_socket(struct sock *sk, __u64 own)
{
	struct sock *peer = bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;
	__u64 other;

	if (!peer)
		return 0;
	if (sees_lengths) {
		own = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
		other = BPF_CORE_READ(peer, __sk_common.skc_cookie.counter);
	} else {
		other = number_of_socket(peer);
	}
	if (!own || !other)
		return 0;
	return own < other ? mix(own) ^ other : mix(other) ^ own;
}

/* An IPv4 address in the form of IPv6 counts as what it is: the two ends may see it differently. */
static __always_inline __u64 fold_address(const struct in6_addr *address)
{
	const __u32 *word = address->in6_u.u6_addr32;

	if (!word[0] && !word[1] && word[2] == bpf_htonl(0xffff))
		return word[3];
	return mix(word[0]) ^ mix(word[1] + 1) ^ mix(word[2] + 2) ^ mix(word[3] + 3);
}

static __always_inline bool is_loopback(__u64 address)
{
	return (address & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

/* One half for each end, its own above that of its peer. */
static __always_inline __u64 link_of_halves(__u32 own, __u32 peer)
{
	return (__u64)own << 32 | peer;
}

/*
 * Both ends of a TCP connection know which sequence numbers they began with; no other connection, at whatever time and
 * in whatever network namespace, begins with the same. The end that connects counts its SYN as acknowledged: its own
 * number is less by one than what its peer says of it. 0 until it is connected.
 */
static __always_inline __u64 link_of_tcp_socket(struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u32 received = (__u32)BPF_CORE_READ(tcp, bytes_received);
	__u32 next = BPF_CORE_READ(tcp, rcv_nxt);
	__u32 acknowledged = (__u32)BPF_CORE_READ(tcp, bytes_acked);
	__u32 oldest = BPF_CORE_READ(tcp, snd_una);

	/* A segment came in between. */
	if (received != (__u32)BPF_CORE_READ(tcp, bytes_received) ||
	    acknowledged != (__u32)BPF_CORE_READ(tcp, bytes_acked))
		return 0;
	return next ? link_of_halves(oldest - acknowledged, next - received) : 0;
}

static __always_inline __u32 half_of(__u64 address, __u16 port, __u64 network)
{
	return mix(address ^ network << 32 ^ (__u64)port << 40) >> 32;
}

/* Each end names both addresses, in opposite order. Those of a loopback device mean another one in each namespace. */
static __always_inline __u64 link_of_addresses(struct sock *sk)
{
	__u64 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	__u64 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	__u16 local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	__u16 remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u64 network = 0;
	bool loopback = is_loopback(remote);

	if (!remote_port)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		struct in6_addr address;

		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
		local = fold_address(&address);
		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_daddr);
		remote = fold_address(&address);
		loopback = remote == (__u32)remote ? is_loopback(remote) : !address.in6_u.u6_addr32[0];
	}
	if (loopback)
		network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return link_of_halves(half_of(local, local_port, network), half_of(remote, remote_port, network));
}

static __always_inline __u64 link_of_inet_socket(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP ? link_of_tcp_socket(sk) : link_of_addresses(sk);
}

/* The name of the slave in its file system belongs to both ends. */
static __always_inline struct inode *slave_of_pty(__u64 file, bool *master)
{
	struct tty_struct *tty = terminal_of(file);
	struct dentry *slave;

	*master = BPF_CORE_READ(tty, driver, major) == UNIX98_PTY_MASTER_MAJOR;
	if (*master)
		tty = BPF_CORE_READ(tty, link);
	slave = BPF_CORE_READ(tty, driver_data);
	return BPF_CORE_READ(slave, d_inode);
}

static __always_inline __u64 link_of_pty(__u64 file)
{
	bool master;
	struct inode *slave = slave_of_pty(file, &master);

	return slave ? mix(BPF_CORE_READ(slave, i_ino)) ^ BPF_CORE_READ(slave, i_sb, s_dev) : 0;
}

/* All masters have the same inode. */
static __always_inline __u64 number_of_pty(__u64 file)
{
	bool master;
	struct inode *slave = slave_of_pty(file, &master);

	return BPF_CORE_READ(slave, i_ino) << 1 | master;
}

/* In its ipc namespace a queue has an identifier, which is the first argument. */
static __always_inline __u64 number_of_queue(const struct tc_ledger *l)
{
	return mix(l->fd ^ (__u64)BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, ipc_ns, ns.inum) << 32);
}

static __noinline __u64 number_of_object(const struct tc_ledger *l)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	return l->channel == TC_CHANNEL_PTY ? number_of_pty(l->file) : number_of_queue(l);
}

__verified_once __u64 link_of(__u32 channel, __u64 file, __u64 number)
{
	struct socket *socket;

	if (channel == TC_CHANNEL_PIPE || channel == TC_CHANNEL_MESSAGE_QUEUE || channel == TC_CHANNEL_SYSV_QUEUE)
		return number;
	if (channel == TC_CHANNEL_PTY)
		return link_of_pty(file);
	if (channel == TC_CHANNEL_OTHER_SOCKET)
		return 0;
	socket = BPF_CORE_READ((struct file *)file, private_data);
	if (channel == TC_CHANNEL_UNIX_SOCKET)
		return link_of_unix_socket(BPF_CORE_READ(socket, sk), inode_number_of(file) & 0xffffffff);
	return link_of_inet_socket(BPF_CORE_READ(socket, sk));
}

/* A sum of which a part is not known is not known. */
static __always_inline void add_bytes(__u64 *sum, __u64 bytes)
{
	*sum = bytes == TC_BYTES_UNKNOWN || *sum == TC_BYTES_UNKNOWN ? TC_BYTES_UNKNOWN : *sum + bytes;
}

static __always_inline void add_to_flow(struct tc_flow_sums *sums, __u64 bytes_in, __u64 bytes_out, __u32 call)
{
	if (call & TC_CALL_IN)
		sums->calls_in++;
	if (call & TC_CALL_OUT)
		sums->calls_out++;
	add_bytes(&sums->bytes_in, bytes_in);
	add_bytes(&sums->bytes_out, bytes_out);
}

static __always_inline int book_flow(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out)
{
	bool has_inode = l->channel != TC_CHANNEL_PTY && l->channel != TC_CHANNEL_SYSV_QUEUE;
	__u64 number = has_inode ? identity_of_inode(l->file) : number_of_object(l) & TC_OBJECT_MASK;
	struct tc_flow_key key = {.task = l->id, .object = (__u64)l->channel << 56 | number};
	struct tc_flow_sums first = {};
	struct tc_flow_sums *sums;
	__u32 i;

	l->object = key.object;
#pragma unroll
	for (i = 0; i < TC_OWN_FLOWS; i++) {
		struct tc_flow *flow = &l->flows[i];

		if (!flow->key.object)
			flow->key = key;
		if (flow->key.object == key.object) {
			if (!flow->sums.link)
				flow->sums.link = link_of(l->channel, l->file, number);
			l->link = flow->sums.link;
			add_to_flow(&flow->sums, bytes_in, bytes_out, l->call);
			return 0;
		}
	}
	sums = bpf_map_lookup_elem(&flows, &key);
	if (sums) {
		if (!sums->link)
			sums->link = link_of(l->channel, l->file, number);
		l->link = sums->link;
		add_to_flow(sums, bytes_in, bytes_out, l->call);
		return 0;
	}
	first.link = link_of(l->channel, l->file, number);
	l->link = first.link;
	add_to_flow(&first, bytes_in, bytes_out, l->call);
	if (bpf_map_update_elem(&flows, &key, &first, BPF_NOEXIST))
		count_loss(TC_LOSS_MISSED_FLOWS);
	return 0;
}

__verified_once int book_flow_seldom(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out)
{
	return l ? book_flow(l, bytes_in, bytes_out) : 0;
}
