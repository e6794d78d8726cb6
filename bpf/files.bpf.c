/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The files behind descriptors: what a call is about, what is waited for, and which two ends belong together. */
#include "files.bpf.h"

enum {
	FILE_TYPE_MASK = 0170000, /* S_IFMT */
	FILE_TYPE_FIFO = 0010000,
	FILE_TYPE_CHARACTER = 0020000,
	FILE_TYPE_REGULAR = 0100000,
	FILE_TYPE_SOCKET = 0140000,
	FAMILY_UNIX = 1, /* AF_UNIX */
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	MESSAGE_QUEUE_MAGIC = 0x19800202, /* super_block.s_magic of mqueue, */
	ANONYMOUS_MAGIC = 0x09041934,	  /* and of eventfd, epoll, timerfd and the like */
	DEVICE_MAJOR_SHIFT = 20,
	STATE_STOPPED_OR_TRACED = 0x4 | 0x8,
};

static __always_inline __u64 inode_number_of(__u64 file)
{
	if (can_cast())
		return read_as(struct file, file)->f_inode->i_ino;
	return BPF_CORE_READ((struct file *)file, f_inode, i_ino);
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
		/* An array of pointers has no type of its own in BTF: any struct with a pointer first will do. */
		*file = (__u64)read_as(struct list_head, entry)->next;
		return *file ? read_as(struct file, *file)->f_inode->i_mode & FILE_TYPE_MASK : 0;
	}
	if (bpf_probe_read_kernel(file, sizeof(*file), (void *)entry) || !*file)
		return 0;
	return BPF_CORE_READ((struct file *)*file, f_inode, i_mode) & FILE_TYPE_MASK;
}

static __always_inline __u32 family_of_socket(__u64 file)
{
	struct socket *socket = BPF_CORE_READ((struct file *)file, private_data);

	return BPF_CORE_READ(socket, sk, __sk_common.skc_family);
}

static __always_inline __u32 channel_of_socket(__u64 file)
{
	switch (family_of_socket(file)) {
	case FAMILY_UNIX:
		return TC_CHANNEL_UNIX_SOCKET;
	case FAMILY_INET:
	case FAMILY_INET6:
		return TC_CHANNEL_INET_SOCKET;
	default:
		return TC_CHANNEL_NONE;
	}
}

static __always_inline __u64 file_system_of(__u64 file)
{
	return BPF_CORE_READ((struct file *)file, f_inode, i_sb, s_magic);
}

__hidden __inlined int look_at_file(struct tc_ledger *l, struct task_struct *task)
{
	__u32 activity = l->call & TC_CALL_ACTIVITY_MASK;
	__u64 file = 0;
	__u32 type;

	if (l->looked_at)
		return 0;
	type = file_type_of(task, l->fd, &file);
	l->channel = TC_CHANNEL_NONE;
	if (type == FILE_TYPE_FIFO) {
		activity = TC_ACTIVITY_PIPE;
		l->channel = TC_CHANNEL_PIPE;
	} else if (type == FILE_TYPE_SOCKET) {
		activity = TC_ACTIVITY_SOCKET;
		l->channel = channel_of_socket(file);
	} else if (activity == TC_ACTIVITY_OTHER && file && file_system_of(file) == MESSAGE_QUEUE_MAGIC) {
		l->channel = TC_CHANNEL_MESSAGE_QUEUE;
	}
	l->file = file;
	l->file_type = type;
	l->call_row = activity;
	l->looked_at = 1;
	return 0;
}

/* Terminals and pseudo terminals, by the major number of their device. */
static __always_inline bool is_terminal(__u64 file)
{
	__u32 major = BPF_CORE_READ((struct file *)file, f_inode, i_rdev) >> DEVICE_MAJOR_SHIFT;

	return major == 4 || major == 5 || (major >= 136 && major <= 143) || (major >= 204 && major <= 207) ||
	       major == 229;
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

static __always_inline __u32 wait_on_file(const struct tc_ledger *l)
{
	switch (l->channel) {
	case TC_CHANNEL_PIPE:
		return TC_WAIT_PIPE;
	case TC_CHANNEL_UNIX_SOCKET:
		return TC_WAIT_UNIX_SOCKET;
	case TC_CHANNEL_INET_SOCKET:
		return TC_WAIT_INET_SOCKET;
	case TC_CHANNEL_MESSAGE_QUEUE:
		return TC_WAIT_MESSAGE_QUEUE;
	}
	if (!l->file)
		return TC_WAIT_OTHER_FILE;
	if (l->file_type == FILE_TYPE_SOCKET)
		return TC_WAIT_OTHER_SOCKET;
	if (file_system_of(l->file) == ANONYMOUS_MAGIC)
		return wait_on_anonymous(l->file);
	if (l->file_type == FILE_TYPE_REGULAR)
		return TC_WAIT_REGULAR_FILE;
	if (l->file_type == FILE_TYPE_CHARACTER && is_terminal(l->file))
		return TC_WAIT_TERMINAL;
	return TC_WAIT_OTHER_FILE;
}

/* A call that is not counted by its descriptor, as accept or fsync, may have one first nevertheless. */
static __always_inline __u32 wait_on_first_argument(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);

	l->fd = first_argument_of(regs, l->flags & TC_LEDGER_COMPAT);
	look_at_file(l, task);
	return wait_on_file(l);
}

static __always_inline bool is_epoll_wait(const struct tc_ledger *l)
{
	if (l->flags & TC_LEDGER_COMPAT)
		return false;
	return l->syscall == SYSCALL_EPOLL_WAIT || l->syscall == SYSCALL_EPOLL_PWAIT ||
	       l->syscall == SYSCALL_EPOLL_PWAIT2;
}

