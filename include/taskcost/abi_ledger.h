/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of one task. */
#ifndef TASKCOST_ABI_LEDGER_H
#define TASKCOST_ABI_LEDGER_H

#include "taskcost/abi_edges.h"
#include "taskcost/abi_records.h"
#include "taskcost/abi_stacks.h"

/* The kernel's accounting of a task (struct task_struct; the CPU time is that of its sched_entity). */
struct tc_task_stats {
  __u64 nvcsw;
  __u64 nivcsw;
  __u64 min_flt;
  __u64 maj_flt;
  __u64 sum_exec_runtime_ns;
  __u64 utime_ns;
  __u64 stime_ns;
};

struct tc_creation_sums {
  __u64 count;
  __u64 copy_ns;    /* system call entered -> task_newtask */
  __u64 publish_ns; /* task_newtask -> sched_wakeup_new */
  __u64 return_ns;  /* sched_wakeup_new -> system call left, in the creator */
  __u64 returns;    /* how many creations return_ns covers */
  __u64 running_ns; /* on a CPU inside these calls */
};

/*
 * Room in a ledger. Further edges and flows go to hash maps. Own edges share theirs, in bytes, with the counters, waits
 * and channels: a longer list leaves fewer edges, and the ledger stays in its page.
 */
enum { TC_OTHER_EDGES = 3, TC_OWN_FLOWS = 6, TC_KEPT_CHAINS = 2, TC_LISTS_AND_EDGES = 1456 };
enum {
  TC_LISTS = (int)TC_NR_COUNTERS * (int)sizeof(__u64) + (int)TC_NR_WAITS * (int)sizeof(struct tc_wait_sums) +
             (int)TC_NR_CHANNELS * (int)(sizeof(struct tc_channel_use) + sizeof(__u32)),
  TC_OWN_EDGES = (TC_LISTS_AND_EDGES - TC_LISTS) / (int)sizeof(struct tc_edge),
};

/*
 * A ledger never crosses a page: after a switch of address spaces each page of the pool that a probe touches can cost a
 * walk of the page tables, twice over in a virtual machine.
 */
enum { TC_LEDGER_ALIGNMENT = 4096 };

/* ledger.flags */
enum {
  TC_LEDGER_FOLLOW = 1 << 0,             /* its children get a ledger too */
  TC_LEDGER_OPEN_AT_START = 1 << 1,      /* adopted while it lived: its first interval began before the window */
  TC_LEDGER_COMPAT = 1 << 2,             /* a 32-bit program */
  TC_LEDGER_KERNEL_WORKER = 1 << 3,      /* never enters user mode */
  TC_LEDGER_LEADER = 1 << 4,             /* thread-group leader */
  TC_LEDGER_LAUNCHED = 1 << 5,           /* the first task of the command that the collector launched */
  TC_LEDGER_GROUP_EXIT = 1 << 6,         /* group_exit_code is the status of the process */
  TC_LEDGER_STATS = 1 << 7,              /* stats_end is valid */
  TC_LEDGER_REUSED_ID = 1 << 8,          /* a sibling's exec took over its tid */
  TC_LEDGER_START_SEEN = 1 << 9,         /* its creation and its first switch-in were traced */
  TC_LEDGER_STARTED_ELSEWHERE = 1 << 10, /* its first CPU is not that of task_newtask */
  TC_LEDGER_FOLLOW_THREADS = 1 << 11,    /* threads that it creates get a ledger too, other children do not */
  TC_LEDGER_REGIONS = 1 << 12,           /* it has marked regions */
};

/* ledger.why_preempted */
enum { TC_PREEMPTED_BY_OTHERS, TC_PREEMPTED_BY_QUOTA, TC_PREEMPTED_BY_YIELD };

enum { TC_SHARES_KNOWN = 1u << 31 }; /* of ledger.shares */

/* ledger.other_end */
enum {
  TC_OTHER_END_IN = 1 << 0, /* `file` is the destination, and `other_file` the source */
};

/*
 * The number of a thread group: the start time of its leader (CLOCK_MONOTONIC, ns) and its tgid, which no two thread
 * groups have in common. The kernel hands out pids below 2^22. A thread that calls exec takes over the start time of
 * its leader.
 */
enum { TC_PID_BITS = 22 };
#define TC_PROCESS_NUMBER(start_ns, tgid) ((start_ns) << TC_PID_BITS | (tgid))

enum {
  TC_FAULT_COW = 1 << 0, /* a write to a present page */
  TC_FAULT_FILE = 1 << 1,
  TC_FAULT_KERNEL = 1 << 2, /* raised in kernel mode */
};

