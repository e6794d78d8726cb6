/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transitions, as `record` keeps them: records beside those of abi.h, in the same ring buffer and, byte for byte,
 * in the capture file. The ledgers can be rebuilt from them alone, to check the ledgers of the kernel side.
 *
 * Each event says where a task was until `at_ns`, so one event stands for both ends of an interval: a system call is
 * one event when it returns, a page fault one when it is resolved, and a switch one for the task that leaves and the
 * task that comes. Between two events a task stays where the former left it. Events of one task are in order. Those of
 * different tasks can be out of order by what a task runs without leaving its CPU, and by no more than a tick if the
 * CPU has one, because they are batched for that long.
 *
 * Events say what the probes saw, and user space draws the conclusions (trace/call_classes.h, switch_facts.h), so that
 * an audit compares two classifications and not one with itself.
 *
 * Seen: system calls (number, ABI, selector), what the task is in (enum tc_context), the file behind a descriptor, the
 * state in which a task leaves its CPU, the address spaces of a switch, times, results, bytes, and ids.
 *
 * Concluded by the ledger: `wait` of switches, where what was seen leaves it open (a futex, a path that is opened, an
 * anonymous inode, two files, a frozen or dumping task), and `next_wait`, which counts only if the wait was left open
 * or was for a disk; `condition` and `wait` of new tasks, `created` of calls, `channel` of passages, the flow of a
 * transfer, the waker's side (`waker`, `waker_from`), the cell of a correction, and TC_IN_UNSEEN_FAULT.
 *
 * Plain C; times are CLOCK_MONOTONIC nanoseconds, tasks are ledger ids (0: not observed).
 */
#ifndef TASKCOST_EVENTS_H
#define TASKCOST_EVENTS_H

#include "taskcost/abi.h"
#include "taskcost/abi_syscalls.h"
#include "taskcost/histogram.h"

/*
 * What a task is in: a probe saw it begin, and none saw it end. The values are those of rows, but a call has no row
 * here: that follows from `syscall` and `file`.
 */
enum tc_context {
  TC_IN_USER = TC_ACTIVITY_USER,               /* in none of these */
  TC_IN_EXIT = TC_ACTIVITY_EXIT,               /* exit(2), or its end has begun */
  TC_IN_KERNEL = TC_ACTIVITY_KERNEL,           /* a kernel worker */
  TC_IN_UNSEEN_FAULT = TC_ACTIVITY_PAGE_FAULT, /* concluded: it sleeps, and its registers name no call */
  TC_IN_FAULT = TC_ROW_FAULT_PENDING,
  TC_IN_CALL = TC_ROW_CALL_PENDING, /* the system call `syscall` */
};

/* tc_event.arg of an end that does not begin in a call. */
#define TC_NO_CALL 0xffffffffU

/*
 * A new task (how < TC_NR_CREATIONS), or one that was adopted while it lived. A second record of the same id corrects
 * the state in the first: the task left its CPU while it was adopted.
 */
struct tc_task_new {
  struct tc_record record;
  __u64 at_ns; /* time of task_newtask, or of the adoption */
  __u64 id;
  __u64 process;
  __u64 parent_process;
  __u64 creator;
  __u64 address_space;
  __u64 start_ns; /* start of its account */
  __u64 clone_flags;
  __u64 copy_ns;          /* what the creator's call had taken so far; 0: calls have no probes */
  __u64 page_table_bytes; /* of its new address space */
  __u32 tid;
  __u32 tgid;
  __u32 ppid;
  __u32 creator_tid;
  __u32 how;
  __u32 shares;
  __u32 flags; /* TC_LEDGER_* */
  __u32 cpu;   /* of its creator, or where it was found */
  __u32 tid_inside;
  __u32 tgid_inside;
  __u32 namespace_level;
  __u32 syscall;  /* of an adopted task, if it is in one; of a new one, the call that created it */
  __u8 context;   /* enum tc_context */
  __u8 condition; /* blocked until it is published, or how it was found */
  __u8 wait;      /* enum tc_wait, when it is blocked */
  __u8 found;     /* as TC_SWITCH_FOUND */
  __u16 file;     /* as in tc_switch */
  __u8 pad[2];
  char comm[TC_COMM_LEN];
};

