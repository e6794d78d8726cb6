/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What was behind a long wait: the file, the connection, the disk. It is read when the wait has ended and the task is
 * still in its call or fault, so that short waits cost nothing and the file is still open.
 */
#ifndef TASKCOST_WAIT_OBJECT_BPF_H
#define TASKCOST_WAIT_OBJECT_BPF_H

#include "mapping.bpf.h"
#include "wait_cause.bpf.h"
#include "taskcost/abi_wait_objects.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TC_MAX_WAIT_OBJECTS);
	__type(key, struct tc_wait_object_key);
	__type(value, struct tc_wait_object_sums);
} wait_objects SEC(".maps");

/* What a CPU works on. It has no room on the stack of its programs. */
struct found_object {
	struct tc_wait_object_key key;
	struct tc_wait_object_sums first;
	char spill[TC_OBJECT_NAME_LEN]; /* the last part of a path can reach beyond the name */
	__u64 path;			/* struct path of the file; 0: it has none */
	__u64 dentry;			/* where the walk up that path is */
	__u64 mount;
	__u64 address; /* struct unix_address of a unix socket; 0: it has none */
	__u64 disk;    /* struct block_device; 0: none */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct found_object);
} found_objects SEC(".maps");

enum {
	MAX_PATH_PARTS = 24, /* directories and mount points */
	MAX_UNIX_PATH = 108,
};

/* Causes that have an object. */
enum {
	OBJECT_WAITS = 1 << TC_WAIT_PIPE | 1 << TC_WAIT_UNIX_SOCKET | 1 << TC_WAIT_INET_SOCKET |
		       1 << TC_WAIT_OTHER_SOCKET | 1 << TC_WAIT_MESSAGE_QUEUE | 1 << TC_WAIT_REGULAR_FILE |
		       1 << TC_WAIT_TERMINAL | 1 << TC_WAIT_OTHER_FILE | 1 << TC_WAIT_DISK | 1 << TC_WAIT_PAGE_FAULT |
		       1 << TC_WAIT_FILE_LOCK,
};

/*
 * Arguments of BPF_CORE_READ() are variables: it would look for the fields of our own structs in the kernel.
 *
 * The parts of the path up to the root of the task's mounts, the last one first. A file that is its own parent has no
 * path.
 */
static __noinline int read_path(struct found_object *found)
{
	struct tc_wait_object_sums *first = &found->first;
	struct path *path = (void *)found->path;
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	__u64 parent, above;
	struct mount *mount;
	__u32 i, at;
	long size;

	found->dentry = (__u64)dentry;
	found->mount = (__u64)BPF_CORE_READ(path, mnt);
	first->name_bits = BPF_CORE_READ(dentry, d_hash.pprev) ? 0 : TC_NAME_DELETED;
	for (i = 0; i < MAX_PATH_PARTS; i++) {
		dentry = (void *)found->dentry;
		mount = (void *)found->mount - bpf_core_field_offset(struct mount, mnt);
		parent = (__u64)BPF_CORE_READ(dentry, d_parent);
		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			above = (__u64)BPF_CORE_READ(mount, mnt_parent);
			if (!above || above == (__u64)mount) {
				first->name_bits &= i ? ~0 : ~TC_NAME_DELETED;
				return 0;
			}
			found->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
			found->mount = above + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		at = *(volatile __u32 *)&first->name_size;
		at = bounded(at, TC_OBJECT_NAME_LEN);
		size = bpf_probe_read_kernel_str(first->name + at, TC_OBJECT_NAME_LEN,
						 BPF_CORE_READ(dentry, d_name.name));
		if (size <= 0)
			break;
		if (parent == (__u64)dentry) {
			first->name_bits = TC_NAME_NO_PATH;
			first->name_size = size;
			return 0;
		}
		if (at + size > TC_OBJECT_NAME_LEN)
			break;
		first->name_size = at + size;
		if (first->name_size == TC_OBJECT_NAME_LEN)
			break;
		found->dentry = parent;
	}
	first->name_bits |= TC_NAME_CUT;
	return 0;
}

static __noinline int name_object(struct found_object *found)
{
	struct tc_wait_object_sums *first = &found->first;
	struct unix_address *address = (void *)found->address;
	struct block_device *disk = (void *)found->disk;
	__u32 size;

	if (found->path) {
		read_path(found);
	} else if (address) {
		size = BPF_CORE_READ(address, len) - sizeof(sa_family_t);
		size = bounded(size, MAX_UNIX_PATH + 1);
		bpf_probe_read_kernel(first->name, size,
				      (void *)address + bpf_core_field_offset(struct unix_address, name) +
					      sizeof(sa_family_t));
		first->name_size = size;
	}
	if (disk)
		bpf_probe_read_kernel_str(first->disk, sizeof(first->disk), BPF_CORE_READ(disk, bd_disk, disk_name));
	return 0;
}

/*
 * Connections to one peer are one object, and so are those that were accepted from one address: one of their ports
 * means nothing. An accepted socket is a copy of the listening one, and has its backlog.
 */
static __always_inline void find_inet_socket(struct tc_wait_object *object, struct sock *sk)
{
	bool accepted = field(sk, sk_max_ack_backlog);

	object->port = field(sk, __sk_common.skc_num);
	object->peer_port = bpf_ntohs(field(sk, __sk_common.skc_dport));
	object->listens = field(sk, __sk_common.skc_state) == TCP_LISTEN;
	if (field(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&object->address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&object->peer, sk, __sk_common.skc_v6_daddr);
	} else {
		object->address[2] = object->peer[2] = bpf_htonl(0xffff);
		object->address[3] = field(sk, __sk_common.skc_rcv_saddr);
		object->peer[3] = field(sk, __sk_common.skc_daddr);
	}
	if (accepted && !object->listens)
		object->peer_port = 0;
	else if (object->peer_port)
		object->port = 0;
}