/*
 * The ledger of one task. It lies in a slot of a memory-mapped pool; the table of observed tasks holds the number of
 * the slot. Only programs that run on the CPU of the task, or under its run-queue lock, write to it. Its waker writes
 * `woken_ns`, `waker`, `waker_from` and `cause`.
 */
struct tc_ledger {
  struct tc_record record;

  __u64 task; /* address of the task while it lives: proves that a remembered slot is still its own */
  __u64 regs; /* see tc_cpu_state */

  /* The open interval. */
  __u64 since_ns;
  __u64 woken_ns;       /* last wakeup, also one before the switch-out */
  __u64 switched_in_ns; /* last switch-in; 0: the task has shown since that it runs */
  __u64 entered_ns;     /* entry of the current system call */
  __u64 fault_ns;       /* start of the pending page fault */
  __u64 faults_before;  /* min_flt + maj_flt of the task at that instant */
  __u8 activity;        /* a row: enum tc_activity, TC_ROW_FAULT_PENDING or TC_ROW_CALL_PENDING */
  __u8 condition;
  __u8 interrupted;      /* the row that the pending page fault interrupted */
  __u8 other_end;        /* TC_OTHER_END_* of the current call, once resolved */
  __u8 call_row;         /* row of the pending call, once resolved */
  __u8 fault_bits;       /* TC_FAULT_* */
  __u8 switch_kind;      /* enum tc_histogram_id of the last switch-in, TC_NR_HISTOGRAMS for none */
  __u8 created_kind;     /* enum tc_creation of the child created in this system call, TC_NR_CREATIONS for none */
  __u32 flags;           /* TC_LEDGER_* */
  __u32 cpu;             /* its CPU; that of its creator until the first switch-in */
  __u32 syscall;         /* the current system call: number, TC_FROM_COMPAT and selector */
  __u32 call;            /* TC_CALL_* and kind of the current system call */
  __u32 fd;              /* its descriptor, when it has one */
  __u32 shares;          /* TC_SHARES_KNOWN, and a bit for each enum tc_shared that it shares with its creator */
  __u32 live;            /* 1 while the slot is in use */
  __u32 restart_call;    /* the call that a signal interrupted last, for restart_syscall to continue */
  __u64 exec_runtime_ns; /* se.sum_exec_runtime at the last switch-out */
  __u64 unseen_at_ns;    /* after a missed switch-in: the first time at which the task was found on its CPU */
  __u64 unseen_wait_ns;  /* what was accounted as waiting until then; 0: nothing to correct */
  __u8 unseen_row;       /* row and condition of that */
  __u8 unseen_condition;
  __u8 found;            /* the registers name `activity`, for this sleep only; otherwise the task is in none */
  __u8 why_preempted;    /* TC_PREEMPTED_* */
  __u8 wait_in_call;     /* enum tc_wait of a wait for the disk that turns out to be another one */
  __u8 other_channel;    /* enum tc_channel or TC_CHANNEL_NONE of the second file of splice and tee */
  __u16 other_type;      /* TC_FILE_* of that file */
  __u64 created_ns;      /* sched_wakeup_new of the child created in this system call */
  __u64 call_running_ns; /* the running cell of the current system call's activity at its entry */
  __u64 on_cpu_ns;       /* the last switch-in */
  __u64 signal_ns;       /* time of the last signal that can end the task */
  __u32 signal;          /* number of that signal */

  /* The current wait, and the file of the current call. */
  __u32 wait;      /* enum tc_wait */
  __u64 file;      /* struct file of the descriptor, 0 for none */
  __u32 channel;   /* enum tc_channel or TC_CHANNEL_NONE */
  __u32 file_type; /* TC_FILE_*, of a futex TC_FUTEX_* */
  __u16 resolved;  /* 1: call_row, file, file_type and channel are those of the current call */
  __u16 waking;    /* TC_WAKING_*, of the last wakeup */
  __u32 saw;       /* TC_SAW_* of the current wait, and tc_switch.detail in the bits above */
  __u64 object;    /* tc_flow_key.object of the last call on a channel */
  union {
    __u64 link;          /* tc_flow_sums.link of that call, while it returns */
    __u64 fault_address; /* of the pending page fault */
  };
  __u64 other_file;  /* second file of splice and tee */
  __u64 messages_ns; /* entry of the call that message_bytes is of */
  __u64 message_bytes;
  __u64 futex_page;               /* page of the last futex without FUTEX_PRIVATE_FLAG, and whether it is shared */
  __u64 futex_data_vm;            /* mm->data_vm then: if it changes, the page is looked up again */
  __u64 waker;                    /* TC_WAKER_* */
  __u32 waker_from;               /* TC_FROM_* */
  __u32 restart_syscall;          /* ledger.syscall of restart_call */
  struct tc_stack_ids left_at;    /* stack of the last switch-out */
  struct tc_stack_ids faulted_at; /* stack of the pending page fault */

