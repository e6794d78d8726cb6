/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt handlers and softirqs that ran in the time of observed tasks. */
#ifndef TASKCOST_ABI_INTERRUPTS_H
#define TASKCOST_ABI_INTERRUPTS_H

#include "taskcost/abi_records.h"

/* The vectors of softirqs, by their numbers in the kernel, and the handlers of devices' interrupts. */
#define TC_INTERRUPTS(X)            \
  X(HI, hi, "HI")                   \
  X(TIMER, timer, "TIMER")          \
  X(NET_TX, net_tx, "NET_TX")       \
  X(NET_RX, net_rx, "NET_RX")       \
  X(BLOCK, block, "BLOCK")          \
  X(IRQ_POLL, irq_poll, "IRQ_POLL") \
  X(TASKLET, tasklet, "TASKLET")    \
  X(SCHED, sched, "SCHED")          \
  X(HRTIMER, hrtimer, "HRTIMER")    \
  X(RCU, rcu, "RCU")                \
  X(HANDLER, handler, "interrupt handlers")

#define TC_ENUM_INTERRUPT(C, n, t) TC_INTERRUPT_##C,
enum tc_interrupt { TC_INTERRUPTS(TC_ENUM_INTERRUPT) TC_NR_INTERRUPTS };

struct tc_interrupt_sums {
  __u64 count; /* handlers or softirqs that returned */
  __u64 ns;    /* of a softirq without the handlers that interrupted it */
};

/* The state of a CPU. A softirq does not interrupt another one there, but an interrupt can interrupt it. */
struct tc_cpu_interrupts {
  __u64 handler_ns; /* start of the handler that runs; 0: none, or its task is not observed */
  __u64 softirq_ns; /* likewise */
  __u64 nested_ns;  /* time of handlers within the softirq */
  __u64 pad;
  struct tc_interrupt_sums sums[TC_NR_INTERRUPTS]; /* of all observed tasks, on this CPU */
};

/* User space writes one for each kind if they were measured. */
struct tc_interrupts_record {
  struct tc_record record;
  __u32 kind; /* enum tc_interrupt */
  __u32 pad;
  struct tc_interrupt_sums sums; /* of all CPUs */
};

#endif
