/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every difference between the kernels that we support (5.15 and later), in one place. Each entry names the version and
 * the change, and what may be dropped when older kernels go.
 */
#ifndef TASKCOST_COMPAT_BPF_H
#define TASKCOST_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/*
 * v5.18: "sched/tracing: Don't re-read p->state when emitting sched_switch event" gives sched_switch a fourth argument.
 * Before, the state has to be read from the task, where a waker may already have changed it. User space looks the
 * tracepoint's prototype up in BTF and sets this.
 */
extern const volatile bool sched_switch_has_prev_state;

#define prev_state_of(ctx, prev) (sched_switch_has_prev_state ? (__u32)(ctx)[3] : task_state_of(prev))

/* v5.14: "sched: Change task_struct::state" renames state to __state. The old name is kept for backports. */
struct task_struct___v5_13 {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 task_state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return (__u32)BPF_CORE_READ((struct task_struct___v5_13 *)task, state);
}

/* v5.16: "sched: Move the cpu into thread_info" for all architectures; before, the CPU of the last wake-up will do. */
static __always_inline __u32 cpu_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.cpu))
		return task->thread_info.cpu;
	return task->wake_cpu;
}

/* An int until v7.2, a byte since. */
static __always_inline bool is_on_cpu(struct task_struct *task)
{
	return BPF_CORE_READ_BITFIELD_PROBED(task, on_cpu);
}

/* v6.4: "fork: Make IO worker options flag based" and vhost's user workers: PF_USER_WORKER, a reused bit before. */
struct kernel_clone_args___v6_4 {
	__u32 user_worker : 1;
} __attribute__((preserve_access_index));

enum {
	COMPAT_PF_IO_WORKER = 0x00000010,
	COMPAT_PF_EXITING = 0x00000004,
	COMPAT_PF_USER_WORKER = 0x00004000,
	COMPAT_PF_KTHREAD = 0x00200000,
};

static __always_inline bool never_enters_user_mode(const struct task_struct *task)
{
	__u32 flags = COMPAT_PF_KTHREAD | COMPAT_PF_IO_WORKER;

	if (bpf_core_field_exists(struct kernel_clone_args___v6_4, user_worker))
		flags |= COMPAT_PF_USER_WORKER;
	return task->flags & flags;
}

/*
 * v6.2: "bpf: Add kfunc bpf_rdonly_cast()" lets a plain address be read like a typed pointer, without a helper call per
 * field. User space looks it up in BTF and sets the knob; a weak kfunc that is missing is never reached. Only the hot
 * path asks for it: the linker of libbpf 1.1 cannot merge one external kfunc out of two objects.
 */
#ifdef COMPAT_WANT_RDONLY_CAST
extern const volatile bool has_rdonly_cast;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define can_cast()	       has_rdonly_cast
#define read_as(type, address) ((type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))
#else
#define can_cast()	       false
#define read_as(type, address) ((type *)(address))
#endif

/*
 * v6.17: "bpf: rdonly_untrusted_mem for btf id walk pointer leafs" makes a pointer of what was a number: not to be
 * calculated with unless it is read as a field that is a number. Elsewhere than in the hot path by a helper.
 */
static __always_inline __u64 stack_of(struct task_struct *task)
{
#ifdef COMPAT_WANT_RDONLY_CAST
	return can_cast() ? read_as(struct load_weight, &task->stack)->weight : (__u64)task->stack;
#else
	return (__u64)BPF_CORE_READ(task, stack);
#endif
}

/*
 * A field, and one behind a pointer. Of a cast pointer rather than of one that the verifier trusts: for each pointer
 * that is loaded from such a one it searches all types of the kernel, which takes most of its time.
 */
#define field(pointer, name) (can_cast() ? read_as(typeof(*(pointer)), pointer)->name : BPF_CORE_READ(pointer, name))
#define field_behind(pointer, first, name)                                                                             \
	(can_cast() ? read_as(typeof(*(pointer)), pointer)->first->name : BPF_CORE_READ(pointer, first, name))

