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
 * flag and the mapping of a futex, the state of a task that sleeps (TC_SAW_*) and what its call waits for
 * (tc_switch.detail), what the current task of a wakeup was in (TC_WAKING_*), the flags of clone, the address spaces of
 * a switch, times, results, bytes, and ids.
 *
 * Concluded by the probes alone:
 *   object, link       Both are hashed with a key of the run, so that no address and no port leaves the kernel.
 *   bits, flags        of transfers: which way the bytes went, by the flags of a receiving call or the end of a pipe.
 *                      Calls without such flags would pay for the room that these arguments take.
 *   waker_from         The events of the waker cannot confirm it, because they are sent later.
 *   TC_WAKING_DISK     Without the preemption count an interrupt is a guess, by the cause that the ledger had by then.
 *   TC_SWITCH_YIELDED  Without probes on calls no event names the call of a task that does not sleep.
 *   FUTEX_PRIVATE_FLAG of a futex(2) that does not sleep: most calls would pay for it. Without the flag, the event has
 *                      what the mapping of the futex showed.
 *
 * Plain C; times are CLOCK_MONOTONIC nanoseconds, tasks are ledger ids (0: not observed).
 */
#ifndef TASKCOST_EVENTS_H
#define TASKCOST_EVENTS_H

#include "taskcost/abi.h"
#include "taskcost/abi_interrupts.h"
#include "taskcost/abi_locks.h"
#include "taskcost/abi_quota.h"
#include "taskcost/abi_ran_instead.h"
#include "taskcost/abi_regions.h"
#include "taskcost/abi_syscalls.h"
#include "taskcost/abi_wait_objects.h"
#include "taskcost/histogram.h"

/*
 * What a task is in: a probe saw it begin, and none saw it end. The values are those of rows, but a call has no row
 * here: that follows from `syscall` and `file`.
 */
enum tc_context {
  TC_IN_USER = TC_ACTIVITY_USER,     /* in none of these */
  TC_IN_EXIT = TC_ACTIVITY_EXIT,     /* exit(2), or its end has begun */
  TC_IN_KERNEL = TC_ACTIVITY_KERNEL, /* a kernel worker */
  TC_IN_FAULT = TC_ROW_FAULT_PENDING,
  TC_IN_CALL = TC_ROW_CALL_PENDING, /* the system call `syscall` */
};

/* The state of a task that sleeps. */
enum {
  TC_SAW_FROZEN = 1 << 0,      /* PF_FROZEN; since v6.1 the state has TASK_FROZEN instead */
  TC_SAW_FREEZE_TRAP = 1 << 1, /* JOBCTL_TRAP_FREEZE and its `frozen`; read if the sleep is interruptible */
  TC_SAW_CORE_DUMP = 1 << 2,   /* core_state of its process; read if it is in TC_IN_EXIT */
  TC_SAW_IOWAIT = 1 << 3,      /* in_iowait; read if it is neither stopped nor frozen, and dumps no core */
};

/*
 * What a call waits for, beside its file: tc_switch.detail. The kind of the call says what it is; 0: nothing was read.
 *   splice, tee                     TC_FILE_* of the other file, and TC_SPLICE_*
 *   open                            S_IFMT of the inode's mode, and TC_OPEN_*
 *   others on a descriptor          TC_ANONYMOUS_NAME if the file lies in the file system of anonymous inodes,
 *                                   TC_NOT_ANONYMOUS or TC_NO_FILE; only if the file is no channel
 *   fcntl                           that, and TC_FCNTL_COMMAND
 */
enum {
  TC_SPLICE_EMPTY = 0x200,      /* the source pipe is empty; if the source is no pipe, the destination pipe */
  TC_SPLICE_FULL = 0x400,       /* that pipe is full */
  TC_SPLICE_FROM_OTHER = 0x800, /* the other file is the source */
  TC_OPEN_LEASED = 1,           /* a lease is on the file */
  TC_OPEN_SEEN = 2,             /* in any case; without a mode, there was no inode yet */
  TC_LETTER = 31,               /* lower bits of a letter */
  TC_FCNTL_SHIFT = 10,
  TC_FCNTL_LAST = 62, /* stands for all commands from here on */
};

/* Two letters of its name tell [eventfd], [timerfd] and [signalfd] from each other and from all others. */
#define TC_ANONYMOUS_NAME(second, seventh) (((second)&TC_LETTER) | ((seventh)&TC_LETTER) << 5)
/* No name has these letters. */
enum { TC_NOT_ANONYMOUS = TC_LETTER | TC_LETTER << 5, TC_NO_FILE = TC_NOT_ANONYMOUS - 1 };
#define TC_FCNTL_COMMAND(command) (((command) < TC_FCNTL_LAST ? (command) + 1 : TC_FCNTL_LAST + 1) << TC_FCNTL_SHIFT)

