/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks; they are kept with --stacks. */
#ifndef TASKCOST_ABI_STACKS_H
#define TASKCOST_ABI_STACKS_H

#include "taskcost/abi_lists.h"

/* Addresses of a stack, innermost first; 0 behind the last. */
enum { TC_STACK_FRAMES = 127 };
struct tc_stack {
  __u64 frames[TC_STACK_FRAMES];
};

/* The buffer of a CPU to unwind to, and the CPU time that unwinding took. */
struct tc_unwound {
  struct tc_stack stack;
  __u64 ns;
};

/* Keys of the map of stacks. The lowest numbers are no keys. */
enum {
  TC_STACK_NOT_TAKEN,
  TC_STACK_EMPTY, /* there are no such frames: a kernel thread has no user stack */
  TC_STACK_LOST,
  TC_STACK_FIRST_KEY,
};
struct tc_stack_ids {
  __u64 user;
  __u64 kernel;
};

enum tc_stack_kind { TC_STACK_CREATION, TC_STACK_FAULT, TC_STACK_WAIT, TC_STACK_INVOLUNTARY };

struct tc_stack_key {
  __u64 process;
  __u64 address_space; /* the process can run several programs one after the other */
  struct tc_stack_ids ids;
  __u32 kind; /* enum tc_stack_kind */
  __u32 wait; /* enum tc_wait, if it is a wait */
};

struct tc_stack_sums {
  __u64 count;
  __u64 ns;
};

#endif
