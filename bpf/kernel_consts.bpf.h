/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Constants of the kernel and of its user API under their own names. Type information has enumerators but no macros,
 * so each macro that a probe needs is repeated here. A few are enumerators on some kernels: vmlinux.h comes first, so
 * that the macro wins.
 */
#ifndef TASKCOST_KERNEL_CONSTS_BPF_H
#define TASKCOST_KERNEL_CONSTS_BPF_H

#include "vmlinux.h"

/* include/uapi/asm-generic/errno-base.h, include/linux/errno.h, include/linux/err.h */
#define EEXIST		      17
#define ERESTART_RESTARTBLOCK 516
#define MAX_ERRNO	      4095

/* include/linux/sched.h: task states */
#define TASK_INTERRUPTIBLE 0x00000001
#define __TASK_STOPPED	   0x00000004
#define __TASK_TRACED	   0x00000008
#define TASK_DEAD	   0x00000080 /* the switch-out in this state is the task's last */
#define TASK_NEW	   0x00000800 /* created, but not woken for the first time */
#define TASK_FROZEN	   0x00008000

/* include/linux/sched.h: task_struct.flags */
#define PF_EXITING     0x00000004
#define PF_IO_WORKER   0x00000010
#define PF_USER_WORKER 0x00004000
#define PF_FROZEN      0x00010000
#define PF_KTHREAD     0x00200000

/* include/trace/events/lock.h: the flags of contention_begin */
#define LCB_F_SPIN   (1U << 0)
#define LCB_F_READ   (1U << 1)
#define LCB_F_WRITE  (1U << 2)
#define LCB_F_RT     (1U << 3)
#define LCB_F_PERCPU (1U << 4)
#define LCB_F_MUTEX  (1U << 5)

/* kernel/locking/mutex.c, rwsem.c: flags in the lowest bits of `owner` */
#define OWNER_FLAGS	   7UL
#define RWSEM_READER_OWNED 1UL /* it names one of several readers, or the last one */

/* kernel/sched/sched.h: cfs_bandwidth.quota */
#define RUNTIME_INF 0xffffffffffffffffULL

/* include/linux/sched/jobctl.h, include/linux/sched/signal.h: signal_struct.flags */
#define JOBCTL_TRAP_FREEZE (1UL << 23)
#define SIGNAL_GROUP_EXIT  0x00000004 /* group_exit_code is the status of the process */
#define SIGNAL_UNKILLABLE  0x00000040 /* init, of the system or of a pid namespace */

/* include/trace/events/signal.h: what became of a signal */
#define TRACE_SIGNAL_DELIVERED 0
#define TRACE_SIGNAL_LOSE_INFO 4 /* delivered as well, without its siginfo */

/* include/linux/preempt.h: the preemption count */
#define SOFTIRQ_OFFSET 0x00000100 /* a softirq is served; disabled softirqs count twice as much */
#define HARDIRQ_MASK   0x000f0000
#define NMI_MASK       0x00f00000

/* include/uapi/linux/sched.h, include/uapi/asm-generic/signal.h, siginfo.h, include/uapi/linux/wait.h */
#define CLONE_VM     0x00000100
#define CLONE_VFORK  0x00004000
#define CLONE_THREAD 0x00010000
#define SIGCHLD	     17
#define SIGCONT	     18
#define SIGSTOP	     19
#define SIGTTOU	     22
#define SIGURG	     23
#define SIGWINCH     28
#define CLD_EXITED   1
#define CLD_DUMPED   3
#define WNOWAIT	     0x01000000

/* include/uapi/linux/stat.h, include/uapi/asm-generic/fcntl.h, include/linux/fs.h, kdev_t.h, magic.h */
#define S_IFMT		    0170000
#define S_IFIFO		    0010000
#define S_IFCHR		    0020000
#define S_IFBLK		    0060000
#define S_IFREG		    0100000
#define S_IFSOCK	    0140000
#define FMODE_WRITE	    0x2
#define F_SETLKW	    7
#define F_SETLKW64	    14 /* of 32-bit programs */
#define F_OFD_SETLKW	    38
#define MINORBITS	    20
#define ANON_INODE_FS_MAGIC 0x09041934 /* eventfd, epoll, timerfd and the like */
#define MQUEUE_MAGIC	    0x19800202 /* ipc/mqueue.c */

/* include/uapi/linux/major.h: terminals */
#define TTY_MAJOR		4
#define TTYAUX_MAJOR		5
#define UNIX98_PTY_MASTER_MAJOR 128
#define UNIX98_PTY_MAJOR_COUNT	8
#define UNIX98_PTY_SLAVE_MAJOR	136

/* include/linux/socket.h, include/uapi/linux/in.h, include/uapi/linux/msg.h */
#define AF_UNIX	     1
#define AF_INET	     2
#define AF_INET6     10
#define IPPROTO_TCP  6
#define MSG_PEEK     0x2
#define MSG_ERRQUEUE 0x2000
#define MSG_COPY     040000 /* of msgrcv */

/* include/linux/mm.h, mm_types.h, include/uapi/asm-generic/mman-common.h, include/uapi/linux/futex.h */
#define VM_EXEC		   0x00000004
#define VM_MAYSHARE	   0x00000080 /* several processes can map the same pages */
#define VM_FAULT_MAJOR	   0x000004
#define VM_FAULT_RETRY	   0x000400
#define VM_FAULT_ERROR	   0x000873
#define FAULT_FLAG_TRIED   0x20
#define FAULT_FLAG_USER	   0x40
#define MAP_SHARED	   0x01 /* MAP_SHARED_VALIDATE has this bit too */
#define FUTEX_PRIVATE_FLAG 128	/* FUTEX2_PRIVATE is the same */

/* The tracepoints with this error code exist on x86 only, but their programs are compiled for all architectures. */
#define X86_PF_PROT  (1 << 0) /* the page is present, the access is not allowed */
#define X86_PF_WRITE (1 << 1)

#if defined(__TARGET_ARCH_x86)
#define X86_EFLAGS_IF	  (1UL << 9)
#define TIF_ADDR32	  29
#define __USER_CS	  0x33	     /* the task runs 64-bit code */
#define TS_COMPAT	  0x0002     /* from the entry of a 32-bit call to the return to user mode */
#define __X32_SYSCALL_BIT 0x40000000 /* a 64-bit call all the same */
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT     22
#define PSR_MODE_EL0t 0x00000000
#define PSR_MODE_MASK 0x0000000f
#define PSR_I_BIT     0x00000080
#endif

#endif
