/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every difference between the kernels that we support (5.15 and later). Each entry names the version and the change,
 * so that we can delete it when we drop that kernel.
 */
#ifndef TASKCOST_COMPAT_BPF_H
#define TASKCOST_COMPAT_BPF_H

#include "kernel_consts.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/*
 * v5.18: "sched/tracing: Don't re-read p->state when emitting sched_switch event" gives sched_switch a fourth argument.
 * Before, the state is read from the task, where a waker may already have changed it. User space finds the prototype of
 * the tracepoint in BTF and sets the knob.
 */
const volatile bool sched_switch_has_prev_state = false;

#define prev_state_of(ctx, prev) (sched_switch_has_prev_state ? (__u32)(ctx)[3] : task_state_of(prev))

/* v5.14: "sched: Change task_struct::state" renames state to __state. Backports to older kernels keep the old name. */
struct task_struct___v5_13 {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 task_state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return (__u32)BPF_CORE_READ((struct task_struct___v5_13 *)task, state);
}

/*
 * v5.16: "sched: Move the cpu into thread_info" for all architectures. Before that we take wake_cpu, which may be off
 * by one migration.
 */
static __always_inline __u32 cpu_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.cpu))
		return task->thread_info.cpu;
	return task->wake_cpu;
}

/*
 * v5.16: "bpf: Add kallsyms_lookup_name helper", v5.17: "bpf: Introduce helper bpf_find_vma", "bpf: Add bpf_loop
 * helper". The ids tell whether this kernel has the helper.
 */
enum bpf_func_id___compat {
	BPF_FUNC_kallsyms_lookup_name___compat = 179,
	BPF_FUNC_find_vma___compat = 180,
	BPF_FUNC_loop___compat = 181,
};

/* v7.2: on_cpu is a byte. Before, it is an int. */
static __always_inline bool is_on_cpu(struct task_struct *task)
{
	return BPF_CORE_READ_BITFIELD_PROBED(task, on_cpu);
}

/*
 * v6.4: "fork: Make IO worker options flag based" adds PF_USER_WORKER, which vhost uses too. Its bit had another
 * meaning before.
 */
struct kernel_clone_args___v6_4 {
	__u32 user_worker : 1;
} __attribute__((preserve_access_index));

static __always_inline bool never_enters_user_mode(const struct task_struct *task)
{
	__u32 flags = PF_KTHREAD | PF_IO_WORKER;

	if (bpf_core_field_exists(struct kernel_clone_args___v6_4, user_worker))
		flags |= PF_USER_WORKER;
	return task->flags & flags;
}

/*
 * v6.2: "bpf: Add kfunc bpf_rdonly_cast()" makes a plain address readable like a typed pointer, without a helper call
 * per field. User space looks it up in BTF and sets the knob; a missing weak kfunc is never reached.
 */
const volatile bool has_rdonly_cast = false;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define can_cast()	       has_rdonly_cast
#define read_as(type, address) ((type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))

/*
 * v6.17: "bpf: rdonly_untrusted_mem for btf id walk pointer leafs" makes task->stack a pointer, which allows no
 * arithmetic. A cast reads it as a field that is a number.
 */
static __always_inline __u64 stack_of(struct task_struct *task)
{
	return can_cast() ? read_as(struct load_weight, &task->stack)->weight : (__u64)task->stack;
}

/*
 * Reads a field, or one behind a pointer. The pointer is cast even if the verifier trusts it: for each pointer that is
 * loaded through a trusted one it searches all types of the kernel, which takes most of its time.
 */
#define field(pointer, name) (can_cast() ? read_as(typeof(*(pointer)), pointer)->name : BPF_CORE_READ(pointer, name))
#define field_behind(pointer, first, name)                                                                             \
	(can_cast() ? read_as(typeof(*(pointer)), pointer)->first->name : BPF_CORE_READ(pointer, first, name))

/*
 * The task as an untrusted pointer, to load pointers through. Without casts the search of types is cheaper than a
 * helper call per load.
 */
