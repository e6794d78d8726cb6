/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes have to know of each system call: ledger.call, and the tables that user space fills. */
#ifndef TASKCOST_ABI_CALLS_H
#define TASKCOST_ABI_CALLS_H

#include "taskcost/abi_lists.h"

/* What is to be known of a system call: the activity, how descriptor and direction refine it, and its kind. */
enum {
  TC_CALL_ACTIVITY_MASK = 0x1f,
  TC_CALL_BY_FD = 0x20,     /* the file behind the first argument decides: pipe, socket or file */
  TC_CALL_IN = 0x40,        /* a positive result counts bytes received */
  TC_CALL_OUT = 0x80,       /* a positive result counts bytes sent */
  TC_CALL_FD_FIRST = 0x100, /* the first argument is a descriptor, and stays one until the call returns */
  TC_CALL_AT_ENTRY = 0x200, /* its arguments are looked at when it is entered */
  /* Of a call that socketcall or ipc stood for: */
  TC_CALL_IN_MEMORY = 0x400, /* the second argument points to its arguments */
  TC_CALL_SHIFTED = 0x800,   /* they follow the first argument */
  TC_CALL_KIND_SHIFT = 16,
};

/* Calls whose arguments, result or wait have a meaning of their own. */
enum tc_call_kind {
  TC_KIND_PLAIN,
  TC_KIND_RECV,     /* flags in the fourth argument, */
  TC_KIND_RECVMSG,  /* in the third; */
  TC_KIND_RECVMMSG, /* the result counts messages, flags in the fourth */
  TC_KIND_SENDMMSG, /* likewise */
  TC_KIND_MQ_SEND,  /* its length is the third argument: the result is 0 */
  TC_KIND_SPLICE,   /* in by the first argument, out by the third */
  TC_KIND_TEE,      /* in by the first argument, where the bytes stay, out by the second */
  TC_KIND_VMSPLICE, /* the end of the pipe decides about the direction */
  TC_KIND_OPEN,     /* waits for the other end of a FIFO, or for the end of a lease */
  TC_KIND_FLOCK,
  TC_KIND_FCNTL,       /* the second argument is the command */
  TC_KIND_FUTEX,       /* flags in the second argument, */
  TC_KIND_FUTEX_FLAGS, /* in the fourth, */
  TC_KIND_FUTEX_LIST,  /* in each of the waiters that the first points to */
  TC_KIND_MMAP,
  TC_KIND_SHMAT,
  TC_KIND_SEMOP,
  TC_KIND_MSGSND,
  TC_KIND_MSGRCV,
  TC_KIND_PROCESS_VM,
  TC_KIND_EPOLL,
  TC_KIND_RESTART,    /* restart_syscall: goes on with the call before */
  TC_KIND_SOCKETCALL, /* of 32-bit programs: the first argument is the call, the second points to its arguments */
  TC_KIND_IPC,        /* likewise, but the arguments follow */
  TC_KIND_VFORK,
  TC_KIND_YIELD,
  TC_KIND_WAITID, /* the third argument points to what it tells of the child, flags in the fourth */
  TC_NR_KINDS,
};

/* Higher numbers count as `other`. */
enum { TC_MAX_SYSCALLS = 1024 };

/* Calls that socketcall and ipc stand for are numbered up to here, and no further. */
enum { TC_MULTIPLEXED_CALLS = 32 };

#ifdef __cplusplus
static_assert(int{TC_NR_ACTIVITIES} <= int{TC_CALL_ACTIVITY_MASK}, "an activity must fit into its bits");
#endif

#endif