enum {
  TC_SWITCH_PREEMPT = 1 << 0,   /* as sched_switch says: prev was preempted, whatever its state */
  TC_SWITCH_QUEUED = 1 << 1,    /* prev's state is TASK_RUNNING, whatever `prev_state` says: a signal is pending */
  TC_SWITCH_FOUND = 1 << 2,     /* prev's registers name its call, for this sleep only */
  TC_SWITCH_THROTTLED = 1 << 3, /* the CPU quota of prev's cgroup is used up; only if prev did not block */
  TC_SWITCH_YIELDED = 1 << 4,   /* prev's registers name sched_yield; likewise */
  TC_SWITCH_PREV_MM = 1 << 5,   /* prev has an address space, or had one and exits */
  TC_SWITCH_NEXT_MM = 1 << 6,   /* next has an address space */
  TC_SWITCH_SAME_MM = 1 << 7,   /* the one that was active under prev */
};

/* A CPU switched from one task to another. At least one of them is observed. */
struct tc_switch {
  struct tc_record record;
  __u64 at_ns;
  __u64 prev;
  __u64 next;

  /* The task that leaves; all 0: it is not observed. */
  __u64 entered_ns; /* entry of its system call; 0: it is in none, the entry was not traced, or an earlier event
                       reported it */
  __u32 syscall;    /* its system call */
  __u8 context;     /* enum tc_context */
  __u8 wait;        /* enum tc_wait, when blocked */
  __u8 flush;       /* TC_FLUSH_*, of the switch that had brought it */
  __u8 flags;       /* TC_SWITCH_*; those of the address spaces are set in every switch */
  __u16 prev_state; /* TASK_*, as sched_switch says */
  __u16 file;       /* TC_FILE_*: the file of its call; 0: it was not read */

  /* The task that comes; all 0: it is not observed. */
  __u32 waker_from; /* TC_FROM_*, when it was blocked */
  __u64 woken_ns;   /* 0: it was not blocked, or the wakeup was not traced */
  __u64 waker;      /* TC_WAKER_* */

  __u32 cpu;
  __u32 prev_tid; /* tids in the kernel, also of tasks that are not observed */
  __u32 next_tid;
  __u8 next_wait; /* enum tc_wait + 1: the cause of next's wait according to its waker; 0: as reported when it left */
  __u8 iowait;    /* prev's in_iowait */
  __u8 pad[2];
};

/* tc_call.flags */
enum {
  TC_CALL_ENTRY_UNSEEN = 1 << 0,  /* refused by seccomp or a tracer before its probe: named by its registers */
  TC_CALL_FROM_USER = 1 << 1,     /* no probe saw the task in it: until its return it counts as user code */
  TC_CALL_RETURN_UNSEEN = 1 << 2, /* it had returned by then, and `result` is not known */
};

/* A system call returned. The task was in it since entered_ns, and is in user code now. */
struct tc_call {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 entered_ns; /* 0: its entry was not traced, the task was in it since its last event */
  __s64 result;
  __u64 mapped_bytes; /* of a new shared mapping */
  __u32 syscall;      /* as in the other events */
  __u16 file;         /* TC_FILE_*: the file behind its descriptor */
  __u8 created;       /* enum tc_creation of the task that it created, TC_NR_CREATIONS for none */
  __u8 flags;         /* TC_CALL_ENTRY_UNSEEN, ... */
};

/* A system call that bytes passed through, or one on a futex in shared memory. */
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
  TC_PASSED_UNCOUNTED = 1 << 0, /* the number of bytes is not known */
  TC_PASSED_PEEKED = 1 << 1,    /* bytes_in were returned, but not taken: no bits */
};

/*
 * Bytes that passed through a channel apart from a call's own: through the second end of a splice or tee, after the
 * event of that call, or for io_uring.
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
 * A page fault is over; the task is in `interrupted` again. A fault that the task sleeps or is preempted in has two
 * events: TC_FAULT_BEGUN before the switch, and its outcome.
 */
struct tc_fault {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 begun_ns;
  __u64 entered_ns; /* entry of the interrupted system call; 0: none, or the entry was not traced */
  __u32 syscall;    /* that call */
  __u8 interrupted; /* enum tc_context */
  __u8 bits;        /* TC_FAULT_* */
  __u8 outcome;
  __u8 pad;
};

