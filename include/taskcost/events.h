/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transitions themselves, as `record` keeps them: records beside those of abi.h, in the same ring buffer and, byte
 * for byte, in the capture file. From them alone the ledgers can be rebuilt, the second book beside the kernel's own.
 *
 * Each tells where a task was until `at_ns`, so that one event stands for both ends of what it is about: a system call
 * is one event when it returns, a page fault one when it is resolved, a switch one for the task that leaves and the
 * task that comes. Between two events a task stays where the former left it. Events of one task are in their order;
 * those of different tasks can be out of order by what a task runs without leaving its CPU, and by no more than a tick
 * where the CPU has one, because its events are gathered for so long.
 *
 * Plain C; times CLOCK_MONOTONIC nanoseconds, tasks by ledger id (0: not observed).
 */
#ifndef TASKCOST_EVENTS_H
#define TASKCOST_EVENTS_H

#include "taskcost/abi.h"
#include "taskcost/histogram.h"

/*
 * A task came into view: born (how < TC_NR_CREATIONS), or adopted while it lived. A second one of the same id corrects
 * what the first said of its state: it left its CPU while it was looked at.
 */
struct tc_birth {
  struct tc_record record;
  __u64 at_ns; /* of task_newtask, or of the adoption */
  __u64 id;
  __u64 process;
  __u64 parent_process;
  __u64 creator;
  __u64 address_space;
  __u64 birth_ns; /* where its account begins */
  __u64 clone_flags;
  __u64 copy_ns;          /* what the creator's call had taken by then; 0 where calls have no probes */
  __u64 page_table_bytes; /* of its new address space */
  __u32 tid;
  __u32 tgid;
  __u32 ppid;
  __u32 creator_tid;
  __u32 how;
  __u32 shares;
  __u32 flags; /* TC_LEDGER_* */
  __u32 cpu;   /* that its creator was on, or where it was found */
  __u32 tid_inside;
  __u32 tgid_inside;
  __u32 namespace_level;
  __u32 syscall;  /* that an adopted task was found in, when `row` is that of a call */
  __u8 row;       /* where it starts: TC_ACTIVITY_CREATE, or where it was found */
  __u8 condition; /* blocked until it is published, or how it was found */
  __u8 wait;      /* enum tc_wait, when it is blocked */
  __u8 found;     /* as TC_SWITCH_FOUND */
  __u8 pad[4];
  char comm[TC_COMM_LEN];
};

/* enum tc_counter of where a CPU went or came from, in a switch; or none. */
enum { TC_NO_COUNTER = 255 };

enum {
  TC_SWITCH_VOLUNTARY = 1 << 0, /* as the kernel counts nvcsw; else nivcsw */
  TC_SWITCH_LAST = 1 << 1,      /* prev is dead: its ledger follows */
  TC_SWITCH_FOUND = 1 << 2, /* row is what prev's registers tell: until now, and when it runs again, it is in none */
  TC_SWITCH_THROTTLED = 1 << 3, /* preempted by its cgroup's CPU quota, */
  TC_SWITCH_YIELDED = 1 << 4,   /* or by its own sched_yield */
};

/* A CPU went from one task to another. At least one of them is observed. */
struct tc_switch {
  struct tc_record record;
  __u64 at_ns;
  __u64 prev;
  __u64 next;

  /* Of prev, all 0 when it is not observed. */
  __u64 entered_ns; /* of the system call that it is in; 0: in none, or its entry was not seen. Not newer than its last
                        event: that one told of the call already. */
  __u32 syscall;    /* its number */
  __u8 row;         /* where it waits: an activity, TC_ROW_FAULT_PENDING or TC_ROW_CALL_PENDING */
  __u8 condition;   /* blocked or preempted */
  __u8 wait;        /* enum tc_wait, when blocked */
  __u8 destination; /* enum tc_counter: switches_same_address_space and its like */
  __u8 flush;       /* TC_FLUSH_*, of the switch that had brought it */
  __u8 flags;       /* TC_SWITCH_* */

