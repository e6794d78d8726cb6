/* SPDX-License-Identifier: Apache-2.0 */
/* Which task waits for which, and which bytes pass between them. */
#ifndef TASKCOST_ABI_EDGES_H
#define TASKCOST_ABI_EDGES_H

#include "taskcost/abi_lists.h"

/* Bytes of which a part is not known. */
#define TC_BYTES_UNKNOWN 0xffffffffffffffffULL

struct tc_channel_use {
  __u64 calls;
  __u64 bytes_in;
  __u64 bytes_out;
  __u64 kernel_ns; /* on a CPU inside these calls */
};

struct tc_wait_sums {
  __u64 count;
  __u64 blocked_ns;
};

/*
 * Who ended a wait: the ledger id of an observed task; 0: nobody saw; TC_WAKER_INTERRUPT or TC_WAKER_TIMER, whose
 * interrupt it was; TC_WAKER_SEVERAL where there was no room for each; or TC_WAKER_UNOBSERVED and a tid.
 */
#define TC_WAKER_INTERRUPT 0xffffffffffffffffULL
#define TC_WAKER_SEVERAL 0xfffffffffffffffeULL
#define TC_WAKER_TIMER 0xfffffffffffffffdULL
#define TC_WAKER_UNOBSERVED 0x8000000000000000ULL

/* From where: the number of the waker's system call, or one of these. */
enum {
  TC_FROM_COMPAT = 1 << 16, /* and the number of a 32-bit system call */
  TC_FROM_NOWHERE = 1 << 17,
  TC_FROM_EXIT,      /* its end */
  TC_FROM_INTERRUPT, /* in the context of whatever ran there */
  TC_FROM_FAULT,
  TC_FROM_USER,   /* in no system call by its registers: a trap, or its way back from one */
  TC_FROM_KERNEL, /* a kernel thread, or a worker of a process in the kernel */
};

/* Waits of one task that one waker ended, for one cause and from one place. */
struct tc_edge_key {
  __u64 sleeper; /* ledger id */
  __u64 waker;
  __u32 wait; /* enum tc_wait */
  __u32 from;
};

struct tc_edge_sums {
  __u64 count;
  __u64 blocked_ns;
  __u64 max_ns;
};

struct tc_edge {
  struct tc_edge_key key;
  struct tc_edge_sums sums;
};

/* One wait in a chain: this task waited so long for that cause, until the waker ended it from there. */
struct tc_link {
  __u64 sleeper;
  __u64 waker;
  __u64 blocked_ns;
  __u32 wait;
  __u32 from;
};

/* A wait, and the wait that its waker had to end first while it lasted, and so on. */
enum { TC_CHAIN_LINKS = 4 };
struct tc_chain {
  __u64 end_ns; /* of the first; 0: none */
  __u64 length;
  struct tc_link links[TC_CHAIN_LINKS];
};

/* Use of one pipe, connection or queue by one task. */
struct tc_flow_key {
  __u64 task;   /* ledger id */
  __u64 object; /* identity of the file's inode, and the channel in the upper 8 bits */
};

struct tc_flow_sums {
  __u64 link; /* the same for both ends; of an inet socket its own end's half above that of its peer; 0: not known */
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
