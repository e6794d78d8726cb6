/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Types of Linux 6.18, for builds on machines without BTF. Written by bpf/vmlinux/make, and not to be edited: it has only
 * what the probes use, and neither offsets nor sizes are those of a kernel. CO-RE relocations set them at load time.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct __sk_buff;
struct address_space;
struct bdev_inode;
struct block_device;
struct bpf_dynptr;
struct bpf_fib_lookup;
struct bpf_iter__task;
struct bpf_perf_event_data;
struct bpf_perf_event_value;
struct bpf_pidns_info;
struct bpf_redir_neigh;
struct bpf_sk_lookup;
struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_ops;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_sysctl;
struct bpf_tcp_sock;
struct bpf_timer;
struct bpf_tunnel_key;
struct bpf_xfrm_state;
struct btf_ptr;
struct cfs_bandwidth;
struct cfs_rq;
struct cgroup;
struct cgroup_root;
struct cgroup_subsys_state;
struct cgrp_cset_link;
struct core_state;
struct cred;
struct css_set;
struct dentry;
struct device;
struct fdtable;
struct file;
struct file_lock_context;
struct filename;
struct files_struct;
struct fs_struct;
struct gendisk;
struct hlist_bl_node;
struct in6_addr;
struct inode;
struct io_cmd_data;
struct io_kiocb;
struct io_ring_ctx;
struct io_uring_cqe;
struct ipc_ids;
struct ipc_namespace;
struct iphdr;
struct ipv6hdr;
struct k_sigaction;
struct kernfs_elem_attr;
struct kernfs_node;
struct kernfs_open_node;
struct kmem_cache;
struct kmem_cache_node;
struct linux_binprm;
struct list_head;
struct load_weight;
struct maple_tree;
struct mm_struct;
struct module;
struct mount;
struct mptcp_sock;
struct mutex;
struct nameidata;
struct net;
struct ns_common;
struct nsproxy;
struct page;
struct path;
struct pid;
struct pid_namespace;
struct pidfs_attr;
struct pipe_inode_info;
struct pt_regs;
struct qstr;
struct raw_spinlock;
struct rb_node;
struct rb_root;
struct refcount_struct;
struct request_queue;
struct restart_block;
struct rq;
struct rw_semaphore;
struct saved;
struct sched_entity;
struct seq_file;
struct sigaction;
struct sighand_struct;
struct signal_struct;
struct sigpending;
struct sk_buff;
struct sk_msg_md;
struct sk_reuseport_md;
struct sock;
struct sock_common;
struct sockaddr;
struct sockaddr_un;
struct socket;
struct socket_alloc;
struct spinlock;
struct super_block;
struct task_group;
struct task_struct;
struct tcp6_sock;
struct tcp_request_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcphdr;
struct thread_info;
struct timespec64;
struct tty_driver;
struct tty_file_private;
struct tty_port;
struct tty_struct;
struct udp6_sock;
struct unix_address;
struct unix_sock;
struct upid;
struct user_namespace;
struct user_struct;
struct vfsmount;
struct vm_area_struct;
struct xdp_md;

typedef unsigned char __u8;

typedef short int __s16;

typedef short unsigned int __u16;

typedef int __s32;

typedef unsigned int __u32;

typedef long long int __s64;

typedef long long unsigned int __u64;

typedef __u8 u8;

typedef __u16 u16;

typedef __u32 u32;

typedef __s64 s64;

typedef __u64 u64;

enum {
	false = 0,
	true = 1,
};

typedef long unsigned int __kernel_ulong_t;

typedef int __kernel_pid_t;

typedef unsigned int __kernel_uid32_t;

typedef __kernel_ulong_t __kernel_size_t;

typedef long long int __kernel_loff_t;

typedef __u16 __be16;

typedef __u32 __be32;

typedef __u32 __wsum;

typedef u32 __kernel_dev_t;

typedef __kernel_dev_t dev_t;

typedef short unsigned int umode_t;

typedef __kernel_pid_t pid_t;

typedef _Bool bool;

typedef __kernel_uid32_t uid_t;

typedef __kernel_loff_t loff_t;

