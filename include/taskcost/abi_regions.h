/* SPDX-License-Identifier: Apache-2.0 */
/* Regions of code that a program marks itself: mark.h. */
#ifndef TASKCOST_ABI_REGIONS_H
#define TASKCOST_ABI_REGIONS_H

#include "taskcost/abi_ledger.h"
#include "taskcost/abi_syscalls.h"

/*
 * A mark is prctl(TC_MARK_OPTION, TC_MARK_BEGIN or TC_MARK_END, name, 0, 0). No kernel knows that option, so the call
 * fails with EINVAL and changes nothing.
 */
enum { TC_MARK_OPTION = 0x74636d6b }; /* "tcmk" */
enum { TC_MARK_BEGIN = 1, TC_MARK_END = 2 };

enum {
  TC_REGION_NAME_LEN = 32, /* with its NUL; a longer name is cut */
  TC_REGION_DEPTH = 8,     /* regions of a task that are open at the same time */
  TC_MAX_REGIONS = 1024,   /* pairs of a program and a name */
};

/* The time of a region, or of a task since its start. The parts add up to the whole. */
struct tc_region_parts {
  __u64 user_ns;   /* running */
  __u64 calls_ns;  /* running in system calls */
  __u64 faults_ns; /* running in page faults */
  __u64 preempted_ns;
  __u64 runnable_ns;
  __u64 blocked_ns[TC_NR_WAITS];
};

/* The open regions of a task. */
struct tc_region_frame {
  __u64 begun_ns;
  __u64 name[TC_REGION_NAME_LEN / 8];
  struct tc_region_parts parts; /* those of the task when the region began */
};

struct tc_region_stack {
  __u64 comm[TC_COMM_LEN / 8]; /* of the leader of the process when it began the last region */
  __u32 depth;
  __u32 too_deep;                                     /* open regions that found no room in `frames` */
  struct tc_region_frame frames[TC_REGION_DEPTH + 1]; /* the last one has the parts of the task now */
};

/* All regions of one name. */
struct tc_region_key {
  __u64 comm[TC_COMM_LEN / 8];        /* of the leader of the process */
  __u64 name[TC_REGION_NAME_LEN / 8]; /* 0: without a name */
};

struct tc_region_sums {
  __u64 count; /* regions that a mark has ended: `total_ns` to `parts`, and `buckets`, are about these */
  __u64 total_ns;
  __u64 max_ns;
  __u64 min_ns_inverted; /* ~minimum */
  struct tc_region_parts parts;
  __u64 not_ended;    /* their thread or program ended, or a region around them */
  __u64 not_ended_ns; /* from their beginning until then */
  __u64 open;         /* at the end of the window; user space counts these */
  __u64 open_ns;
  __u64 stray_ends; /* marks of an end without a beginning */
  __u64 too_deep;   /* regions that began within TC_REGION_DEPTH others */
  __u32 buckets[TC_SYSCALL_BUCKETS];
};

struct tc_region_entry {
  struct tc_region_key key;
  struct tc_region_sums sums;
};

#endif