static __always_inline struct task_struct *untrusted(struct task_struct *task)
{
	return can_cast() ? read_as(struct task_struct, task) : task;
}

/*
 * v7.2: "bpf: Add sleepable support for raw tracepoint programs" allows preemption inside a program; programs on
 * functions always could be preempted where the kernel is preemptible. Meanwhile the state of the CPU names another
 * task, and sched_switch posts to the same ledger. v6.10: "bpf: Introduce bpf_preempt_[disable,enable] kfuncs" defers
 * the preemption to the end of the program. User space sets the knob if it is needed and available. Even then
 * the kernel skips a program that another task on this CPU is still inside, and counts it.
 */
const volatile bool hold_cpu = false;
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline bool begin_hold(void)
{
	if (hold_cpu)
		bpf_preempt_disable();
	return hold_cpu;
}

static __always_inline void end_hold(const bool *held)
{
	if (hold_cpu)
		bpf_preempt_enable();
}

/* A program that runs in the context of a task begins with this: no other task gets the CPU until it returns. */
#define stay_on_cpu() bool held_ __attribute__((cleanup(end_hold), unused)) = begin_hold()

/*
 * v6.18: "sched/fair: Implement throttle task work and related helpers" throttles task by task. Before, the run queue
 * of the cgroup was throttled, and its tasks stayed as they were.
 */
struct task_struct___v6_18 {
	bool throttled;
} __attribute__((preserve_access_index));

struct cfs_rq___bandwidth { /* CONFIG_CFS_BANDWIDTH */
	int throttle_count;
} __attribute__((preserve_access_index));

struct sched_entity___group { /* CONFIG_FAIR_GROUP_SCHED */
	struct cfs_rq___bandwidth *cfs_rq;
} __attribute__((preserve_access_index));

struct task_struct___group {
	struct sched_entity___group se;
} __attribute__((preserve_access_index));

static __always_inline bool is_throttled(struct task_struct *task)
{
	if (bpf_core_field_exists(struct task_struct___v6_18, throttled))
		return BPF_CORE_READ((struct task_struct___v6_18 *)task, throttled);
	if (bpf_core_field_exists(struct sched_entity___group, cfs_rq) &&
	    bpf_core_field_exists(struct cfs_rq___bandwidth, throttle_count))
		return BPF_CORE_READ((struct task_struct___group *)task, se.cfs_rq, throttle_count) > 0;
	return false;
}

/*
 * The preemption count of a CPU shows interrupts. On x86 it is a per-CPU variable: one of its own, or in pcpu_hot from
 * v6.2 ("x86/percpu: Move preempt_count next to current_task") to v6.15. Not every kernel exports its symbol, but BTF
 * has the offsets of all per-CPU variables, and the run queue of the CPU is another one. On arm64 the count is in the
 * task.
 */
const volatile __s64 preempt_count_offset = 0; /* from the run queue of the CPU; 0: not known */

#if defined(__TARGET_ARCH_x86)
struct rq___smp {
	int cpu;
} __attribute__((preserve_access_index));

struct cfs_rq___group {
	struct rq___smp *rq;
} __attribute__((preserve_access_index));

/* Returns the address of the count. 0: this task's run queue is not this CPU's, or not known. */
static __always_inline __u64 find_preempt_count(struct task_struct *current, __u32 cpu)
{
	struct cfs_rq___group *queue;
	struct rq___smp *rq;

	if (!preempt_count_offset || !bpf_core_field_exists(struct sched_entity___group, cfs_rq) ||
	    !bpf_core_field_exists(struct cfs_rq___group, rq))
		return 0;
	queue = (void *)BPF_CORE_READ((struct task_struct___group *)current, se.cfs_rq);
	rq = BPF_CORE_READ(queue, rq);
	if (!rq || (__u32)BPF_CORE_READ(rq, cpu) != cpu)
		return 0;
	return (__u64)rq + preempt_count_offset;
}