typedef __kernel_size_t size_t;

typedef s64 ktime_t;

typedef unsigned int fmode_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct thread_info {
	long unsigned int flags;
	u32 status;
	u32 cpu;
};

struct refcount_struct {
	atomic_t refs;
};

typedef struct refcount_struct refcount_t;

struct load_weight {
	long unsigned int weight;
};

struct rb_node {
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct sched_entity {
	u64 sum_exec_runtime;
	u64 slice;
	int depth;
	struct sched_entity *parent;
	struct cfs_rq *cfs_rq;
};

enum timespec_type {
	TT_NONE = 0,
};

struct restart_block {
	long int (*fn)(struct restart_block *);
	union {
		struct {
			u32 *uaddr;
			u32 val;
			u32 flags;
		} futex;
		struct {
			enum timespec_type type;
		} nanosleep;
		struct {
			long unsigned int tv_sec;
			long unsigned int tv_nsec;
		} poll;
	};
};

struct raw_spinlock {
};

typedef struct raw_spinlock raw_spinlock_t;

struct rb_root {
	struct rb_node *rb_node;
};

typedef atomic64_t atomic_long_t;

struct mutex {
	atomic_long_t owner;
};

typedef struct {
	long unsigned int sig[1];
} sigset_t;

struct sigpending {
	struct list_head list;
	sigset_t signal;
};

typedef struct {
	uid_t val;
} kuid_t;

struct spinlock {
};

typedef struct spinlock spinlock_t;

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	void *stack;
	unsigned int flags;
	int on_cpu;
	int wake_cpu;
	struct sched_entity se;
	struct task_group *sched_task_group;
	bool throttled;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	int exit_state;
	int exit_code;
	long unsigned int jobctl;
	unsigned int in_execve: 1;
	unsigned int in_iowait: 1;
	unsigned int frozen: 1;
	struct restart_block restart_block;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	u64 utime;
	u64 stime;
	long unsigned int nvcsw;
	long unsigned int nivcsw;
	u64 start_time;
	long unsigned int min_flt;
	long unsigned int maj_flt;
	const struct cred *real_cred;
	char comm[16];
	struct nameidata *nameidata;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct sigpending pending;
	u64 self_exec_id;
	struct css_set *cgroups;
};

typedef __s64 time64_t;

struct timespec64 {
	time64_t tv_sec;
	long int tv_nsec;
};

struct pt_regs {
	long unsigned int bp;
	long unsigned int bx;
	long unsigned int r10;
	long unsigned int r8;
	long unsigned int cx;
	long unsigned int dx;
	long unsigned int si;
	long unsigned int di;
	long unsigned int orig_ax;
	long unsigned int ip;
	union {
		u16 cs;
	};
	long unsigned int flags;
	long unsigned int sp;
};

struct maple_tree {
	void *ma_root;
};

struct rw_semaphore {
	atomic_long_t count;
	atomic_long_t owner;
};

typedef long unsigned int vm_flags_t;

typedef struct {
	u64 ctx_id;
	long unsigned int flags;
	struct mutex lock;
	void *vdso;
} mm_context_t;

typedef struct {
} mm_flags_t;

struct mm_struct {
	struct {
		struct maple_tree mm_mt;
		atomic_long_t pgtables_bytes;
		spinlock_t page_table_lock;
		struct rw_semaphore mmap_lock;
		long unsigned int data_vm;
		long unsigned int start_code;
		long unsigned int arg_start;
		long unsigned int arg_end;
		mm_context_t context;
		mm_flags_t flags;
		struct task_struct *owner;
		struct user_namespace *user_ns;
		struct file *exe_file;
	};
};

struct vm_area_struct {
	union {
		struct {
			long unsigned int vm_start;
			long unsigned int vm_end;
		};
	};
	struct mm_struct *vm_mm;
	union {
		const vm_flags_t vm_flags;
	};
	long unsigned int vm_pgoff;
	struct file *vm_file;
	refcount_t vm_refcnt;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	unsigned int level;
	struct pid_namespace *parent;
	struct user_namespace *user_ns;
	struct ns_common ns;
};

