/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks, kept with --stacks. */
#ifndef TASKCOST_ABI_STACKS_H
#define TASKCOST_ABI_STACKS_H

#include "taskcost/abi_lists.h"

/* Addresses of a stack, innermost first; 0 behind the last. */
enum { TC_STACK_FRAMES = 127 };
struct tc_stack {
  __u64 frames[TC_STACK_FRAMES];
};

/* For each CPU, where it unwinds to, and how long it did. */
struct tc_unwound {
  struct tc_stack stack;
  __u64 ns;
};

/* Where a task was: keys of the map of stacks, or one of the first few numbers instead. */
enum {
  TC_STACK_NOT_TAKEN,
  TC_STACK_EMPTY, /* no frames of that kind, as a kernel thread has none of user code */
  TC_STACK_LOST,
  TC_NO_STACKS,
};
struct tc_stack_ids {
  __u64 user;
  __u64 kernel;
};

enum tc_stack_kind { TC_STACK_CREATION, TC_STACK_FAULT, TC_STACK_WAIT, TC_STACK_INVOLUNTARY };

struct tc_stack_key {
  __u64 process;
  __u64 address_space; /* tells programs apart that the process ran one after the other */
  struct tc_stack_ids ids;
  __u32 kind; /* enum tc_stack_kind */
  __u32 wait; /* enum tc_wait, of a wait */
};

struct tc_stack_sums {
  __u64 count;
  __u64 ns;
};

#endif