/* What a wakeup was in. What comes after the first of these that decides is not read. */
enum {
  TC_WAKING_TIMER = 1 << 0,   /* in a timer function */
  TC_WAKING_IDLE = 1 << 1,    /* the current task is the idle task */
  TC_WAKING_HARDIRQ = 1 << 2, /* in a hard interrupt or NMI, by the preemption count */
  TC_WAKING_SOFTIRQ = 1 << 3, /* serving a softirq, likewise */
  TC_WAKING_USER = 1 << 4,    /* the registers of the current task name no call; read in a softirq, or without count */
  TC_WAKING_UNCOUNTED = 1 << 5, /* there is no preemption count */
  TC_WAKING_DISK = 1 << 6,      /* without count: the sleeper waits for the disk, and no signal call wakes it */
  TC_WAKING_FROZEN = 0x8000,    /* TASK_FROZEN is in the sleeper's state; it is read in any case */
};

/* tc_event.arg of an end that does not begin in a call. */
#define TC_NO_CALL 0xffffffffU

/*
 * A new task, or one that was adopted while it lived (TC_LEDGER_OPEN_AT_START). A second record of the same id corrects
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
  __u64 copy_ns;          /* what the creator's call had taken so far; 0: no probe saw the creator in a creating call */
  __u64 page_table_bytes; /* of its new address space */
  __u32 tid;
  __u32 tgid;
  __u32 ppid;
  __u32 creator_tid;
  __u32 shares;
  __u32 flags; /* TC_LEDGER_* */
  __u32 cpu;   /* of its creator, or where it was found */
  __u32 tid_inside;
  __u32 tgid_inside;
  __u32 namespace_level;
  __u32 syscall; /* of an adopted task, if it is in one; of a new one, the call that created it */

  /* The state of an adopted task. A new one is blocked until it is published. */
  __u16 state; /* TASK_* */
  __u16 file;  /* this and the next three as in tc_switch */
  __u16 detail;
  __u8 context;
  __u8 saw;
  __u8 found;      /* as TC_SWITCH_FOUND */
  __u8 on_cpu;     /* it runs, whatever its state */
  __u8 same_stack; /* new, on arm64: its stack pointer is that of its creator */
  __u8 pad;
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
  __u8 saw;         /* TC_SAW_*, when blocked */
  __u8 flush;       /* TC_FLUSH_*, of the switch that had brought it */
  __u8 flags;       /* TC_SWITCH_*; those of the address spaces are set in every switch */
  __u16 prev_state; /* TASK_*, as sched_switch says */
  __u16 file;       /* TC_FILE_* or TC_FUTEX_*: the file or futex of its call; 0: it was not read */

  /* The task that comes; all 0: it is not observed. */
  __u32 waker_from; /* TC_FROM_*, when it was blocked */
  __u64 woken_ns;   /* 0: it was not blocked, or the wakeup was not traced */
  __u64 waker;      /* TC_WAKER_*; `waking` decides whether a task woke it */

  __u32 cpu;
  __u32 prev_tid; /* tids in the kernel, also of tasks that are not observed */
  __u32 next_tid;
  __u16 detail; /* prev: what its call waits for, when blocked */
  __u16 waking; /* next: TC_WAKING_*, when it was blocked */
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
  __u16 file;         /* TC_FILE_* or TC_FUTEX_* */
  __u8 flags;         /* TC_CALL_ENTRY_UNSEEN, ... */
  __u8 pad;
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
  __u16 file;   /* TC_FILE_* */
  __u8 bits;    /* TC_CALL_IN, TC_CALL_OUT */
  __u8 pad[5];
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
 *   woken             value: TC_WAKER_*, arg: TC_FROM_*, file: TC_WAKING_*; only if the switch-in that followed was
 *                     missed
 *   found_running     arg: CPU
 *   corrected         value: ns that count as waiting before found_running, but were running
 *   reparented        value: process of the real parent at its end, arg: tgid of that; only if it is another one
 *   stack             value: key of its user stack (abi_stacks.h); before the switch-out, only with --stacks
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
  X(REPARENTED, reparented, "has another parent since its own ended")                   \
  X(STACK, stack, "its stack when it leaves its CPU")

#define TC_ENUM_EVENT(C, n, t) TC_EV_##C,
enum tc_event_kind { TC_EVENTS(TC_ENUM_EVENT) TC_NR_EVENTS };