/*
 * Further transitions: X(CONSTANT, name, text). A value that is not named here is 0.
 *   published         value: TC_WAKER_*, arg: TC_FROM_*
 *   exec_prepared     value: entry of the call; 0: calls have no probes
 *   exit, dying       value: entry of the call that the task was in, 0: none; arg: that call, or TC_NO_CALL; file: its
 *                     file
 *   signal_generated  arg: number of the signal
 *   shootdown_stole, shootdown_lost   value: ns
 *   slab, pages       value: bytes, pages
 *   woken             value: TC_WAKER_*, arg: TC_FROM_*; only if the switch-in that followed was missed
 *   found_running     arg: CPU
 *   corrected         value: ns that are in the waiting cell of arg (row << 8 | condition), but were running
 *   reparented        value: process of the real parent at its end, arg: tgid of that; only if it is another one
 */
#define TC_EVENTS(X)                                                                    \
  X(PUBLISHED, published, "ready to run for the first time")                            \
  X(EXEC_PREPARED, exec_prepared, "exec: the program is found")                         \
  X(EXIT, exit, "exit")                                                                 \
  X(EXIT_MMAP, exit_mmap, "its address space is torn down")                             \
  X(SIGNAL_GENERATED, signal_generated, "a signal that may end it")                     \
  X(SHOOTDOWN_SENT, shootdown_sent, "TLB shootdown sent")                               \
  X(SHOOTDOWN_RECEIVED, shootdown_received, "TLB shootdown received")                   \
  X(SHOOTDOWN_STOLE, shootdown_stole, "one of its shootdowns took time of another CPU") \
  X(SHOOTDOWN_LOST, shootdown_lost, "time lost to a shootdown of others")               \
  X(SLAB, slab, "slab allocation of a creating call")                                   \
  X(PAGES, pages, "page allocation of a creating call")                                 \
  X(WOKEN, woken, "woken before a switch that was not seen")                            \
  X(FOUND_RUNNING, found_running, "on a CPU although no switch was seen")               \
  X(CORRECTED, corrected, "counted as waiting, but was running")                        \
  X(DYING, dying, "a fatal signal is delivered")                                        \
  X(REPARENTED, reparented, "has another parent since its own ended")

#define TC_ENUM_EVENT(C, n, t) TC_EV_##C,
enum tc_event_kind { TC_EVENTS(TC_ENUM_EVENT) TC_NR_EVENTS };

struct tc_event {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 value;
  __u16 kind; /* enum tc_event_kind */
  __u16 file; /* TC_FILE_* */
  __u32 arg;
};

/* The task has another name, not by exec. */
struct tc_rename {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  char comm[TC_COMM_LEN];
};

/*
 * Events of the current task of a CPU, batched until it leaves: together they take one record of the ring, which is
 * expensive. Inside they follow each other, each with its own header.
 */
enum { TC_BATCH_BYTES = 4096 - 32 };
struct tc_event_batch {
  __u64 first_ns; /* times of the first and the last event */
  __u64 last_ns;
  __u64 count;
  __u32 used; /* bytes of `events` */
  __u32 busy; /* an event is being written: an interrupt must not touch the batch */
  __u8 events[TC_BATCH_BYTES];
};

/*
 * Events of one CPU that found the ring full. The gap stands before the next event of that CPU, or at the end. The
 * tasks that ran there in between may have done anything.
 */
struct tc_gap {
  struct tc_record record;
  __u64 first_ns; /* time of the first lost event */
  __u64 last_ns;  /* time of the last lost event */
  __u64 count;
  __u32 cpu;
  __u32 pad;
};

/* User space writes the records below. */
struct tc_edge_record {
  struct tc_record record;
  struct tc_edge edge;
};

struct tc_flow_record {
  struct tc_record record;
  struct tc_flow flow;
};

/* A latency of all CPUs, as the kernel side counted it. */
struct tc_histogram_record {
  struct tc_record record;
  __u32 id; /* enum tc_histogram_id */
  __u32 pad;
  struct tc_histogram histogram;
};

struct tc_syscalls_record {
  struct tc_record record;
  struct tc_syscall_entry entry; /* of all CPUs */
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