  /* Of next, all 0 when it is not observed. */
  __u8 origin;      /* enum tc_counter: switches_from_idle and its like, TC_NO_COUNTER for another program */
  __u8 switch_kind; /* enum tc_histogram_id, TC_NR_HISTOGRAMS for none */
  __u32 waker_from; /* TC_FROM_*, when it was blocked */
  __u64 woken_ns;   /* 0: it was not blocked, or nobody saw its wake-up */
  __u64 waker;      /* TC_WAKER_* */

  __u32 cpu;
  __u32 prev_tid; /* as the kernel numbers them, also of tasks that are not observed */
  __u32 next_tid;
  __u8 next_wait; /* enum tc_wait and 1: what next had waited for, by who ended it; 0: what was told when it left */
  __u8 pad[3];
};

/* tc_call.flags */
enum { TC_CALL_ENTRY_UNSEEN = 1 << 0 /* refused by seccomp or a tracer before its probe: named by its registers */ };

/* A system call returned. The task was in `row` since entered_ns, and is in user code now. */
struct tc_call {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 entered_ns; /* 0: its entry was not seen, the task was there since its last event */
  __s64 result;
  __u64 mapped_bytes; /* of a new shared mapping */
  __u32 number;       /* with TC_FROM_COMPAT, as in the other events */
  __u8 row;           /* enum tc_activity */
  __u8 channel;       /* enum tc_channel or TC_CHANNEL_NONE */
  __u8 created;       /* enum tc_creation of the task that it created, TC_NR_CREATIONS for none */
  __u8 flags;         /* TC_CALL_ENTRY_UNSEEN */
};

/* The same, of a call that bytes passed through. */
struct tc_transfer {
  struct tc_call call;
  __u64 bytes_in;
  __u64 bytes_out;
  __u64 object; /* tc_flow_key.object, 0 for none */
  __u64 link;   /* tc_flow_sums.link */
  __u8 bits;    /* TC_CALL_IN, TC_CALL_OUT */
  __u8 flags;   /* TC_PASSED_* */
  __u8 pad[6];
};

enum {
  TC_PASSED_UNCOUNTED = 1 << 0, /* how many bytes is not known */
  TC_PASSED_PEEKED = 1 << 1,    /* bytes_in were returned, but not taken: no bits */
};

/*
 * Bytes passed through a channel apart from the call's own: through the second end of a splice or tee, after the event
 * of that call, or for io_uring.
 */
struct tc_passage {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 bytes_in;
  __u64 bytes_out;
  __u64 object; /* tc_flow_key.object */
  __u64 link;   /* tc_flow_sums.link */
  __u8 channel; /* enum tc_channel */
  __u8 bits;    /* TC_CALL_IN, TC_CALL_OUT */
  __u8 pad[6];
};

enum tc_fault_outcome { TC_FAULT_BEGUN, TC_FAULT_MINOR, TC_FAULT_MAJOR, TC_FAULT_UNRESOLVED };

/*
 * A page fault is over; the task is in `interrupted` again. One that the task has to sleep in, or is preempted in, is
 * told twice: begun before the switch, and its outcome.
 */
struct tc_fault {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 begun_ns;
  __u64 entered_ns; /* of the system call that it interrupted; 0: none, or its entry was not seen */
  __u32 syscall;    /* its number */
  __u8 interrupted; /* a row */
  __u8 bits;        /* TC_FAULT_* */
  __u8 outcome;
  __u8 pad;
};

