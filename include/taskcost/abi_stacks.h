/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks; they are kept with --stacks. */
#ifndef TASKCOST_ABI_STACKS_H
#define TASKCOST_ABI_STACKS_H

#include "taskcost/abi_lists.h"
#include "taskcost/abi_unwind.h"

/* Addresses of a stack, innermost first; those behind the last mean nothing. */
enum { TC_STACK_FRAMES = 127 };
struct tc_stack {
  __u64 frames[TC_STACK_FRAMES];
  __u32 count;
  __u32 end; /* enum tc_stack_end of a user stack */
};

/* Keys of the map of stacks. The lowest numbers are no keys. */
enum {
  TC_STACK_NOT_TAKEN,
  TC_STACK_EMPTY, /* there are no such frames: a kernel thread has no user stack */
  TC_STACK_LOST,
  TC_STACK_FIRST_KEY,
};
#define TC_STACK_PENDING (1ull << 62) /* part of the key of a stack that ended as TC_STACK_END_PENDING */
struct tc_stack_ids {
  __u64 user;
  __u64 kernel;
};

enum tc_stack_kind {
  TC_STACK_CREATION,
  TC_STACK_FAULT,
  TC_STACK_WAIT,
  TC_STACK_INVOLUNTARY,
  TC_STACK_ON_CPU, /* a sample of a running task */
};

/* The task of a stack. */
struct tc_stack_owner {
  __u64 process;
  __u64 address_space; /* the process can run several programs one after the other */
  struct tc_stack_ids ids;
  char comm[TC_COMM_LEN]; /* of the task */
};

struct tc_stack_key {
  struct tc_stack_owner owner;
  /*
   * The innermost address of a sample. Its stack is stored with 0 there: samples hit many instructions of few
   * functions.
   */
  __u64 leaf;
  __u32 kind; /* enum tc_stack_kind */
  __u32 wait; /* enum tc_wait, if it is a wait */
};

struct tc_stack_sums {
  __u64 count;
  __u64 ns;
  __u64 runnable_ns; /* of waits: from the wakeup to the CPU */
};

/* The stack of the task that has woken a sleeper from a long wait. */
struct tc_waker_stack {
  struct tc_stack_owner owner;
  __u64 woken_ns; /* ledger.woken_ns of the sleeper then */
};

struct tc_waker_stack_key {
  struct tc_stack_owner sleeper;
  struct tc_stack_owner waker;
  __u64 wait; /* enum tc_wait */
};

/* The buffer of a CPU to unwind to, and the CPU time that taking stacks took. */
struct tc_unwound {
  struct tc_stack stack;
  __u64 ns;
  __u64 start_ns; /* of the stack that is being taken */
  /* The wait that has just ended, if its user stack ended in code whose table was pending. */
  __u64 pending_ledger; /* id; 0: none */
  __u64 pending_ns;
  __u64 pending_runnable_ns;
  __u32 pending_kind; /* enum tc_stack_kind */
  __u32 reserved;
  __u64 samples;                       /* of observed tasks, also those whose stack was lost */
  __u64 leaf;                          /* of the sample that is being taken: see tc_stack_key */
  __u64 sampling;                      /* 1: the stack that is being taken is a sample */
  struct tc_waker_stack_key waker_key; /* has no room on the stack of a program */
  struct tc_stack_key unseen;          /* of the wait that correct_unseen_wait() shortens */
};

/*
 * A file with code, as its inode describes it. The vDSO has TC_VDSO_DEVICE and nothing else. User space maps a file and
 * has the probes read its key: no other description of a file is the same on all file systems.
 */
#define TC_VDSO_DEVICE 0xffffffffu
struct tc_code_file {
  __u64 inode;
  __u64 bytes;
  __u64 modified_ns;
  __u32 device;
  __u32 generation;
};

/* The unwind table of a file: pages of rows, one after the other in the chunks of all tables. */
struct tc_unwind_table {
  __u32 first_page;
  __u32 pages;
  __u32 state; /* enum tc_table_state */
};
enum tc_table_state {
  TC_TABLE_PENDING, /* not made yet: it is wanted */
  TC_TABLE_READY,
  TC_TABLE_NONE,    /* the file describes no unwinding */
  TC_TABLE_NO_ROOM, /* it would exceed the memory for tables */
};

/* Kernel memory for tables is allocated by the chunk. */
enum { TC_UNWIND_CHUNK_PAGES = 64 };

/* Where a file without a table was seen first. User space opens the file there. */
struct tc_wanted_table {
  struct tc_code_file file;
  __u64 start; /* of the mapping; 0: it is the program that the process has begun */
  __u64 end;
  __u32 tgid;      /* in the pid namespace of the kernel */
  __u32 tgid_seen; /* in that of the collector; 0: it has none there */
};

#endif