typedef void __signalfn_t(int);

typedef __signalfn_t *__sighandler_t;

struct sigaction {
	__sighandler_t sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

struct address_space {
	struct inode *host;
	long unsigned int flags;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	refcount_t count;
	unsigned int level;
	spinlock_t lock;
	struct {
		u64 ino;
		struct pidfs_attr *attr;
	};
	struct upid numbers[0];
};

struct cred {
	kuid_t uid;
	struct user_struct *user;
	struct user_namespace *user_ns;
};

struct nsproxy {
	refcount_t count;
	struct ipc_namespace *ipc_ns;
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
	struct core_state *core_state;
	int leader;
	struct tty_struct *tty;
	u64 utime;
	u64 stime;
	long unsigned int nvcsw;
	long unsigned int nivcsw;
	long unsigned int min_flt;
	long unsigned int maj_flt;
};

struct sighand_struct {
	spinlock_t siglock;
	refcount_t count;
	struct k_sigaction action[64];
};

struct css_set {
	struct cgroup *dfl_cgrp;
	struct list_head cgrp_links;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	int id;
	unsigned int flags;
	struct cgroup_subsys_state *parent;
};

struct gendisk {
	int major;
	char disk_name[32];
	short unsigned int events;
	struct request_queue *queue;
	void *private_data;
	int flags;
	long unsigned int state;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	fmode_t f_mode;
	struct address_space *f_mapping;
	void *private_data;
	struct inode *f_inode;
	union {
		const struct path f_path;
	};
};

struct hlist_bl_node {
	struct hlist_bl_node *next;
	struct hlist_bl_node **pprev;
};

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
	};
	const unsigned char *name;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	union {
		const struct qstr d_name;
	};
	struct inode *d_inode;
};

struct inode {
	umode_t i_mode;
	struct super_block *i_sb;
	long unsigned int i_ino;
	dev_t i_rdev;
	loff_t i_size;
	time64_t i_mtime_sec;
	u32 i_mtime_nsec;
	u32 i_generation;
	struct rw_semaphore i_rwsem;
	struct file_lock_context *i_flctx;
};

struct super_block {
	dev_t s_dev;
	long unsigned int s_magic;
	struct block_device *s_bdev;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct cgroup {
	struct cgroup_subsys_state self;
	long unsigned int flags;
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct block_device {
	struct gendisk *bd_disk;
	dev_t bd_dev;
};

struct kernfs_elem_attr {
	struct kernfs_open_node *open;
	loff_t size;
};

struct kernfs_node {
	atomic_t count;
	const char *name;
	const void *ns;
	unsigned int hash;
	short unsigned int flags;
	umode_t mode;
	union {
		struct kernfs_elem_attr attr;
	};
	u64 id;
};

enum cpuhp_state {
	CPUHP_AP_PERF_ONLINE = 154,
};

struct net {
	u32 ifindex;
	struct list_head list;
	struct user_namespace *user_ns;
	struct ns_common ns;
};

struct cgroup_root {
	int hierarchy_id;
	struct cgroup cgrp;
	unsigned int flags;
	char name[64];
};

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_RINGBUF = 27,
};

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

typedef unsigned int slab_flags_t;

typedef short unsigned int __kernel_sa_family_t;

typedef __kernel_sa_family_t sa_family_t;

struct tty_struct {
	int index;
	struct device *dev;
	struct tty_driver *driver;
	struct tty_port *port;
	char name[64];
	long unsigned int flags;
	int count;
	struct {
		spinlock_t lock;
	} flow;
	struct {
		spinlock_t lock;
	} ctrl;
	struct tty_struct *link;
	void *driver_data;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__be16 skc_dport;
			__u16 skc_num;
		};
	};
	short unsigned int skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
	struct {
		int len;
		struct sk_buff *head;
		struct sk_buff *tail;
	} sk_backlog;
	struct socket *sk_socket;
	u16 sk_protocol;
	u32 sk_max_ack_backlog;
};

enum tty_driver_type {
	TTY_DRIVER_TYPE_SYSTEM = 0,
};

