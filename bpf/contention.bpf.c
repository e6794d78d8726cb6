/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Locks of the kernel that observed tasks wait for: which one, and the task that held it when the wait began. Optional,
 * from v5.19 on. If an interrupt spins, the task it interrupted gets the wait.
 */
#include "call.bpf.h"
#include "file.bpf.h"
#include "ledger.bpf.h"
#include "taskcost/abi_locks.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TC_MAX_LOCK_WAITS);
	__type(key, struct tc_lock_entry_key);
	__type(value, struct tc_lock_sums);
} lock_sums SEC(".maps");

/* Waits in progress: for sleeping locks by the task's slot, for spinning locks by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_lock_wait);
} lock_sleepers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_lock_wait);
} lock_spinners SEC(".maps");

/* A mutex that spins is kept by slot: it may sleep next. */
static __always_inline bool spins(__u32 flags)
{
	return (flags & LCB_F_SPIN) && !(flags & LCB_F_MUTEX);
}

static __always_inline __u32 type_of_lock(__u32 flags)
{
	bool write = flags & LCB_F_WRITE;

	if (flags & LCB_F_MUTEX)
		return TC_LOCK_MUTEX;
	if (flags & LCB_F_RT)
		return TC_LOCK_RT_MUTEX;
	if (flags & LCB_F_PERCPU)
		return write ? TC_LOCK_PERCPU_WRITE : TC_LOCK_PERCPU_READ;
	if (!(flags & (LCB_F_READ | LCB_F_WRITE)))
		return flags & LCB_F_SPIN ? TC_LOCK_SPINLOCK : TC_LOCK_SEMAPHORE;
	if (flags & LCB_F_SPIN)
		return write ? TC_LOCK_RWLOCK_WRITE : TC_LOCK_RWLOCK_READ;
	return write ? TC_LOCK_RWSEM_WRITE : TC_LOCK_RWSEM_READ;
}

#define is_field(lock, object, type, name) ((object) && (lock) == (object) + bpf_core_field_offset(type, name))

/* Names a lock inside the task's own structs, or inside the file of its call. */
static __always_inline __u32 name_of_lock(struct tc_ledger *l, struct task_struct *task, __u64 lock)
{
	__u64 mm = (__u64)BPF_CORE_READ(task, mm);
	__u64 sighand = (__u64)BPF_CORE_READ(task, sighand);
	__u64 files = (__u64)BPF_CORE_READ(task, files);
	__u64 inode, pipe, file = 0;
	__u32 fd, type;

	if (is_field(lock, mm, struct mm_struct, mmap_lock))
		return TC_LOCK_NAME_MMAP_LOCK;
	if (is_field(lock, mm, struct mm_struct, page_table_lock))
		return TC_LOCK_NAME_PAGE_TABLE_LOCK;
	if (is_field(lock, sighand, struct sighand_struct, siglock))
		return TC_LOCK_NAME_SIGLOCK;
	if (is_field(lock, files, struct files_struct, file_lock))
		return TC_LOCK_NAME_FILE_LOCK;
	if (!is_call(l->activity) || !(l->call & (TC_CALL_BY_FD | TC_CALL_FD_FIRST)) || (l->call & TC_CALL_IN_MEMORY))
		return TC_LOCK_NAME_UNKNOWN;
	fd = l->call & TC_CALL_BY_FD ? l->fd : argument_of_call(l, regs_in_call(l, task), 1);
	type = file_type_of(task, fd, &file);
	if (!file)
		return TC_LOCK_NAME_UNKNOWN;
	inode = (__u64)BPF_CORE_READ((struct file *)file, f_inode);
	if (is_field(lock, inode, struct inode, i_rwsem))
		return TC_LOCK_NAME_INODE_LOCK;
	pipe = (__u64)BPF_CORE_READ((struct file *)file, private_data);
	if (type == S_IFIFO && is_field(lock, pipe, struct pipe_inode_info, mutex))
		return TC_LOCK_NAME_PIPE_MUTEX;
	return TC_LOCK_NAME_UNKNOWN;
}

/* On x86 the image and modules have their own range. Elsewhere this could be a heap address: report none. */
static __always_inline bool is_global(__u64 lock)
{
#if defined(__TARGET_ARCH_x86)
	return lock >= 0xffffffff80000000ULL;
#else
	return false;
#endif
}

/* With PREEMPT_RT, these locks are built on rt_mutex and have no such field. */
struct mutex___owner {
	atomic_long_t owner;
} __attribute__((preserve_access_index));

struct rw_semaphore___owner {
	atomic_long_t owner;
} __attribute__((preserve_access_index));

