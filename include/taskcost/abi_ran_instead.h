/* SPDX-License-Identifier: Apache-2.0 */
/* What had a CPU while a task waited for it. */
#ifndef TASKCOST_ABI_RAN_INSTEAD_H
#define TASKCOST_ABI_RAN_INSTEAD_H

#include "taskcost/abi_records.h"

/* tc_turn.who: the ledger id of an observed task, or one of these. */
#define TC_RAN_PROGRAM 0xffffffffffffffffULL /* a task that is not observed */
#define TC_RAN_KERNEL 0xfffffffffffffffeULL  /* a kernel thread that is not observed */
#define TC_RAN_IDLE 0xfffffffffffffffdULL    /* the CPU was idle */

/*
 * Each CPU keeps its last turns. A turn counts from 1/TC_LEAST_TURN_DIVISOR of the wait on, so that many short turns do
 * not fill the table.
 */
enum { TC_KEPT_TURNS = 8, TC_LEAST_TURN_DIVISOR = 16 };

/* A task had the CPU, from its switch-in to its switch-out. */
struct tc_turn {
  __u64 who;
  __u64 ns;
  __u64 comm[TC_COMM_LEN / 8]; /* of a task that is not observed, at its switch-out; otherwise 0 */
};

/* Each CPU writes its own. */
struct tc_cpu_turns {
  __u64 task;       /* address of the task that has the CPU; 0: not known */
  __u64 runtime_ns; /* its se.sum_exec_runtime at its switch-in */
  __u64 idle_ns;    /* the last switch to idle */
  __u64 count;      /* turns that ended since the last switch that was not seen */
  struct tc_turn turns[TC_KEPT_TURNS];
};

struct tc_ran_key {
  __u64 waiter; /* ledger id */
  __u64 who;
  __u64 comm[TC_COMM_LEN / 8];
};

struct tc_ran_sums {
  __u64 turns;
  __u64 ns; /* of these turns, the part within the waits */
};

struct tc_ran_entry {
  struct tc_ran_key key;
  struct tc_ran_sums sums; /* `turns` 0: the entry is free */
};

/* User space writes one with `turns` 0 as well: this was measured. */
struct tc_ran_record {
  struct tc_record record;
  struct tc_ran_entry entry; /* of all CPUs */
};

#endif