static __always_inline __u32 preempt_count_at(__u64 address)
{
	__u32 count = 0;

	if (can_cast())
		return read_as(struct refcount_struct, address)->refs.counter;
	bpf_probe_read_kernel(&count, sizeof(count), (const void *)address);
	return count;
}
#endif

/*
 * v6.1: "freezer,sched: Rewrite core freezer logic" makes frozen a task state. Before, it was a flag, which later
 * kernels use for kernel threads only. Version 2 of cgroups uses a signal trap and a bit in the task. A vfork parent
 * and a stopped task can have that bit too; they do not sleep in the trap.
 */
struct task_struct___cgroups { /* CONFIG_CGROUPS */
	unsigned int frozen : 1;
} __attribute__((preserve_access_index));

static __always_inline bool in_freeze_trap(struct task_struct *task)
{
	return (task->jobctl & JOBCTL_TRAP_FREEZE) && bpf_core_field_exists(struct task_struct___cgroups, frozen) &&
	       BPF_CORE_READ_BITFIELD_PROBED((struct task_struct___cgroups *)task, frozen);
}

/* v5.16: "coredump: Limit coredumps to a single thread group" moves core_state here from the address space. */
struct signal_struct___v5_16 {
	void *core_state;
} __attribute__((preserve_access_index));

struct mm_struct___v5_15 {
	void *core_state;
} __attribute__((preserve_access_index));

/* Returns whether the task's process is dumping core. */
static __always_inline bool dumps_core(struct task_struct *task)
{
	struct signal_struct___v5_16 *signal = (void *)untrusted(task)->signal;
	struct mm_struct___v5_15 *mm = (void *)untrusted(task)->mm;

	if (bpf_core_field_exists(signal->core_state))
		return BPF_CORE_READ(signal, core_state);
	return BPF_CORE_READ(mm, core_state);
}

/* ctx_id numbers address spaces and is never reused. x86 only (v4.14: "x86/mm: Give each mm a unique ID"). */
struct mm_context___x86 {
	__u64 ctx_id;
	void *vdso;
} __attribute__((preserve_access_index));
struct mm_struct___x86 {
	struct mm_context___x86 context;
} __attribute__((preserve_access_index));

/*
 * A vma that was freed still names its address space. v6.4: "mm: introduce vma detached flag" tells the two apart,
 * since v6.15 by a count ("mm: replace vm_lock and detached flag with a reference count"). Before, a stale one is taken
 * for the mapping that it was.
 */
struct vm_area_struct___v6_4 {
	bool detached;
} __attribute__((preserve_access_index));
struct vm_area_struct___v6_15 {
	refcount_t vm_refcnt;
} __attribute__((preserve_access_index));

static __always_inline bool is_attached(struct vm_area_struct *vma)
{
	if (bpf_core_field_exists(struct vm_area_struct___v6_15, vm_refcnt))
		return field((struct vm_area_struct___v6_15 *)vma, vm_refcnt.refs.counter);
	if (bpf_core_field_exists(struct vm_area_struct___v6_4, detached))
		return !field((struct vm_area_struct___v6_4 *)vma, detached);
	return true;
}

/*
 * The time of the last change: i_mtime until v6.6, __i_mtime until v6.11 ("fs: turn inode ctime fields into integers"),
 * then two integers.
 */
struct inode___v6_5 {
	struct timespec64 i_mtime;
} __attribute__((preserve_access_index));
struct inode___v6_10 {
	struct timespec64 __i_mtime;
} __attribute__((preserve_access_index));
struct inode___v6_11 {
	__s64 i_mtime_sec;
	__u32 i_mtime_nsec;
} __attribute__((preserve_access_index));