/* In no call by its registers. A fault in user mode is seen, but for the one that an adopted task is found in. */
static __always_inline bool may_be_in_fault(const struct tc_ledger *l)
{
	return !sees_calls || ((l->flags & TC_LEDGER_OPEN_AT_START) && !l->counters[TC_COUNTER_SYSCALLS]);
}

/* What it waits for by what it does. */
static __always_inline __u32 wait_in(struct tc_ledger *l, struct task_struct *task)
{
	switch (l->activity) {
	case TC_ACTIVITY_USER:
		return may_be_in_fault(l) ? TC_WAIT_PAGE_FAULT : TC_WAIT_OTHER;
	case TC_ROW_FAULT_PENDING:
		return TC_WAIT_PAGE_FAULT;
	case TC_ROW_CALL_PENDING:
		look_at_file(l, task);
		return wait_on_file(l);
	case TC_ACTIVITY_PIPE:
	case TC_ACTIVITY_SOCKET:
	case TC_ACTIVITY_FILE:
		return wait_on_first_argument(l, task);
	case TC_ACTIVITY_CREATE:
		return TC_WAIT_CREATION;
	case TC_ACTIVITY_WAIT:
		return TC_WAIT_CHILD;
	case TC_ACTIVITY_MEMORY:
		return TC_WAIT_MEMORY;
	case TC_ACTIVITY_FUTEX:
		return futex_is_shared(l, regs_of(l, task)) ? TC_WAIT_FUTEX_SHARED : TC_WAIT_FUTEX_PRIVATE;
	case TC_ACTIVITY_POLL:
		return is_epoll_wait(l) ? TC_WAIT_EPOLL : TC_WAIT_POLL;
	case TC_ACTIVITY_SLEEP:
		return TC_WAIT_TIMER;
	case TC_ACTIVITY_SIGNAL:
		return TC_WAIT_SIGNAL;
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

__hidden __inlined int wait_of(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	__u32 wait;

	if (state & STATE_STOPPED_OR_TRACED)
		return TC_WAIT_STOPPED; /* counts as frozen for version 2 of cgroups */
	if (is_frozen(task, state))
		return TC_WAIT_FROZEN;
	if (l->activity == TC_ACTIVITY_EXIT && dumps_core(task))
		return TC_WAIT_CORE_DUMP;
	wait = wait_in(l, task);
	if (!BPF_CORE_READ_BITFIELD(task, in_iowait) || !may_be_disk(wait))
		return wait;
	l->wait_in_call = wait;
	return TC_WAIT_DISK;
}

__hidden __inlined int find_call(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	long number = syscall_number_of(regs);

	l->looked_at = 0;
	if (number < 0)
		return 0;
	l->call = class_of_call(number, l->flags & TC_LEDGER_COMPAT);
	l->syscall = (__u32)number;
	if (!(l->call & TC_CALL_BY_FD)) {
		l->activity = l->call & TC_CALL_ACTIVITY_MASK;
		return 0;
	}
	l->fd = first_argument_of(regs, l->flags & TC_LEDGER_COMPAT);
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

/* Both ends have an inode; it is known once the other end is accepted. */
static __always_inline __u64 link_of_unix_socket(struct sock *sk, __u64 own)
{
	struct sock *peer = bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;
	__u32 other = peer ? number_of_socket(peer) : 0;

	return other ? ordered_pair(own, other) : 0;
}

static __always_inline __u64 mix(__u64 value)
{
	value *= 0x9e3779b97f4a7c15ULL;
	return value ^ value >> 29;
}

/* An IPv4 address in the form of IPv6 counts as what it is: the two ends may see it differently. */
static __always_inline __u64 fold_address(const struct in6_addr *address)
{
	const __u32 *word = address->in6_u.u6_addr32;

	if (!word[0] && !word[1] && word[2] == bpf_htonl(0xffff))
		return word[3];
	return mix(word[0]) ^ mix(word[1] + 1) ^ mix(word[2] + 2) ^ mix(word[3] + 3);
}

/* Each end names both addresses, in opposite order. */
static __always_inline __u64 link_of_inet_socket(struct sock *sk)
{
	__u64 local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	__u64 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	__u16 local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	__u16 remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u64 network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	__u64 one, other;

	if (!remote_port)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_INET6) {
		struct in6_addr address;

		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
		local = fold_address(&address);
		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_daddr);
		remote = fold_address(&address);
	}
	one = mix(local ^ network << 32 ^ (__u64)local_port << 40);
	other = mix(remote ^ network << 32 ^ (__u64)remote_port << 40);
	return mix(one < other ? one : other) ^ (one < other ? other : one);
}

static __noinline __u64 link_of(__u32 channel, __u64 file, __u64 number)
{
	struct socket *socket;

	if (channel == TC_CHANNEL_PIPE || channel == TC_CHANNEL_MESSAGE_QUEUE)
		return number;
	socket = BPF_CORE_READ((struct file *)file, private_data);
	if (channel == TC_CHANNEL_UNIX_SOCKET)
		return link_of_unix_socket(BPF_CORE_READ(socket, sk), number);
	return link_of_inet_socket(BPF_CORE_READ(socket, sk));
}

static __always_inline void add_to_flow(struct tc_flow_sums *sums, __u64 bytes_in, __u64 bytes_out, __u8 call)
{
	if (call & TC_CALL_IN)
		sums->calls_in++;
	if (call & TC_CALL_OUT)
		sums->calls_out++;
	sums->bytes_in += bytes_in;
	sums->bytes_out += bytes_out;
}

__hidden __inlined int book_flow(struct tc_ledger *l, __u64 bytes_in, __u64 bytes_out)
{
	__u64 number = inode_number_of(l->file) & 0xffffffff;
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