/* Ledger id, TC_RAN_PROGRAM or TC_RAN_KERNEL. 0: not known, or readers hold it. */
static __always_inline __u64 lock_owner(__u64 lock, __u32 type)
{
	__u64 owner = 0;
	struct tc_ledger *l;
	__u32 flags;

	if (type == TC_LOCK_MUTEX && bpf_core_field_exists(struct mutex___owner, owner))
		owner = BPF_CORE_READ((struct mutex___owner *)lock, owner.counter);
	else if ((type == TC_LOCK_RWSEM_READ || type == TC_LOCK_RWSEM_WRITE) &&
		 bpf_core_field_exists(struct rw_semaphore___owner, owner))
		owner = BPF_CORE_READ((struct rw_semaphore___owner *)lock, owner.counter);
	if ((type != TC_LOCK_MUTEX && (owner & RWSEM_READER_OWNED)) || !can_cast())
		return 0;
	owner &= ~OWNER_FLAGS;
	if (!owner)
		return 0;
	l = ledger_at(find_slot(read_as(struct task_struct, owner)));
	if (l && l->task == owner)
		return l->id;
	flags = read_as(struct task_struct, owner)->flags;
	return flags & PF_KTHREAD ? TC_RAN_KERNEL : TC_RAN_PROGRAM;
}

static __always_inline struct tc_lock_wait *lock_wait_of(struct tc_cpu_state *cpu, bool spinning)
{
	__u32 slot = cpu->slot, number = this_cpu();

	return spinning ? bpf_map_lookup_elem(&lock_spinners, &number) : bpf_map_lookup_elem(&lock_sleepers, &slot);
}

/*
 * A mutex begins a wait at every spin and every sleep, and an interrupt or schedule() can wait for another lock within
 * a wait: the first beginning counts, and the end of that lock. One from before the call is over: its end was not seen.
 */
static __always_inline bool is_within(const struct tc_lock_wait *wait, const struct tc_ledger *l, __u64 lock,
				      __u32 flags)
{
	return wait->lock && wait->key.lock.task == l->id && wait->begun_ns >= l->entered_ns &&
	       (wait->lock != lock || (flags & LCB_F_MUTEX));
}

static __always_inline bool is_wait_for(const struct tc_lock_wait *wait, const struct tc_ledger *l, __u64 lock)
{
	return wait && wait->lock == lock && wait->key.lock.task == l->id;
}

SEC("?tp_btf/contention_begin")
int BPF_PROG(taskcost_contention_begin, void *lock, unsigned int flags)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l = ledger_at(cpu->slot);
	struct tc_lock_wait *wait;
	struct task_struct *task;

	if (!l)
		return 0;
	wait = lock_wait_of(cpu, spins(flags));
	if (!wait || is_within(wait, l, (__u64)lock, flags))
		return 0;
	task = bpf_get_current_task_btf();
	wait->key.lock.task = l->id;
	wait->key.lock.type = type_of_lock(flags);
	wait->key.lock.name = name_of_lock(l, task, (__u64)lock);
	wait->key.lock.owner = lock_owner((__u64)lock, wait->key.lock.type);
	wait->key.address = wait->key.lock.name == TC_LOCK_NAME_UNKNOWN && is_global((__u64)lock) ? (__u64)lock : 0;
	wait->lock = (__u64)lock;
	wait->begun_ns = bpf_ktime_get_ns();
	return 0;
}

static __noinline int account_lock(struct tc_ledger *l, struct tc_lock_wait *wait)
{
	struct tc_lock_sums first = {.count = 1};
	struct tc_lock_sums *sums;
	__u64 ns;

	if (!l || !wait) /* can't happen; the verifier asks */
		return 0;
	ns = elapsed(wait->begun_ns, bpf_ktime_get_ns());
	first.ns = ns;
	first.max_ns = ns;
	/* The task slept after the wait began, for OTHER: this lock explains that. */
	first.other_ns = l->on_cpu_ns > wait->begun_ns && l->wait == TC_WAIT_OTHER ? ns : 0;
	sums = bpf_map_lookup_elem(&lock_sums, &wait->key);
	if (sums) {
		sums->count++;
		sums->ns += ns;
		sums->other_ns += first.other_ns;
		if (ns > sums->max_ns)
			sums->max_ns = ns;
	} else if (bpf_map_update_elem(&lock_sums, &wait->key, &first, BPF_NOEXIST)) {
		count_loss(TC_LOSS_MISSED_LOCK_WAITS);
	}
	return 0;
}

SEC("?tp_btf/contention_end")
int BPF_PROG(taskcost_contention_end, void *lock)
{
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l = ledger_at(cpu->slot);
	struct tc_lock_wait *wait;

	if (!l)
		return 0;
	wait = lock_wait_of(cpu, true);
	if (!is_wait_for(wait, l, (__u64)lock))
		wait = lock_wait_of(cpu, false);
	if (!is_wait_for(wait, l, (__u64)lock))
		return 0;
	account_lock(l, wait);
	wait->key.lock.task = 0;
	wait->lock = 0;
	return 0;
}