/*
 * What else moves a ledger on: X(CONSTANT, name, text). What is not named here is 0.
 *   published         value: TC_WAKER_*, arg: TC_FROM_*
 *   exec_prepared     value: entry of the call, 0 where calls have no probes
 *   exit, dying       value: entry of the call that it was in, 0 for none; arg: the row of that call
 *   signalled         arg: number of the signal
 *   shootdown_stole, shootdown_lost   value: ns
 *   slab, pages       value: bytes, pages
 *   woken             value: TC_WAKER_*, arg: TC_FROM_*; only where the switch that it led to was not seen
 *   found_running     arg: CPU
 *   corrected         value: ns that are booked in the waiting cell of arg (row << 8 | condition), but were running
 *   reparented        value: process of its real parent at its end, arg: tgid of that; only where it was another one
 */
#define TC_STEPS(X)                                                                     \
  X(PUBLISHED, published, "ready to run for the first time")                            \
  X(EXEC_PREPARED, exec_prepared, "exec: the program is found")                         \
  X(EXIT, exit, "exit")                                                                 \
  X(MEMORY_GONE, memory_gone, "its address space is torn down")                         \
  X(SIGNALLED, signalled, "a signal that may end it")                                   \
  X(SHOOTDOWN_SENT, shootdown_sent, "TLB shootdown sent")                               \
  X(SHOOTDOWN_RECEIVED, shootdown_received, "TLB shootdown received")                   \
  X(SHOOTDOWN_STOLE, shootdown_stole, "one of its shootdowns took time of another CPU") \
  X(SHOOTDOWN_LOST, shootdown_lost, "time lost to a shootdown of others")               \
  X(SLAB, slab, "slab allocation of a creating call")                                   \
  X(PAGES, pages, "page allocation of a creating call")                                 \
  X(WOKEN, woken, "woken before a switch that was not seen")                            \
  X(FOUND_RUNNING, found_running, "on a CPU although no switch was seen")               \
  X(CORRECTED, corrected, "booked as waiting, but was running")                         \
  X(DYING, dying, "a fatal signal is delivered")                                        \
  X(REPARENTED, reparented, "has another parent since its own ended")

#define TC_ENUM_STEP(C, n, t) TC_STEP_##C,
enum tc_step_kind { TC_STEPS(TC_ENUM_STEP) TC_NR_STEPS };

struct tc_step {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 value;
  __u32 kind; /* enum tc_step_kind */
  __u32 arg;
};

/* The task got another name, other than by exec. */
struct tc_rename {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  char comm[TC_COMM_LEN];
};

/*
 * Events of the task that has a CPU, gathered until it leaves it: together they take one place in the ring, which is
 * dear. There they stand one behind the other, each with its own header.
 */
enum { TC_GATHERED_BYTES = 4096 - 32 };
struct tc_gathered {
  __u64 first_ns; /* times of the first and the last of them */
  __u64 last_ns;
  __u64 count;
  __u32 used; /* bytes of `events` */
  __u32 busy; /* somebody is at work here: an interrupt leaves it alone */
  __u8 events[TC_GATHERED_BYTES];
};

/*
 * Events of one CPU that found the ring full. It stands before the next event of that CPU, or at the end. Whoever ran
 * there in between may have done anything.
 */
struct tc_gap {
  struct tc_record record;
  __u64 first_ns; /* time of the first lost event, */
  __u64 last_ns;  /* and of the last */
  __u64 count;
  __u32 cpu;
  __u32 pad;
};

/* The rest comes from user space. */
struct tc_edge_record {
  struct tc_record record;
  struct tc_edge edge;
};

struct tc_flow_record {
  struct tc_record record;
  struct tc_flow flow;
};

/* A latency of all CPUs, as the kernel's side counted it. */
struct tc_histogram_record {
  struct tc_record record;
  __u32 id; /* enum tc_histogram_id */
  __u32 pad;
  struct tc_histogram histogram;
};

/* The command line of a process that existed before the window, joined by spaces. */
struct tc_command {
  struct tc_record record;
  __u64 process;
  __u32 size; /* bytes of `text` in use */
  __u32 pad;
  char text[TC_COMMAND_LEN];
};

#endif
