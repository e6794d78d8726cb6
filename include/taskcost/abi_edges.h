/* SPDX-License-Identifier: Apache-2.0 */
/* Edges between tasks: which task waits for which, and which bytes pass between them. */
#ifndef TASKCOST_ABI_EDGES_H
#define TASKCOST_ABI_EDGES_H

#include "taskcost/abi_lists.h"

/* A number of bytes that is not known, not even in part. */
#define TC_BYTES_UNKNOWN 0xffffffffffffffffULL

struct tc_channel_use {
  __u64 calls;
  __u64 bytes_in;  /* to the task; of calls whose bytes are known */
  __u64 bytes_out; /* from the task */
  __u64 kernel_ns; /* on a CPU inside these calls */
};

struct tc_wait_sums {
  __u64 count; /* waits that ended */
  __u64 blocked_ns;
};

/*
 * The waker: the ledger id of an observed task; 0: the wakeup was not traced; TC_WAKER_INTERRUPT, or TC_WAKER_TIMER for
 * that of a timer; TC_WAKER_SEVERAL if there was no room for each waker; or TC_WAKER_UNOBSERVED and a tid.
 */
#define TC_WAKER_INTERRUPT 0xffffffffffffffffULL
#define TC_WAKER_SEVERAL 0xfffffffffffffffeULL
#define TC_WAKER_TIMER 0xfffffffffffffffdULL
#define TC_WAKER_UNOBSERVED 0x8000000000000000ULL

/*
 * A system call, in ledgers and events: its number, which ABI has that number, and for a call that stands for several
 * ones its selector.
 */
enum {
  TC_CALL_NUMBER_MASK = (1 << 16) - 1,
  TC_FROM_COMPAT = 1 << 16, /* the number of a 32-bit call */
  /* First argument of socketcall and ipc, enum tc_restart of restart_syscall, 1 of a prctl that is a mark. */
  TC_CALL_SELECTOR_SHIFT = 17,
  TC_CALL_SELECTOR_MASK = 63,
};

/* The call site of the waker: its system call, or one of these. */
enum {
  TC_FROM_NOWHERE = 1 << 24,
  TC_FROM_EXIT,      /* the waker exits */
  TC_FROM_INTERRUPT, /* in the context of any task */
  TC_FROM_FAULT,
  TC_FROM_USER,   /* its registers name no system call: a trap, or its way back from one */
  TC_FROM_KERNEL, /* a kernel thread, or a kernel worker of a process */
};

/* Waits of one task that one waker ended, for one cause and from one call site. */
struct tc_edge_key {
  __u64 sleeper; /* ledger id */
  __u64 waker;
  __u32 wait; /* enum tc_wait */
  __u32 from;
};

struct tc_edge_sums {
  __u64 count;
  __u64 blocked_ns; /* of all of them */
  __u64 max_ns;     /* of the longest */
};

struct tc_edge {
  struct tc_edge_key key;
  struct tc_edge_sums sums;
};

/* One wait in a chain: the sleeper waited for this cause until the waker ended the wait from this call site. */
struct tc_link {
  __u64 sleeper;
  __u64 waker;
  __u64 blocked_ns;
  __u32 wait;
  __u32 from;
};

/* A wait, the wait that its waker had to end first, and so on. */
enum { TC_CHAIN_LINKS = 4 };
struct tc_chain {
  __u64 end_ns; /* end of the first wait; 0: no chain */
  __u64 length; /* links in use */
  struct tc_link links[TC_CHAIN_LINKS];
};

/* Use of one pipe, connection or queue by one task. */
struct tc_flow_key {
  __u64 task;   /* ledger id */
  __u64 object; /* identity of the file's inode, and the channel in the upper 8 bits */
};

struct tc_flow_sums {
  __u64 link; /* the same for both ends; inet sockets: the own half above the peer's; 0: not known */
  __u64 calls_in;
  __u64 calls_out;
  __u64 bytes_in; /* or TC_BYTES_UNKNOWN */
  __u64 bytes_out;
};

struct tc_flow {
  struct tc_flow_key key;
  struct tc_flow_sums sums;
};

/* tc_flow_key.object without the channel. */
#define TC_OBJECT_MASK 0x00ffffffffffffffULL

#endif