struct tty_driver {
	struct module *owner;
	const char *name;
	int major;
	enum tty_driver_type type;
	long unsigned int flags;
	struct tty_driver *other;
};

typedef enum {
	SS_FREE = 0,
} socket_state;

struct socket {
	socket_state state;
	short int type;
	long unsigned int flags;
	struct file *file;
	struct sock *sk;
};

enum maple_status {
	ma_root = 2,
};

struct kernel_clone_args {
	u64 flags;
	const char *name;
	u32 user_worker: 1;
	long unsigned int stack;
	int cgroup;
	int (*fn)(void *);
	struct cgroup *cgrp;
};

enum tlb_flush_reason {
	TLB_FLUSH_ON_TASK_SWITCH = 0,
	TLB_REMOTE_SHOOTDOWN = 1,
	TLB_REMOTE_SEND_IPI = 4,
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
	spinlock_t file_lock;
};

typedef unsigned int pipe_index_t;

struct pipe_inode_info {
	struct mutex mutex;
	union {
		struct {
			pipe_index_t head;
			pipe_index_t tail;
		};
	};
	unsigned int max_usage;
	unsigned int files;
	struct user_struct *user;
};

enum {
	TCP_LISTEN = 10,
};

struct ipc_ids {
};

struct ipc_namespace {
	struct ipc_ids ids[3];
	struct user_namespace *user_ns;
	struct ns_common ns;
};

struct cfs_rq {
	struct sched_entity *next;
	struct {
		raw_spinlock_t lock;
		int nr;
	} removed;
	struct rq *rq;
	bool throttled: 1;
	int throttle_count;
};

struct rq {
	int cpu;
};

struct cfs_bandwidth {
	raw_spinlock_t lock;
	ktime_t period;
	u64 quota;
	u64 runtime;
};

struct task_group {
	struct cgroup_subsys_state css;
	struct sched_entity **se;
	struct cfs_rq **cfs_rq;
	long unsigned int shares;
	struct list_head list;
	struct task_group *parent;
	struct cfs_bandwidth cfs_bandwidth;
};

enum io_uring_op {
	IORING_OP_READV = 1,
	IORING_OP_WRITEV = 2,
	IORING_OP_READ_FIXED = 4,
	IORING_OP_WRITE_FIXED = 5,
	IORING_OP_READ = 22,
	IORING_OP_WRITE = 23,
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_cmd_data {
	struct file *file;
	__u8 data[56];
};

typedef u64 io_req_flags_t;

struct io_kiocb {
	union {
		struct file *file;
		struct io_cmd_data cmd;
	};
	u8 opcode;
	io_req_flags_t flags;
	struct io_ring_ctx *ctx;
	atomic_t refs;
	struct io_kiocb *link;
};

enum fbq_type {
	remote = 1,
};

struct cgrp_cset_link {
	struct cgroup *cgrp;
	struct list_head cgrp_link;
};

typedef struct pt_regs bpf_user_pt_regs_t;

struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	__u64 addr;
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_F_MMAPABLE = 1024,
};

struct bpf_iter__task {
	union {
		struct task_struct *task;
	};
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

enum {
	BPF_F_USER_STACK = 256,
};

struct kmem_cache {
	slab_flags_t flags;
	unsigned int size;
	unsigned int offset;
	const char *name;
	struct list_head list;
	struct kmem_cache_node *node[1024];
};

struct file_lock_context {
	struct list_head flc_lease;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct nameidata {
	struct path path;
	struct qstr last;
	struct path root;
	struct inode *inode;
	unsigned int flags;
	unsigned int state;
	unsigned int depth;
	struct saved *stack;
	struct filename *name;
};

struct sockaddr_un {
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
	spinlock_t lock;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct tty_file_private {
	struct tty_struct *tty;
	struct file *file;
	struct list_head list;
};

struct bdev_inode {
	struct block_device bdev;
	struct inode vfs_inode;
};

typedef struct {
	unsigned char bits;
	short unsigned int val;
} code;

struct tcp_sock {
	u32 rcv_nxt;
	u32 snd_una;
	u64 bytes_received;
	u64 bytes_acked;
};
#pragma clang attribute pop

#endif