/* The same task, to load pointers from; where it cannot be cast, the search is cheaper than a helper call each time. */
static __always_inline struct task_struct *untrusted(struct task_struct *task)
{
	return can_cast() ? read_as(struct task_struct, task) : task;
}

/*
 * v7.2: "bpf: Add sleepable support for raw tracepoint programs" lets another task have the CPU in the middle of a
 * program, as programs on functions always did where the kernel is preemptible. Meanwhile the note of the CPU speaks of
 * that other task, and sched_switch posts to the same ledger. v6.10: "bpf: Introduce bpf_preempt_[disable,enable]
 * kfuncs" defers it to the end of the program; user space sets the knob where it is needed and to be had. The kernel
 * skips a program that another task has not left on the same CPU, and counts that.
 */
extern const volatile bool hold_cpu;
__hidden int disable_preemption(void);
__hidden int enable_preemption(void);

static __always_inline bool begin_hold(void)
{
	if (hold_cpu)
		disable_preemption();
	return hold_cpu;
}

static __always_inline void end_hold(const bool *held)
{
	if (hold_cpu)
		enable_preemption();
}

/* First in a program that the kernel runs in the context of a task: no other task has this CPU until it returns. */
#define stay_on_cpu() bool held_ __attribute__((cleanup(end_hold), unused)) = begin_hold()

/* Registers: the number of a task's system call, negative for none; arguments; 32-bit programs; interrupts. */
#if defined(__TARGET_ARCH_x86)
#define COMPAT_TIF_32BIT		29 /* TIF_ADDR32 */
#define SYSCALL_MMAP			9
#define SYSCALL_VFORK			58 /* arm64 has none */
#define SYSCALL_FUTEX			202
#define SYSCALL_EPOLL_WAIT		232
#define SYSCALL_EPOLL_PWAIT		281
#define SYSCALL_EPOLL_PWAIT2		441
#define second_argument_of(regs)	((regs)->si) /* of 64-bit calls */
#define third_argument_of(regs)		((regs)->dx)
#define fourth_argument_of(regs)	((regs)->r10)
#define syscall_number_of(regs)		((long)(regs)->orig_ax)
#define first_argument_of(regs, compat) ((compat) ? (__u32)(regs)->bx : (__u32)(regs)->di)
#define interrupts_off(regs)		(!((regs)->flags & 0x200)) /* X86_EFLAGS_IF */
#define of_user_mode(regs)		(((regs)->cs & 3) == 3)
#elif defined(__TARGET_ARCH_arm64)
#define COMPAT_TIF_32BIT		22 /* TIF_32BIT */
#define SYSCALL_MMAP			222
#define SYSCALL_FUTEX			98
#define SYSCALL_EPOLL_WAIT		0xffffffff /* arm64 has no epoll_wait of its own */
#define SYSCALL_EPOLL_PWAIT		22
#define SYSCALL_EPOLL_PWAIT2		441
#define second_argument_of(regs)	((regs)->regs[1]) /* of 64-bit calls */
#define third_argument_of(regs)		((regs)->regs[2])
#define fourth_argument_of(regs)	((regs)->regs[3])
#define syscall_number_of(regs)		((long)(regs)->syscallno)
#define first_argument_of(regs, compat) ((__u32)(regs)->orig_x0)
#define interrupts_off(regs)		((regs)->pstate & 0x80)	  /* PSR_I_BIT */
#define of_user_mode(regs)		(!((regs)->pstate & 0xf)) /* PSR_MODE_MASK, PSR_MODE_EL0t */
#else
#error "taskcost knows the system-call registers of x86-64 and arm64"
#endif

static __always_inline bool is_32bit(const struct task_struct *task)
{
	return task->thread_info.flags & (1UL << COMPAT_TIF_32BIT);
}

#endif