  __u64 cells[TC_NR_CELLS]; /* [row * TC_NR_CONDITIONS + condition] */
  __u64 entries[TC_NR_ACTIVITIES];
  __u64 counters[TC_NR_COUNTERS];
  struct tc_channel_use channels[TC_NR_CHANNELS];
  __u32 uncounted_calls[TC_NR_CHANNELS]; /* calls among them whose bytes are not known */
  struct tc_creation_sums creations[TC_NR_CREATIONS];
  struct tc_wait_sums waits[TC_NR_WAITS];
  struct tc_edge edges[TC_OWN_EDGES]; /* `key.sleeper` 0: free */
  /* One edge per cause, of TC_WAKER_SEVERAL: waits that found no room in the ledger or the map. */
  struct tc_edge other_edges[TC_OTHER_EDGES];
  struct tc_flow flows[TC_OWN_FLOWS]; /* `key.object` 0: free */
  struct tc_chain cause;              /* the last wait of the waker, if `end_ns` equals `woken_ns` */
  struct tc_chain waited;             /* its own last long wait; the next task that it wakes may have waited for that */
  struct tc_chain chains[TC_KEPT_CHAINS]; /* the chains that explain the most, of at least two links */

  /* Identity. Numbers that the kernel recycles (tid, addresses) never identify anything here. */
  __u64 id;             /* of the ledger, never reused within a session */
  __u64 process;        /* thread group: TC_PROCESS_NUMBER */
  __u64 parent_process; /* the last real parent, observed or not */
  __u64 creator;        /* ledger id of the creator; 0: none */
  __u64 address_space;  /* never used again; 0: none, as of a kernel thread */
  __u64 start_ns;       /* task_struct.start_time for a child, the moment of adoption otherwise */
  __u64 end_ns;         /* final switch-out; 0 while it lives */
  __u64 cgroup;         /* id in the hierarchy of version 2, at its end or at the last walk; 0: not read, nor is uid */
  __u32 tid;
  __u32 tgid;
  __u32 ppid;
  __u32 creator_tid;
  __u32 how;                /* enum tc_creation, TC_NR_CREATIONS for adopted tasks */
  __u32 pid_seen_by_parent; /* tgid in the parent's pid namespace */
  __u32 tid_inside;         /* tid and tgid in its own pid namespace */
  __u32 tgid_inside;
  __u32 namespace_level;  /* 0: the initial pid namespace */
  __u32 parent_namespace; /* inode number of the pid namespace of pid_seen_by_parent */
  __u32 tgid_seen;        /* tgid in the collector's pid namespace; 0: not visible there */
  __u32 uid;              /* real uid in the initial user namespace, read with the cgroup */
  __s32 exit_code;        /* wait status of this task */
  __s32 group_exit_code;

  /* Its own creation, exec and end. */
  __u64 copy_ns;
  __u64 newtask_ns;      /* instant of task_newtask */
  __u64 published_ns;    /* instant of sched_wakeup_new */
  __u64 first_run_ns;    /* instant of the first switch-in */
  __u64 exec_prepare_ns; /* sums: system call entered -> sched_prepare_exec */
  __u64 exec_replace_ns; /* -> sched_process_exec */
  __u64 exec_return_ns;  /* -> system call left */
  __u64 exec_mark_ns;    /* instant of the last exec phase, 0 outside exec */
  __u64 exit_start_ns;
  __u64 exit_mmap_ns; /* instant of exit_mmap, when this task tore down the address space */

  struct tc_task_stats stats_start;
  struct tc_task_stats stats_end;
  char comm[TC_COMM_LEN];
} __attribute__((aligned(TC_LEDGER_ALIGNMENT)));

/*
 * A final ledger as the probes send it: only its words of 64 bits that are not zero. The ledger is cut into lines of 8
 * words. `masks` has a bit for each word of a line that is in `words`, the highest bit for the first word. The record
 * ends behind the last word.
 */
enum {
  TC_LINE_WORDS = 8,
  TC_LEDGER_LINES = (int)sizeof(struct tc_ledger) / (TC_LINE_WORDS * (int)sizeof(__u64)),
};

struct tc_final_ledger {
  struct tc_record record;
  __u8 masks[TC_LEDGER_LINES];
  __u64 words[TC_LEDGER_LINES * TC_LINE_WORDS];
};

#ifdef __cplusplus
static_assert(sizeof(tc_ledger) == TC_LEDGER_ALIGNMENT, "a ledger is one page of the pool");
#endif

#endif
