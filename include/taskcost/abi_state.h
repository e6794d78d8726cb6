/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes keep beside ledgers and user space reads or resets, and how it says whom to observe. */
#ifndef TASKCOST_ABI_STATE_H
#define TASKCOST_ABI_STATE_H

#include "taskcost/abi_lists.h"

enum { TC_MAX_CPUS = 4096 };

/* Whom to adopt. */
enum tc_target_kind {
  TC_TARGET_NONE,
  TC_TARGET_PROCESSES,
  TC_TARGET_TASKS,
  TC_TARGET_GROWS, /* kinds from here on: tasks may come to the target by other ways than birth */
  TC_TARGET_NAME = TC_TARGET_GROWS,
  TC_TARGET_CGROUP,
  TC_TARGET_MACHINE,
};

/* Of a target that is named by its id: has a walk over all tasks come upon it? */
enum tc_named { TC_NAMED_UNSEEN, TC_NAMED_SEEN };

enum { TC_FLUSH_NONE, TC_FLUSH_REUSED, TC_FLUSH_DONE };

/* Which ledger belongs to the task that runs on a CPU. A cache line each: CPUs write their own. */
struct tc_cpu_note {
  __u64 task;         /* address of the task that this note speaks of; 0: nobody */
  __u32 slot;         /* 0: it is not observed */
  __u32 last_slot;    /* of the observed task that ran here before it: often the next one, or the one that it wakes */
  __u64 regs;         /* where its registers lie while it is in the kernel; 0: not seen yet, or not observed */
  __u64 interrupt_ns; /* when the interrupt being handled began, */
  __u8 shot_down;     /* and whether it flushed the TLB on behalf of another CPU */
  __u8 flush;         /* TC_FLUSH_*: what the switch to the task did to the TLB; counted when it leaves */
  __u8 unwinding;     /* a stack is being walked, or user memory is read: the faults of that are nobody's */
  __u8 in_timer;      /* a timer's function runs here, in the context of whatever it came upon */
  __u8 pad[4];
  __u64 lost_events;   /* that no gap has told of yet, */
  __u64 lost_first_ns; /* and their times */
  __u64 lost_last_ns;
};

/* Where the ledger of an observed task is. */
struct tc_bucket_entry {
  __u64 task; /* its address; 0: free */
  __u32 slot;
  __u32 pad;
};

/* Two cache lines of the table of observed tasks. */
enum { TC_BUCKET_ENTRIES = 8 };
struct tc_bucket {
  struct tc_bucket_entry entries[TC_BUCKET_ENTRIES];
};

#endif