struct tc_event {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 value;
  __u16 kind; /* enum tc_event_kind */
  __u16 file; /* TC_FILE_*, TC_WAKING_* */
  __u32 arg;
};

/* The task has another name, not by exec. */
struct tc_rename {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  char comm[TC_COMM_LEN];
};

/* How a region ended. */
enum { TC_REGION_ENDED, TC_REGION_NOT_ENDED /* its thread or program ended, or a region around it */ };

/* A region that the program marked is over (abi_regions.h). Nothing changes for the task. */
struct tc_region {
  struct tc_record record;
  __u64 at_ns;
  __u64 id;
  __u64 begun_ns;
  __u64 user_ns; /* these add up to its time */
  __u64 calls_ns;
  __u64 faults_ns;
  __u64 preempted_ns;
  __u64 runnable_ns;
  __u64 blocked_ns;
  __u32 wait; /* enum tc_wait: the cause of most of blocked_ns */
  __u8 depth; /* regions around it */
  __u8 how;   /* TC_REGION_ENDED, TC_REGION_NOT_ENDED */
  __u16 pad;
  __u64 name[TC_REGION_NAME_LEN / 8];
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

/* User space writes the records below. This one has an edge that found no room in its ledger. */
struct tc_edge_record {
  struct tc_record record;
  struct tc_edge edge;
};

/* A flow that found no room in its ledger. */
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

/* tc_task_state.bits */
enum {
  TC_STATE_FOUND = 1 << 0,         /* `row` comes from its registers, until it gets a CPU */
  TC_STATE_ENTERED_CALL = 1 << 1,  /* an entry of a call was seen */
  TC_STATE_FOUND_ON_CPU = 1 << 2,  /* adopted while it ran, and not switched since */
  TC_STATE_ADOPTED = 1 << 3,       /* its first interval began before it was observed, and has not ended */
  TC_STATE_CREATION_SEEN = 1 << 4, /* its tc_task_new is among the events before */
  TC_STATE_ENDED = 1 << 5,         /* its final ledger has not come yet */
  TC_STATE_CALL_PENDING = 1 << 6,  /* a part of its call on a descriptor lies before */
  TC_STATE_CALL_LOST = 1 << 7,     /* events were lost since that part */
  TC_STATE_ROW_LOST = 1 << 8,      /* events were lost since the event that set `row` */
  TC_STATE_START_LOST = 1 << 9,    /* it was on a CPU before its first observed switch-in */
  TC_STATE_THAWS = 1 << 10,        /* the wakeup at `woken_ns` found it frozen */
};

/*
 * What the events of a task have said until a capture begins, which has lost those (trace/checkpoint.h): the state of
 * trace/task_tracker.h, and what else later events refer to. A tc_exec of id 0 beside it has the command line that a
 * process had by then.
 */
struct tc_task_state {
  struct tc_record record;
  struct tc_task_new task; /* its identity; tid, comm, parent and flags are those of the moment */
  __u64 since_ns;          /* start of the open slice */
  __u64 seen_ns;           /* time of its tc_task_new */
  __u64 on_cpu_ns;         /* the last switch-in */
  __u64 entered_ns;        /* entry of its call; 0: in none, or not seen */
  __u64 fault_ns;          /* start of the last fault */
  __u64 pending_ns;        /* entry of the call whose slices are pending */
  __u64 woken_ns;          /* a wakeup that no switch has reported */
  __u64 waker;             /* TC_WAKER_* of it */
  __u64 newtask_ns;        /* from here on as in tc_ledger */
  __u64 published_ns;
  __u64 first_run_ns;
  __u64 created_ns;
  __u64 exec_mark_ns;
  __u64 exit_start_ns;
  __u64 exit_mmap_ns;
  __u64 signal_ns;
  __u64 unseen_at_ns;
  __u64 found_ns; /* end of the last wait whose switch-in was not seen */
  __u32 signal;
  __u32 waker_from; /* TC_FROM_* of the wakeup */
  __u32 cpu;        /* UINT32_MAX: not known */
  __u32 call;       /* UINT32_MAX: none */
  __u32 bits;       /* TC_STATE_* */
  __u8 row;
  __u8 condition;
  __u8 wait;
  __u8 interrupted;
  __u8 left_row;
  __u8 why_preempted;
  __u8 wait_in_call; /* enum tc_wait, if a wait for the disk turns out to be for a program */
  __u8 unseen_row;   /* where a correction takes time from */
  __u8 unseen_condition;
  __u8 creation; /* enum tc_creation: its own, */
  __u8 creating; /* what its call has created, */
  __u8 created;  /* and what its last call had */
};

struct tc_regions_record {
  struct tc_record record;
  struct tc_region_entry entry; /* of all CPUs */
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
