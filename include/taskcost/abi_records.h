/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the ring buffer and of captures. Transitions have their own header: events.h. */
#ifndef TASKCOST_ABI_RECORDS_H
#define TASKCOST_ABI_RECORDS_H

#include "taskcost/abi_lists.h"

enum { TC_COMM_LEN = 16, TC_COMMAND_LEN = 512 };

enum tc_record_type {
  TC_RECORD_LEDGER = 1,    /* struct tc_ledger: final when `ended`, a snapshot otherwise */
  TC_RECORD_EXEC = 2,      /* struct tc_exec */
  TC_RECORD_REAP = 3,      /* struct tc_reap */
  TC_RECORD_CPU_SLICE = 4, /* struct tc_cpu_slice, on request */
  /* Transitions, on request: events.h. */
  TC_RECORD_TASK_NEW = 5,
  TC_RECORD_SWITCH = 6,
  TC_RECORD_CALL = 7,
  TC_RECORD_TRANSFER = 8,
  TC_RECORD_FAULT = 9,
  TC_RECORD_EVENT = 10,
  TC_RECORD_GAP = 11,
  /* By user space unless said otherwise: at the end of a capture, or when it learns of them. Unused: 20, 23, 24. */
  TC_RECORD_EDGE = 12,        /* struct tc_edge_record: an edge that found no room in its ledger */
  TC_RECORD_FLOW = 13,        /* struct tc_flow_record: a flow that found no room in its ledger */
  TC_RECORD_HISTOGRAM = 14,   /* struct tc_histogram_record */
  TC_RECORD_COMMAND = 15,     /* struct tc_command: a process that existed before the window */
  TC_RECORD_PASSAGE = 16,     /* struct tc_passage: a transition, by the kernel */
  TC_RECORD_RENAME = 17,      /* struct tc_rename: a transition, by the kernel */
  TC_RECORD_SYSCALLS = 18,    /* struct tc_syscalls_record */
  TC_RECORD_TASK_STATE = 19,  /* struct tc_task_state, where a capture begins in the middle */
  TC_RECORD_REGION = 21,      /* struct tc_region: no transition, by the kernel */
  TC_RECORD_REGIONS = 22,     /* struct tc_regions_record */
  TC_RECORD_RAN_INSTEAD = 25, /* struct tc_ran_record */
  TC_RECORD_QUOTA = 26,       /* struct tc_quota_record */
  TC_RECORD_INTERRUPTS = 27,  /* struct tc_interrupts_record */
  TC_RECORD_LOCK = 28,        /* struct tc_lock_record */
  TC_RECORD_WAIT_OBJECT = 29, /* struct tc_wait_object_record */
  TC_RECORD_FINAL = 30,       /* struct tc_final_ledger; a capture has a ledger instead */
  TC_RECORD_TYPES_END,
};

struct tc_record {
  __u32 type; /* enum tc_record_type */
  __u32 size; /* of the whole record, this header included */
};

/* A task runs another program. */
struct tc_exec {
  struct tc_record record;
  __u64 id; /* ledger of the task after exec */
  __u64 process;
  __u64 at_ns;
  __u64 entered_ns; /* entry of the exec system call; 0: calls have no probes */
  __u64 address_space;
  __u64 page_table_bytes;
  __u32 tid;          /* after exec */
  __u32 compat;       /* a 32-bit program from here on */
  __u32 command_size; /* bytes of `command` in use: arguments, each with its NUL */
  __u32 truncated;
  char comm[TC_COMM_LEN];
  char command[TC_COMMAND_LEN];
};

/* A wait system call returned the pid of a child that had ended. */
struct tc_reap {
  struct tc_record record;
  __u64 process; /* of the waiting task */
  __u64 at_ns;
  __u64 running_ns;    /* on a CPU inside that system call */
  __u32 pid;           /* pid of the child in the pid namespace of the waiting task */
  __u32 pid_namespace; /* inode number of that namespace */
};

/* A task had a CPU, from its switch-in to its switch-out. */
struct tc_cpu_slice {
  struct tc_record record;
  __u64 id; /* of the ledger */
  __u64 start_ns;
  __u64 end_ns;
  __u32 cpu;
  __u32 pad;
};

#endif
