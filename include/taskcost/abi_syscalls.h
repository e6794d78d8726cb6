/* SPDX-License-Identifier: Apache-2.0 */
/* System calls summed up by the program that made them and by their number. */
#ifndef TASKCOST_ABI_SYSCALLS_H
#define TASKCOST_ABI_SYSCALLS_H

#include "taskcost/abi_records.h"
#include "taskcost/histogram.h"

/* Four buckets of histogram.h are one here. */
enum { TC_SYSCALL_BUCKET_WIDTH = 4, TC_SYSCALL_BUCKETS = TC_HISTOGRAM_BUCKETS / TC_SYSCALL_BUCKET_WIDTH };

/* In the place of TC_FROM_COMPAT: the number is that of an operation of io_uring, IORING_OP_*. */
enum { TC_FROM_RING = 1 << 23, TC_RING_UNKNOWN = 0xffff /* a completion that names no request */ };

enum { TC_OTHER_SYSCALL_BITS = 9 }; /* log2 of the entries of each CPU for programs without a name of their own */

struct tc_syscall_key {
  __u64 comm[TC_COMM_LEN / 8]; /* of the leader of the process when the call returned; 0: of several */
  __u32 syscall;               /* number and TC_FROM_COMPAT or TC_FROM_RING; of marks with the selector 1 */
  __u32 error;                 /* the sums of failed calls: their errno; 0: the sums of all calls */
};

/* The calls that returned, or the operations that completed. */
struct tc_syscall_sums {
  __u64 count;
  __u64 timed;      /* those whose entry or submission was traced: `total_ns` to `buckets` are about these */
  __u64 total_ns;   /* from the entry to the return */
  __u64 running_ns; /* on a CPU, without page faults; not of operations */
  __u64 max_ns;
  __u64 bytes;                       /* the sum of results, of calls whose result is the number of bytes */
  __u64 with_bytes;                  /* calls whose class says that its result is a number of bytes */
  __u32 buckets[TC_SYSCALL_BUCKETS]; /* of the time from the entry to the return */
};

struct tc_syscall_entry {
  struct tc_syscall_key key;
  struct tc_syscall_sums sums; /* `count` 0: the entry is free */
};

/* A request of io_uring that has not completed. */
struct tc_ring_request {
  __u64 request; /* its address; 0: the entry is free */
  __u64 submitted_ns;
};

#endif
