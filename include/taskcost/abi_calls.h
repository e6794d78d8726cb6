/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of system calls that the probes use (ledger.call), and the tables of them that user space fills. */
#ifndef TASKCOST_ABI_CALLS_H
#define TASKCOST_ABI_CALLS_H

#include "taskcost/abi_lists.h"

/* ledger.call: the activity, how descriptor and direction refine it, and the kind. */
enum {
  TC_CALL_ACTIVITY_MASK = 0x1f,
  TC_CALL_BY_FD = 0x20,     /* the file behind the first argument decides: pipe, socket or file */
  TC_CALL_IN = 0x40,        /* a positive result counts bytes received */
  TC_CALL_OUT = 0x80,       /* a positive result counts bytes sent */
  TC_CALL_FD_FIRST = 0x100, /* the first argument is a descriptor, and stays one until the call returns */
  TC_CALL_AT_ENTRY = 0x200, /* its arguments are read when it is entered */
  /* A call that socketcall or ipc multiplexes: */
  TC_CALL_IN_MEMORY = 0x400, /* the second argument points to its arguments */
  TC_CALL_SHIFTED = 0x800,   /* they follow the first argument */
  TC_CALL_KIND_SHIFT = 16,
};

/* Calls whose arguments, result or wait have a meaning of their own. */
enum tc_call_kind {
  TC_KIND_PLAIN,
  TC_KIND_RECV,     /* flags in the fourth argument */
  TC_KIND_RECVMSG,  /* flags in the third argument */
  TC_KIND_RECVMMSG, /* the result counts messages, flags in the fourth */
  TC_KIND_SENDMMSG, /* the result counts messages */
  TC_KIND_MQ_SEND,  /* the third argument is the length, the result is 0 */
  TC_KIND_SPLICE,   /* from the first argument to the third */
  TC_KIND_TEE,      /* from the first argument, which keeps the bytes, to the second */
  TC_KIND_VMSPLICE, /* the end of the pipe decides the direction */
  TC_KIND_OPEN,     /* waits for the other end of a FIFO, or for a lease to end */
  TC_KIND_FLOCK,
  TC_KIND_FCNTL,       /* the second argument is the command */
  TC_KIND_FUTEX,       /* flags in the second argument */
  TC_KIND_FUTEX_FLAGS, /* flags in the fourth argument */
  TC_KIND_FUTEX_LIST,  /* flags in each waiter that the first argument points to */
  TC_KIND_MMAP,
  TC_KIND_SHMAT,
  TC_KIND_SEMOP,
  TC_KIND_MSGSND,
  TC_KIND_MSGRCV,
  TC_KIND_PROCESS_VM,
  TC_KIND_EPOLL,
  TC_KIND_RESTART,    /* restart_syscall continues the interrupted call */
  TC_KIND_SOCKETCALL, /* 32-bit: the first argument is the call, the second points to its arguments */
  TC_KIND_IPC,        /* 32-bit: the first argument is the call, its arguments follow */
  TC_KIND_VFORK,
  TC_KIND_YIELD,
  TC_KIND_WAITID,   /* the third argument points to the siginfo of the child, flags in the fourth */
  TC_KIND_PRCTL,    /* it may be a mark: abi_regions.h */
  TC_KIND_ASYNC_IO, /* it waits for operations of io_uring or libaio */
  TC_NR_KINDS,
};

/* Calls with higher numbers count as `other`. */
enum { TC_MAX_SYSCALLS = 1024 };

/* The calls that socketcall and ipc multiplex have lower numbers. As a selector, it stands for all other numbers. */
enum { TC_MULTIPLEXED_CALLS = 32 };

/* The function that restart_syscall calls, by task_struct.restart_block. */
enum tc_restart { TC_RESTART_OTHER, TC_RESTART_POLL, TC_RESTART_FUTEX, TC_RESTART_SLEEP };

/* The file behind a descriptor, as a probe saw it: S_IFMT of its inode's mode, and a detail in the bits below. */
enum {
  TC_FILE_FORMAT = 0170000,
  TC_FILE_FIFO = 0010000,
  TC_FILE_DEVICE = 0020000, /* a character device; detail: major number of its terminal driver, 0 for no terminal */
  TC_FILE_REGULAR = 0100000,
  TC_FILE_SOCKET = 0140000, /* detail: address family, AF_* */
  TC_FILE_DETAIL = 0xff,
  TC_FILE_QUEUE = 0x100, /* it lies in the file system of POSIX message queues */
};

/* The futex of a call, in the place of a file. Of a list: all that was seen of any. 0: nothing was read. */
enum {
  TC_FUTEX_PRIVATE = 1 << 0,  /* FUTEX_PRIVATE_FLAG is set; without it, the mapping was looked up: */
  TC_FUTEX_MAYSHARE = 1 << 1, /* VM_MAYSHARE is set */
  TC_FUTEX_OWN = 1 << 2,      /* it is not */
  TC_FUTEX_UNKNOWN = 1 << 3,  /* the list or the mapping could not be read */
};

#ifdef __cplusplus
static_assert(int{TC_NR_ACTIVITIES} <= int{TC_CALL_ACTIVITY_MASK}, "an activity must fit into its bits");
#endif

#endif