static __always_inline __u64 modified_ns(struct inode *inode)
{
	const __u64 second = 1000000000;

	if (bpf_core_field_exists(struct inode___v6_11, i_mtime_sec))
		return BPF_CORE_READ((struct inode___v6_11 *)inode, i_mtime_sec) * second +
		       BPF_CORE_READ((struct inode___v6_11 *)inode, i_mtime_nsec);
	if (bpf_core_field_exists(struct inode___v6_10, __i_mtime))
		return BPF_CORE_READ((struct inode___v6_10 *)inode, __i_mtime.tv_sec) * second +
		       BPF_CORE_READ((struct inode___v6_10 *)inode, __i_mtime.tv_nsec);
	if (bpf_core_field_exists(struct inode___v6_5, i_mtime))
		return BPF_CORE_READ((struct inode___v6_5 *)inode, i_mtime.tv_sec) * second +
		       BPF_CORE_READ((struct inode___v6_5 *)inode, i_mtime.tv_nsec);
	return 0;
}

/* True inside execve. False if the kernel has no in_execve. */
static __always_inline bool is_in_exec(struct task_struct *task)
{
	return bpf_core_field_exists(task->in_execve) && BPF_CORE_READ_BITFIELD(task, in_execve);
}

/* CONFIG_MEMCG: mm->owner. */
struct mm_struct___owned {
	struct task_struct *owner;
} __attribute__((preserve_access_index));

/* From saved registers: syscall number (negative: none), ABI, arguments, interrupts off. */
#if defined(__TARGET_ARCH_x86)
#define COMPAT_TIF_32BIT	TIF_ADDR32
#define COMPAT_X32_BIT		__X32_SYSCALL_BIT
#define syscall_number_of(regs) ((long)(regs)->orig_ax)
#define interrupts_off(regs)	(!((regs)->flags & X86_EFLAGS_IF))
#define of_user_mode(regs)	(((regs)->cs & 3) == 3)

/* 64-bit programs can make 32-bit calls too, by `int 0x80`. */
static __always_inline bool makes_compat_call(struct task_struct *task)
{
	return (can_cast() ? read_as(struct task_struct, task)->thread_info.status
			   : BPF_CORE_READ(task, thread_info.status)) &
	       TS_COMPAT;
}

/* `which` counts from 1. */
static __always_inline __u64 argument_of(struct pt_regs *regs, __u32 which, bool compat)
{
	switch (which) {
	case 1:
		return compat ? (__u32)regs->bx : regs->di;
	case 2:
		return compat ? (__u32)regs->cx : regs->si;
	case 3:
		return compat ? (__u32)regs->dx : regs->dx;
	case 4:
		return compat ? (__u32)regs->si : regs->r10;
	default:
		return compat ? (__u32)regs->di : regs->r8;
	}
}
#elif defined(__TARGET_ARCH_arm64)
#define COMPAT_TIF_32BIT	TIF_32BIT
#define COMPAT_X32_BIT		0
#define syscall_number_of(regs) ((long)(regs)->syscallno)
#define interrupts_off(regs)	((regs)->pstate & PSR_I_BIT)
#define of_user_mode(regs)	(((regs)->pstate & PSR_MODE_MASK) == PSR_MODE_EL0t)

/* A program only makes calls of its own ABI. */
static __always_inline bool makes_compat_call(struct task_struct *task)
{
	return (can_cast() ? read_as(struct task_struct, task)->thread_info.flags
			   : BPF_CORE_READ(task, thread_info.flags)) &
	       (1UL << COMPAT_TIF_32BIT);
}

/* `which` counts from 1. The result of a call overwrites its first argument in the registers. */
static __always_inline __u64 argument_of(struct pt_regs *regs, __u32 which, bool compat)
{
	__u64 argument;

	switch (which) {
	case 1:
		argument = regs->orig_x0;
		break;
	case 2:
		argument = regs->regs[1];
		break;
	case 3:
		argument = regs->regs[2];
		break;
	case 4:
		argument = regs->regs[3];
		break;
	default:
		argument = regs->regs[4];
		break;
	}
	return compat ? (__u32)argument : argument;
}
#else
#error "taskcost knows the system-call registers of x86-64 and arm64"
#endif

static __always_inline bool is_32bit(const struct task_struct *task)
{
	return task->thread_info.flags & (1UL << COMPAT_TIF_32BIT);
}

#endif
