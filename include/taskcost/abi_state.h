/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the probes that user space writes, reads or resets: targets, CPUs, and the table of observed tasks. */
#ifndef TASKCOST_ABI_STATE_H
#define TASKCOST_ABI_STATE_H

#include "taskcost/abi_lists.h"

enum { TC_MAX_CPUS = 4096 };

/* What is observed. */
enum tc_target_kind {
  TC_TARGET_NONE,
  TC_TARGET_PROCESSES,
  TC_TARGET_TASKS,
  TC_TARGET_GROWS, /* from here on tasks can join the target without being created in it */
  TC_TARGET_NAME = TC_TARGET_GROWS,
  TC_TARGET_CGROUP,
  TC_TARGET_MACHINE,
};

/* A walk over all tasks has found a target that was named by its id, or has not yet. */
enum tc_named { TC_NAMED_UNSEEN, TC_NAMED_SEEN };

enum { TC_FLUSH_NONE, TC_FLUSH_REUSED, TC_FLUSH_DONE };

/* The state of a CPU: the current task and its ledger. Each CPU writes its own, which is one cache line. */
struct tc_cpu_state {
  __u64 task;         /* address of the current task; 0: not known */
  __u32 slot;         /* its slot; 0: it is not observed */
  __u32 last_slot;    /* slot of the observed task that ran here before: often the next one, or the one that it wakes */
  __u64 regs;         /* where its registers are saved while it is in the kernel; 0: not seen yet, or not observed */
  __u64 interrupt_ns; /* start of the interrupt that is being handled */
  __u8 shot_down;     /* it flushed the TLB on behalf of another CPU */
  __u8 flush;         /* TC_FLUSH_*: what the switch to the task did to the TLB; counted when the task leaves */
  __u8 reading_user;  /* a stack is being unwound or user memory is read: these faults are not accounted */
  __u8 in_timer;      /* a timer function runs, in the context of any task */
  __u32 scratch;      /* forget() of bpf/state.bpf.h */
  __u64 lost_events;  /* events that no gap has reported yet */
  __u64 lost_first_ns; /* their first and last time */
  __u64 lost_last_ns;
};

/* The slot of the ledger of an observed task. */
struct tc_bucket_entry {
  __u64 task; /* its address; 0: free */
  __u32 slot;
  __u32 pad;
};

/* A bucket of the table of observed tasks: two cache lines. */
enum { TC_BUCKET_ENTRIES = 8 };
struct tc_bucket {
  struct tc_bucket_entry entries[TC_BUCKET_ENTRIES];
};

#endif