static __always_inline __u64 address_of_unix_socket(struct sock *sk)
{
	return bpf_core_type_exists(struct unix_sock) ? (__u64)BPF_CORE_READ((struct unix_sock *)sk, addr) : 0;
}

/* The address is that of the peer, if it has one. An accepted socket has that of the listening one. */
static __always_inline void find_unix_socket(struct found_object *found, struct sock *sk)
{
	struct sock *peer = bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;

	found->address = peer ? address_of_unix_socket(peer) : 0;
	if (!found->address)
		found->address = address_of_unix_socket(sk);
	if (found->address)
		found->key.object.inode = mix(found->address ^ hash_key);
}

static __noinline int find_socket(struct found_object *found, __u64 file)
{
	struct tc_wait_object *object = &found->key.object;
	struct socket *socket = field((struct file *)file, private_data);
	struct sock *sk = field(socket, sk);
	__u32 family = field(sk, __sk_common.skc_family);

	object->file |= family & TC_FILE_DETAIL;
	object->protocol = field(sk, sk_protocol);
	if (family == AF_INET || family == AF_INET6) {
		find_inet_socket(object, sk);
	} else if (family == AF_UNIX) {
		object->inode = inode_number_of(file);
		find_unix_socket(found, sk);
	}
	return 0;
}

/* struct inode lies in struct bdev_inode, behind the block device. */
static __always_inline struct block_device *disk_of_special_file(__u64 file)
{
	struct inode *inode = BPF_CORE_READ((struct file *)file, f_mapping, host);

	if (!inode)
		return NULL;
	return (void *)inode - bpf_core_field_offset(struct bdev_inode, vfs_inode) +
	       bpf_core_field_offset(struct bdev_inode, bdev);
}

static __always_inline void find_inode(struct found_object *found, struct inode *inode, __u64 file)
{
	struct tc_wait_object *object = &found->key.object;
	struct block_device *disk;

	object->file = field(inode, i_mode) & S_IFMT;
	if (object->file == S_IFSOCK && file) {
		found->path = 0;
		find_socket(found, file);
		return;
	}
	object->device = field_behind(inode, i_sb, s_dev);
	object->inode = field(inode, i_ino);
	object->generation = field(inode, i_generation);
	if (object->file == S_IFBLK && file)
		disk = disk_of_special_file(file);
	else
		disk = field_behind(inode, i_sb, s_bdev);
	found->disk = (__u64)disk;
	if (disk)
		object->disk = field(disk, bd_dev);
}

/* The struct file that the task of the ledger waited for; 0: none is known. */
static __always_inline __u64 file_behind(struct tc_ledger *l, struct task_struct *task)
{
	__u32 seen = l->saw >> SAW_BITS;
	__u64 vma;

	if (l->activity == TC_ROW_FAULT_PENDING) {
		vma = find_vma((__u64)BPF_CORE_READ(task, mm), l->fault_address);
		return vma ? (__u64)BPF_CORE_READ((struct vm_area_struct *)vma, vm_file) : 0;
	}
	if (!is_call(l->activity) || !(l->call & (TC_CALL_BY_FD | TC_CALL_FD_FIRST)) || !l->resolved)
		return 0;
	if (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE)
		return waits_for_other(l, seen) ? l->other_file : l->file;
	return l->file;
}

/* In a call without a descriptor, the path that the kernel walks leads to the file, or to a directory above it. */
static __always_inline void find_object(struct found_object *found, struct tc_ledger *l)
{
	struct task_struct *task = (struct task_struct *)l->task;
	__u64 file = file_behind(l, task);
	struct nameidata *walk;
	struct inode *inode;

	if (file) {
		found->path = file + bpf_core_field_offset(struct file, f_path);
		find_inode(found, field((struct file *)file, f_inode), file);
	} else if (l->activity != TC_ROW_FAULT_PENDING) {
		walk = BPF_CORE_READ(task, nameidata);
		inode = BPF_CORE_READ(walk, path.dentry, d_inode);
		if (!inode)
			return;
		found->path = (__u64)walk + bpf_core_field_offset(struct nameidata, path);
		find_inode(found, inode, 0);
	}
}

static __noinline int add_object(struct found_object *found, __u64 blocked_ns)
{
	struct tc_wait_object_sums *sums;

	if (!found) /* can't happen; the verifier asks */
		return 0;
	sums = bpf_map_lookup_elem(&wait_objects, &found->key);
	if (sums) {
		sums->count++;
		sums->ns += blocked_ns;
		if (blocked_ns > sums->max_ns)
			sums->max_ns = blocked_ns;
		return 0;
	}
	__builtin_memset(&found->first, 0, sizeof(found->first));
	found->first.count = 1;
	found->first.ns = found->first.max_ns = blocked_ns;
	name_object(found);
	if (bpf_map_update_elem(&wait_objects, &found->key, &found->first, BPF_NOEXIST))
		count_loss(TC_LOSS_MISSED_WAIT_OBJECTS);
	return 0;
}

/* The wait has ended, and the ledger still has its cause and its call. */
__verified_once int account_object_of_wait(struct tc_ledger *l, __u64 blocked_ns)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct found_object *found = bpf_map_lookup_elem(&found_objects, &cpu);

	if (!l || !found || !(OBJECT_WAITS >> (l->wait & 31) & 1))
		return 0;
	__builtin_memset(&found->key, 0, sizeof(found->key));
	found->path = found->address = found->disk = 0;
	found->key.task = l->id;
	found->key.wait = l->wait;
	find_object(found, l);
	return add_object(found, blocked_ns);
}

#endif
