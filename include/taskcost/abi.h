/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between the probes (bpf/) and user space: what a ledger holds, what a record looks like.
 *
 * Plain C with fixed-width types, compiled by clang for BPF and by g++ for the collector. Every list of names stands
 * here once, as an X-macro X(CONSTANT, name, text): `name` is the key in JSON, `text` what a person reads. Values reach
 * files, so never renumber an entry: append, and retire by leaving the entry unused.
 *
 * Times are CLOCK_MONOTONIC nanoseconds (bpf_ktime_get_ns), sizes bytes.
 */
#ifndef TASKCOST_ABI_H
#define TASKCOST_ABI_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* What a task is doing. `KERNEL` is for tasks that never enter user mode: kernel threads, io_uring workers. */
#define TC_ACTIVITIES(X)                           \
  X(USER, user, "user code")                       \
  X(CREATE, create, "create (clone, fork, vfork)") \
  X(EXEC, exec, "exec")                            \
  X(EXIT, exit, "exit")                            \
  X(WAIT, wait, "wait for a child")                \
  X(MEMORY, memory, "memory (mmap, brk, ...)")     \
  X(FUTEX, futex, "futex")                         \
  X(PIPE, pipe, "pipe")                            \
  X(SOCKET, socket, "socket")                      \
  X(FILE, file, "file")                            \
  X(POLL, poll, "poll (select, epoll, ...)")       \
  X(SLEEP, sleep, "sleep")                         \
  X(SIGNAL, signal, "signal")                      \
  X(OTHER, other, "other system calls")            \
  X(PAGE_FAULT, page_fault, "page fault")          \
  X(KERNEL, kernel, "kernel worker")

/* How the time of an activity passes. */
#define TC_CONDITIONS(X)               \
  X(RUNNING, running, "running")       \
  X(PREEMPTED, preempted, "preempted") \
  X(RUNNABLE, runnable, "runnable")    \
  X(BLOCKED, blocked, "blocked")

/* Kinds of creation, told apart by the flags of clone and by the system call that made them. */
#define TC_CREATIONS(X)                                          \
  X(THREAD, thread, "thread")                                    \
  X(FORK, fork, "fork")                                          \
  X(VFORK, vfork, "vfork")                                       \
  X(SPAWN, spawn, "spawn (clone with CLONE_VM and CLONE_VFORK)") \
  X(CLONE_VM, clone_vm, "process in its parent's memory (CLONE_VM alone)")

/*
 * What a ledger counts beside its cells. A switch-out is counted once as voluntary or involuntary and once by where
 * the CPU went: the same address space, another one, a kernel thread, idle.
 */
#define TC_COUNTERS(X)                                                                                             \
  X(VOLUNTARY_SWITCHES, voluntary_switches, "voluntary switches")                                                  \
  X(INVOLUNTARY_SWITCHES, involuntary_switches, "involuntary switches")                                            \
  X(SWITCHES_SAME_ADDRESS_SPACE, switches_same_address_space, "switches to the same address space")                \
  X(SWITCHES_OTHER_ADDRESS_SPACE, switches_other_address_space, "switches to another address space")               \
  X(SWITCHES_TO_KERNEL_THREAD, switches_to_kernel_thread, "switches to a kernel thread")                           \
  X(SWITCHES_TO_IDLE, switches_to_idle, "switches to idle")                                                        \
  X(SWITCHES_FROM_KERNEL_THREAD, switches_from_kernel_thread, "switched in from a kernel thread")                  \
  X(SWITCHES_FROM_IDLE, switches_from_idle, "switched in from idle")                                               \
  X(UNSEEN_SWITCH_INS, unseen_switch_ins, "switch-ins without a tracepoint, recovered from the scheduler's books") \
  X(UNSEEN_WAKEUPS, unseen_wakeups, "wake-ups without a tracepoint: the wait for a CPU counts as blocked")         \
  X(MIGRATIONS, migrations, "migrations")                                                                          \
  X(TLB_FLUSHES_ON_SWITCH, tlb_flushes_on_switch, "TLB flushes on switch")                                         \
  X(TLB_REUSES_ON_SWITCH, tlb_reuses_on_switch, "TLB kept on switch (PCID)")                                       \
  X(SHOOTDOWNS_SENT, shootdowns_sent, "TLB shootdowns sent")                                                       \
  X(SHOOTDOWNS_RECEIVED, shootdowns_received, "TLB shootdowns received")                                           \
  X(FAULTS_MINOR, faults_minor, "minor faults")                                                                    \
  X(FAULTS_MAJOR, faults_major, "major faults")                                                                    \
  X(FAULTS_COW, faults_cow, "faults on a write-protected page (copy-on-write)")                                    \
  X(FAULTS_FILE, faults_file, "faults on file mappings")                                                           \
  X(FAULTS_KERNEL, faults_kernel, "faults raised in kernel mode")                                                  \
  X(FAULTS_TIMED, faults_timed, "faults timed from exception to resolution")                                       \
  X(FAULTS_UNRESOLVED, faults_unresolved, "faults without a resolution")                                           \
  X(CHILDREN_THREADS, children_threads, "threads created")                                                         \
  X(CHILDREN_FORKS, children_forks, "processes forked")                                                            \
  X(CHILDREN_VFORKS, children_vforks, "processes vforked")                                                         \
  X(CHILDREN_SPAWNS, children_spawns, "processes spawned")                                                         \
  X(CHILDREN_CLONE_VM, children_clone_vm, "processes created in the same memory")                                  \
  X(EXECS, execs, "execs")                                                                                         \
  X(SYSCALLS, syscalls, "system calls")                                                                            \
  X(PAGE_TABLE_BYTES, page_table_bytes, "page-table bytes of new address spaces")                                  \
  X(KERNEL_SLAB_BYTES, kernel_slab_bytes, "slab bytes allocated in creating calls")                                \
  X(KERNEL_SLAB_ALLOCATIONS, kernel_slab_allocations, "slab allocations in creating calls")                        \
  X(KERNEL_PAGES, kernel_pages, "pages allocated in creating calls")                                               \
  X(SHOOTDOWN_STOLEN_NS, shootdown_stolen_ns, "time that its TLB shootdowns took from other CPUs")                 \
  X(SHOOTDOWN_LOST_NS, shootdown_lost_ns, "time lost to TLB shootdowns of others")                                 \
  X(WAKEUPS, wakeups, "wake-ups from a sleep")                                                                     \
  X(SHARED_MAPPING_BYTES, shared_mapping_bytes, "bytes of new shared mappings")                                    \
  X(FAULTS_COW_NS, faults_cow_ns, "time in faults on write-protected pages")                                       \
  X(THROTTLED, throttled, "times its cgroup's CPU quota took the CPU")                                             \
  X(THROTTLED_NS, throttled_ns, "time throttled by its cgroup's CPU quota (preempted)")                            \
  X(YIELDS, yields, "times sched_yield gave up the CPU")                                                           \
  X(YIELDED_NS, yielded_ns, "time without a CPU after sched_yield (preempted)")                                    \
  X(SYSCALLS_ENTRY_UNSEEN, syscalls_entry_unseen, "system calls refused on their way in: their time is user code") \
  X(PEEKED_BYTES, peeked_bytes, "bytes that receiving calls returned but did not take (MSG_PEEK, MSG_ERRQUEUE)") \
  X(CHILDREN_WORKERS, children_workers, "kernel workers created in its process (io_uring, vhost)")

/*
 * Channels through which bytes pass between tasks, told by the file behind a descriptor or by the system call. Through
 * shared memory and semaphores pass wake-ups alone.
 *
 * Not seen: splice by io_uring and its requests without a completion event, TCP_ZEROCOPY_RECEIVE, packets in a ring that
 * is mapped (PACKET_MMAP), and files that one task writes and another reads.
 */
#define TC_CHANNELS(X)                                                          \
  X(PIPE, pipe, "pipe")                                                         \
  X(UNIX_SOCKET, unix_socket, "unix socket")                                    \
  X(INET_SOCKET, inet_socket, "inet socket")                                    \
  X(MESSAGE_QUEUE, message_queue, "POSIX message queue")                        \
  X(SHARED_MEMORY, shared_memory, "shared memory (futex across processes)")     \
  X(OTHER_SOCKET, other_socket, "another socket (netlink, packet, vsock, ...)") \
  X(PTY, pty, "pseudo terminal")                                                \
  X(SYSV_QUEUE, sysv_queue, "SysV message queue")                               \
  X(SYSV_SEMAPHORE, sysv_semaphore, "SysV semaphore")                           \
  X(PROCESS_MEMORY, process_memory, "memory of another process (process_vm_readv, process_vm_writev)")

/*
 * What a blocked task waits for: told when it leaves its CPU, by its system call and the file behind its descriptor.
 * What it did is the activity; both sum up to the same blocked time.
 */
#define TC_WAITS(X)                                              \
  X(PIPE, pipe, "a pipe")                                        \
  X(UNIX_SOCKET, unix_socket, "a unix socket")                   \
  X(INET_SOCKET, inet_socket, "an inet socket")                  \
  X(OTHER_SOCKET, other_socket, "another socket")                \
  X(MESSAGE_QUEUE, message_queue, "a POSIX message queue")       \
  X(EVENTFD, eventfd, "an eventfd")                              \
  X(REGULAR_FILE, regular_file, "a regular file")                \
  X(TERMINAL, terminal, "a terminal")                            \
  X(OTHER_FILE, other_file, "another file")                      \
  X(EPOLL, epoll, "epoll")                                       \
  X(POLL, poll, "poll or select")                                \
  X(FUTEX_PRIVATE, futex_private, "a futex of its process")      \
  X(FUTEX_SHARED, futex_shared, "a futex in shared memory")      \
  X(CHILD, child, "a child to end")                              \
  X(CREATION, creation, "a creation to be complete")             \
  X(TIMER, timer, "a timer")                                     \
  X(SIGNAL, signal, "a signal")                                  \
  X(DISK, disk, "the disk")                                      \
  X(PAGE_FAULT, page_fault, "a page fault")                      \
  X(MEMORY, memory, "a change of its memory map")                \
  X(STOPPED, stopped, "its continuation (stopped, traced)")      \
  X(OTHER, other, "something else in the kernel")                \
  X(FROZEN, frozen, "its cgroup or the system to be thawed")     \
  X(CORE_DUMP, core_dump, "a core dump to be written")           \
  X(SYSV_QUEUE, sysv_queue, "a SysV message queue")              \
  X(SYSV_SEMAPHORE, sysv_semaphore, "a SysV semaphore")          \
  X(FILE_LOCK, file_lock, "a file lock")                         \
  X(PROCESS_MEMORY, process_memory, "memory of another process")

/* Kernel objects that a new task either shares with its creator or gets anew, told by their addresses. */
#define TC_SHARED_OBJECTS(X)                                       \
  X(MEMORY, memory, "memory (mm)")                                 \
  X(FILES, files, "file table (files)")                            \
  X(FS, fs, "directory and root (fs)")                             \
  X(SIGNAL_HANDLERS, signal_handlers, "signal handlers (sighand)") \
  X(LIMITS, limits, "limits and process state (signal)")           \
  X(CGROUPS, cgroups, "cgroups (css_set)")

/* Latencies kept in the kernel as log-linear histograms (histogram.h), one set per CPU. */
#define TC_HISTOGRAMS(X)                                                                                   \
  X(RUN_QUEUE, run_queue, "run-queue wait: woken, created or preempted, until it runs")                    \
  X(SWITCH_SAME, switch_same, "switch within an address space: sched_switch to the first sign of life")    \
  X(SWITCH_OTHER, switch_other, "switch to another address space: sched_switch to the first sign of life") \
  X(FAULT_MINOR, fault_minor, "minor page fault")                                                          \
  X(FAULT_MAJOR, fault_major, "major page fault")                                                          \
  X(FAULT_COW, fault_cow, "page fault on a write-protected page (copy-on-write)")                          \
  X(EXEC, exec, "exec: system call to its return")

/* Everything that can go missing, each with its own count. */
#define TC_LOSSES(X)                                                                                      \
  X(MISSED_LEDGERS, missed_ledgers, "tasks without a ledger: the pool was full (raise --max-tasks)")      \
  X(STORAGE_FAILURES, storage_failures, "tasks without a ledger: no room in the table of observed tasks") \
  X(DROPPED_EXIT_RECORDS, dropped_exit_records, "final records that found the ring buffer full")          \
  X(DROPPED_EVENTS, dropped_events, "exec and reap events that found the ring buffer full")               \
  X(UNRESOLVED_FAULTS, unresolved_faults, "page faults that the kernel resolved unseen")                  \
  X(UNPAIRED_FAULTS, unpaired_faults, "page-fault resolutions whose start was not seen")                  \
  X(BACKWARD_TIMES, backward_times, "transitions older than the one before them")                         \
  X(LEAKED_SLOTS, leaked_slots, "ledger slots that could not be returned to the pool")                    \
  X(MISSED_FLOWS, missed_flows, "channel calls without a flow: their table was full or busy")             \
  X(MISSED_STACKS, missed_stacks, "events without a stack: the kernel had no place for it")               \
  X(DROPPED_TRANSITIONS, dropped_transitions, "recorded transitions that found the ring buffer full")     \
  X(UNREAD_TABLES, unread_tables, "tables of waits and flows that could not be read to their end")        \
  X(MISSED_EDGES, missed_edges, "waits without a waker: there was no room for it")

#define TC_ENUM_ACTIVITY(C, n, t) TC_ACTIVITY_##C,
#define TC_ENUM_CONDITION(C, n, t) TC_CONDITION_##C,
#define TC_ENUM_CREATION(C, n, t) TC_CREATION_##C,
#define TC_ENUM_COUNTER(C, n, t) TC_COUNTER_##C,
#define TC_ENUM_CHANNEL(C, n, t) TC_CHANNEL_##C,
#define TC_ENUM_HISTOGRAM(C, n, t) TC_HISTOGRAM_##C,
#define TC_ENUM_LOSS(C, n, t) TC_LOSS_##C,
#define TC_ENUM_SHARED(C, n, t) TC_SHARED_##C,
#define TC_ENUM_WAIT(C, n, t) TC_WAIT_##C,

enum tc_activity { TC_ACTIVITIES(TC_ENUM_ACTIVITY) TC_NR_ACTIVITIES };
enum tc_condition { TC_CONDITIONS(TC_ENUM_CONDITION) TC_NR_CONDITIONS };
enum tc_creation { TC_CREATIONS(TC_ENUM_CREATION) TC_NR_CREATIONS };
enum tc_counter { TC_COUNTERS(TC_ENUM_COUNTER) TC_NR_COUNTERS };
enum tc_channel { TC_CHANNELS(TC_ENUM_CHANNEL) TC_NR_CHANNELS, TC_CHANNEL_NONE = 255 };
enum tc_histogram_id { TC_HISTOGRAMS(TC_ENUM_HISTOGRAM) TC_NR_HISTOGRAMS };
enum tc_loss { TC_LOSSES(TC_ENUM_LOSS) TC_NR_LOSSES };
enum tc_wait { TC_WAITS(TC_ENUM_WAIT) TC_NR_WAITS };
enum tc_shared { TC_SHARED_OBJECTS(TC_ENUM_SHARED) TC_NR_SHARED };

/*
 * Two more rows than there are activities. A page fault is kept apart until the kernel says that it was resolved. Then
 * the row joins page_fault; a fault that is never resolved (a probe of unmapped memory, a fatal signal) joins what it
 * interrupted. A call on a descriptor is kept apart until it returns, and the file is looked at then: by that time the
 * call itself has fetched everything that has to be read for it. The row joins pipe, socket or file.
 */
enum { TC_ROW_FAULT_PENDING = TC_NR_ACTIVITIES, TC_ROW_CALL_PENDING, TC_NR_ROWS };
enum { TC_NR_CELLS = (int)TC_NR_ROWS * (int)TC_NR_CONDITIONS };

/* What is to be known of a system call: the activity, how descriptor and direction refine it, and its kind. */
enum {
  TC_CALL_ACTIVITY_MASK = 0x1f,
  TC_CALL_BY_FD = 0x20,     /* the file behind the first argument decides: pipe, socket or file */
  TC_CALL_IN = 0x40,        /* a positive result counts bytes received */
  TC_CALL_OUT = 0x80,       /* a positive result counts bytes sent */
  TC_CALL_FD_FIRST = 0x100, /* the first argument is a descriptor, and stays one until the call returns */
  TC_CALL_AT_ENTRY = 0x200, /* its arguments are looked at when it is entered */
  /* Of a call that socketcall or ipc stood for: */
  TC_CALL_IN_MEMORY = 0x400, /* the second argument points to its arguments */
  TC_CALL_SHIFTED = 0x800,   /* they follow the first argument */
  TC_CALL_KIND_SHIFT = 16,
};

/* Calls whose arguments, result or wait have a meaning of their own. */
enum tc_call_kind {
  TC_KIND_PLAIN,
  TC_KIND_RECV,        /* flags in the fourth argument, */
  TC_KIND_RECVMSG,     /* in the third; */
  TC_KIND_RECVMMSG,    /* the result counts messages, flags in the fourth */
  TC_KIND_SENDMMSG,    /* likewise */
  TC_KIND_MQ_SEND,     /* its length is the third argument: the result is 0 */
  TC_KIND_SPLICE,      /* in by the first argument, out by the third */
  TC_KIND_TEE,         /* in by the first argument, where the bytes stay, out by the second */
  TC_KIND_VMSPLICE,    /* the end of the pipe decides about the direction */
  TC_KIND_OPEN,        /* waits for the other end of a FIFO, or for the end of a lease */
  TC_KIND_FLOCK,
  TC_KIND_FCNTL,       /* the second argument is the command */
  TC_KIND_FUTEX,       /* flags in the second argument, */
  TC_KIND_FUTEX_FLAGS, /* in the fourth, */
  TC_KIND_FUTEX_LIST,  /* in each of the waiters that the first points to */
  TC_KIND_MMAP,
  TC_KIND_SHMAT,
  TC_KIND_SEMOP,
  TC_KIND_MSGSND,
  TC_KIND_MSGRCV,
  TC_KIND_PROCESS_VM,
  TC_KIND_EPOLL,
  TC_KIND_RESTART,     /* restart_syscall: goes on with the call before */
  TC_KIND_SOCKETCALL,  /* of 32-bit programs: the first argument is the call, the second points to its arguments */
  TC_KIND_IPC,         /* likewise, but the arguments follow */
  TC_KIND_VFORK,
  TC_KIND_YIELD,
  TC_KIND_WAITID,      /* the third argument points to what it tells of the child, flags in the fourth */
  TC_NR_KINDS,
};

/* Calls that socketcall and ipc stand for are numbered up to here, and no further. */
enum { TC_MULTIPLEXED_CALLS = 32 };

enum {
  TC_MAX_SYSCALLS = 1024, /* higher numbers count as `other` */
  TC_MAX_CPUS = 4096,
  TC_COMM_LEN = 16,
  TC_COMMAND_LEN = 512,
};

enum tc_record_type {
  TC_RECORD_LEDGER = 1, /* struct tc_ledger: final when `ended`, a snapshot otherwise */
  TC_RECORD_EXEC = 2,   /* struct tc_exec */
  TC_RECORD_REAP = 3,   /* struct tc_reap */
  TC_RECORD_STINT = 4,  /* struct tc_stint, on request */
  /* Transitions, on request: events.h. */
  TC_RECORD_BIRTH = 5,
  TC_RECORD_SWITCH = 6,
  TC_RECORD_CALL = 7,
  TC_RECORD_TRANSFER = 8,
  TC_RECORD_FAULT = 9,
  TC_RECORD_STEP = 10,
  TC_RECORD_GAP = 11,
  /* What user space adds to a capture, once each at its end or where it learns of it. */
  TC_RECORD_EDGE = 12,      /* struct tc_edge_record: an edge that its ledger had no room for */
  TC_RECORD_FLOW = 13,      /* struct tc_flow_record: likewise */
  TC_RECORD_HISTOGRAM = 14, /* struct tc_histogram_record */
  TC_RECORD_COMMAND = 15,   /* struct tc_command: a process that existed before the window */
  TC_RECORD_PASSAGE = 16,   /* struct tc_passage: a transition again */
  TC_RECORD_RENAME = 17,    /* struct tc_rename: a transition too */
  TC_RECORD_TYPES_END,
};

struct tc_record {
  __u32 type; /* enum tc_record_type */
  __u32 size; /* of the whole record, this header included */
};

/* The kernel's own books of a task (struct task_struct, the CPU time from its sched_entity). */
struct tc_books {
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

/* Bytes of which a part is not known. */
#define TC_BYTES_UNKNOWN 0xffffffffffffffffULL

struct tc_channel_use {
  __u64 calls;
  __u64 bytes_in;
  __u64 bytes_out;
  __u64 kernel_ns; /* on a CPU inside these calls */
};

struct tc_wait_sums {
  __u64 count;
  __u64 blocked_ns;
};

/*
 * Who ended a wait: the ledger id of an observed task; 0: nobody saw; TC_WAKER_INTERRUPT or TC_WAKER_TIMER, whose
 * interrupt it was; TC_WAKER_SEVERAL where there was no room for each; or TC_WAKER_UNOBSERVED and a tid.
 */
#define TC_WAKER_INTERRUPT 0xffffffffffffffffULL
#define TC_WAKER_SEVERAL 0xfffffffffffffffeULL
#define TC_WAKER_TIMER 0xfffffffffffffffdULL
#define TC_WAKER_UNOBSERVED 0x8000000000000000ULL

/* From where: the number of the waker's system call, or one of these. */
enum {
  TC_FROM_COMPAT = 1 << 16, /* and the number of a 32-bit system call */
  TC_FROM_NOWHERE = 1 << 17,
  TC_FROM_EXIT,      /* its end */
  TC_FROM_INTERRUPT, /* in the context of whatever ran there */
  TC_FROM_FAULT,
  TC_FROM_USER, /* in no system call by its registers: a trap, or its way back from one */
  TC_FROM_KERNEL, /* a kernel thread, or a worker of a process in the kernel */
};

/* Waits of one task that one waker ended, for one cause and from one place. */
struct tc_edge_key {
  __u64 sleeper; /* ledger id */
  __u64 waker;
  __u32 wait; /* enum tc_wait */
  __u32 from;
};

struct tc_edge_sums {
  __u64 count;
  __u64 blocked_ns;
  __u64 max_ns;
};

struct tc_edge {
  struct tc_edge_key key;
  struct tc_edge_sums sums;
};

/* Use of one pipe, connection or queue by one task. */
struct tc_flow_key {
  __u64 task;   /* ledger id */
  __u64 object; /* identity of the file's inode, and the channel in the upper 8 bits */
};

struct tc_flow_sums {
  __u64 link; /* the same for both ends; of an inet socket its own end's half above that of its peer; 0: not known */
  __u64 calls_in;
  __u64 calls_out;
  __u64 bytes_in; /* or TC_BYTES_UNKNOWN */
  __u64 bytes_out;
};

struct tc_flow {
  struct tc_flow_key key;
  struct tc_flow_sums sums;
};

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

/* One wait in a chain: this task waited so long for that cause, until the waker ended it from there. */
struct tc_link {
  __u64 sleeper;
  __u64 waker;
  __u64 blocked_ns;
  __u32 wait;
  __u32 from;
};

/* A wait, and the wait that its waker had to end first while it lasted, and so on. */
enum { TC_CHAIN_LINKS = 4 };
struct tc_chain {
  __u64 end_ns; /* of the first; 0: none */
  __u64 length;
  struct tc_link links[TC_CHAIN_LINKS];
};

/* tc_flow_key.object without the channel. */
#define TC_OBJECT_MASK 0x00ffffffffffffffULL

/* How many a ledger has room for; more edges and flows go to hash maps. */
enum { TC_OWN_EDGES = 6, TC_OTHER_EDGES = 3, TC_OWN_FLOWS = 6, TC_KEPT_CHAINS = 2 };

/*
 * A ledger never crosses a page: after a switch of address spaces each page of the pool that a probe touches can cost a
 * walk of the page tables, twice over in a virtual machine.
 */
enum { TC_LEDGER_ALIGNMENT = 4096 };

/* Whom to adopt. */
enum tc_target_kind {
  TC_TARGET_NONE,
  TC_TARGET_PROCESSES,
  TC_TARGET_TASKS,
  TC_TARGET_GROWS, /* kinds from here on: tasks may come to the target by other ways than birth */
  TC_TARGET_NAME = TC_TARGET_GROWS,
  TC_TARGET_CGROUP,
  TC_TARGET_MACHINE,
};

/* Of a target that is named by its id: has a walk over all tasks come upon it? */
enum tc_named { TC_NAMED_UNSEEN, TC_NAMED_SEEN };

/* ledger.flags */
enum {
  TC_LEDGER_FOLLOW = 1 << 0,        /* children get a ledger too */
  TC_LEDGER_OPEN_AT_START = 1 << 1, /* adopted while it lived: its first interval began before the window */
  TC_LEDGER_COMPAT = 1 << 2,        /* a 32-bit program */
  TC_LEDGER_KERNEL_WORKER = 1 << 3, /* never enters user mode */
  TC_LEDGER_LEADER = 1 << 4,        /* thread-group leader */
  TC_LEDGER_LAUNCHED = 1 << 5,      /* the first task of the command that the collector launched */
  TC_LEDGER_GROUP_EXIT = 1 << 6,    /* group_exit_code is the status of the process */
  TC_LEDGER_BOOKS = 1 << 7,         /* books_end was read */
  TC_LEDGER_REUSED_ID = 1 << 8,     /* its tid was taken over by a sibling's exec */
  TC_LEDGER_START_SEEN = 1 << 9,    /* its birth and its first switch-in were seen, */
  TC_LEDGER_STARTED_ELSEWHERE = 1 << 10, /* and that was on another CPU than task_newtask */
  TC_LEDGER_FOLLOW_THREADS = 1 << 11,    /* threads that it creates get a ledger too, other children none */
};

/*
 * The ledger of one task. It lives in a slot of a memory-mapped pool; the table of observed tasks holds the number of
 * the slot. Only programs running on the task's CPU, or under its run-queue lock, write to it, except what its waker
 * writes: `woken_ns`, `waker`, `waker_from` and `cause`.
 */
struct tc_ledger {
  struct tc_record record;

  __u64 task; /* address of the task while it lives: proves that a remembered slot is still its own */
  __u64 regs; /* see tc_cpu_note */

  /* The open interval. */
  __u64 since_ns;
  __u64 woken_ns;       /* last wake-up, also one that came too early */
  __u64 switched_in_ns; /* 0 once the task gave its first sign of life after a switch */
  __u64 entered_ns;     /* entry of the current system call */
  __u64 fault_ns;       /* start of the pending page fault */
  __u64 fault_books;    /* min_flt + maj_flt of the task at that instant */
  __u8 activity;        /* a row: enum tc_activity, TC_ROW_FAULT_PENDING or TC_ROW_CALL_PENDING */
  __u8 condition;
  __u8 interrupted;  /* the row that the pending page fault interrupted */
  __u8 other_end;    /* of the current call, once looked at: TC_OTHER_END_* */
  __u8 call_row;     /* what the pending call turned out to be */
  __u8 fault_bits;   /* TC_FAULT_* */
  __u8 switch_kind;  /* enum tc_histogram_id of the last switch-in, TC_NR_HISTOGRAMS for none */
  __u8 created_kind; /* enum tc_creation of the child created in this system call, TC_NR_CREATIONS for none */
  __u32 flags;       /* TC_LEDGER_* */
  __u32 cpu;             /* its own; that of its creator until the first switch-in */
  __u32 syscall;         /* number of the current system call, with TC_FROM_COMPAT */
  __u32 call;            /* TC_CALL_* and kind of the current system call */
  __u32 fd;              /* its descriptor, when it has one */
  __u32 shares;          /* TC_SHARES_KNOWN, and a bit for each enum tc_shared that is its creator's */
  __u32 live;            /* 1 while the slot is in use */
  __u32 restart_call;    /* the call that a signal interrupted last so that restart_syscall goes on with it, */
  __u64 exec_runtime_ns; /* se.sum_exec_runtime at the last switch-out */
  __u64 unseen_at_ns;    /* after a switch-in that was not seen: the first sign of the task on its CPU */
  __u64 unseen_wait_ns;  /* what was booked as waiting until then; 0: nothing to correct */
  __u8 unseen_row;       /* where it was booked */
  __u8 unseen_condition;
  __u8 found;         /* `activity` is what the registers tell, for as long as the task sleeps; else it is in none */
  __u8 why_preempted; /* TC_PREEMPTED_* */
  __u8 wait_in_call;  /* enum tc_wait: of a wait for the disk that turns out to be none */
  __u8 other_channel; /* enum tc_channel or TC_CHANNEL_NONE of the second file of splice and tee */
  __u8 unseen_pad[2];
  __u64 created_ns;      /* sched_wakeup_new of the child created in this system call */
  __u64 call_running_ns; /* the running cell of the current system call's activity at its entry */
  __u64 on_cpu_ns;       /* the last switch-in */
  __u64 signal_ns;       /* the last signal that was sent to it and can end it: when, */
  __u32 signal;          /* and its number */

  /* The current wait, and the file that the current call turned out to be about. */
  __u32 wait; /* enum tc_wait */
  __u64 file; /* struct file of the descriptor, 0 for none */
  __u32 channel;   /* enum tc_channel or TC_CHANNEL_NONE */
  __u32 file_type; /* of its inode's mode */
  __u32 looked_at; /* call_row, file, file_type and channel are those of the current call */
  __u64 object; /* tc_flow_key.object of the last call on a channel, */
  __u64 link;   /* and its tc_flow_sums.link */
  __u64 other_file; /* and that file */
  __u64 messages_ns;    /* entry of the call that these bytes of messages are of */
  __u64 message_bytes;
  __u64 futex_page;     /* where the last futex lay that is not private by its flags, and whether in shared memory, */
  __u64 futex_data_vm;  /* as long as the address space has so many private writable pages */
  __u64 waker; /* TC_WAKER_* */
  __u32 waker_from; /* TC_FROM_* */
  __u32 restart_syscall; /* and its number */
  struct tc_stack_ids left_at;    /* where it last left its CPU, */
  struct tc_stack_ids faulted_at; /* and where it met the pending page fault */

  __u64 cells[TC_NR_CELLS]; /* [row * TC_NR_CONDITIONS + condition] */
  __u64 entries[TC_NR_ACTIVITIES];
  __u64 counters[TC_NR_COUNTERS];
  struct tc_channel_use channels[TC_NR_CHANNELS];
  __u32 uncounted_calls[TC_NR_CHANNELS]; /* those among them whose bytes are not known */
  struct tc_creation_sums creations[TC_NR_CREATIONS];
  struct tc_wait_sums waits[TC_NR_WAITS];
  struct tc_edge edges[TC_OWN_EDGES]; /* `key.sleeper` 0: free */
  /* One for each cause, of TC_WAKER_SEVERAL: those that neither the ledger nor the map had room for. */
  struct tc_edge other_edges[TC_OTHER_EDGES];
  struct tc_flow flows[TC_OWN_FLOWS]; /* `key.object` 0: free */
  struct tc_chain cause;              /* the waker's own last wait, as it stood when `end_ns` equals `woken_ns` */
  struct tc_chain waited;             /* its own last long wait; what it wakes next may have waited for that */
  struct tc_chain chains[TC_KEPT_CHAINS]; /* the longest, of two links at least */

  /* Identity. Numbers that the kernel recycles (tid, addresses) never identify anything here. */
  __u64 id;             /* of the ledger, never reused within a session */
  __u64 process;        /* thread group: TC_PROCESS_NUMBER */
  __u64 parent_process; /* of its real parent, observed or not; the last one that it had */
  __u64 creator;        /* ledger id of the creating task; 0 when it has none */
  __u64 address_space; /* never used again for another one; 0: none, as of a kernel thread */
  __u64 birth_ns; /* task_struct.start_time for a child, the moment of adoption otherwise */
  __u64 end_ns;   /* final switch-out; 0 while it lives */
  __u64 clone_flags;
  __u32 tid;
  __u32 tgid;
  __u32 ppid;
  __u32 creator_tid;
  __u32 how;                /* enum tc_creation, TC_NR_CREATIONS for adopted tasks */
  __u32 pid_seen_by_parent; /* tgid in the parent's pid namespace */
  __u32 tid_inside;         /* tid and tgid in its own pid namespace; */
  __u32 tgid_inside;
  __u32 namespace_level;    /* 0: that of the kernel */
  __u32 parent_namespace;   /* the pid namespace of pid_seen_by_parent: its inode number */
  __u32 tgid_seen;          /* as the collector's pid namespace numbers it; 0: not visible there */
  __u32 identity_pad;
  __s32 exit_code;          /* wait status of this task */
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

  struct tc_books books_start;
  struct tc_books books_end;
  char comm[TC_COMM_LEN];
} __attribute__((aligned(TC_LEDGER_ALIGNMENT)));

/* ledger.why_preempted */
enum { TC_PREEMPTED_BY_OTHERS, TC_PREEMPTED_BY_QUOTA, TC_PREEMPTED_BY_YIELD };

enum { TC_SHARES_KNOWN = 1u << 31 };

/* ledger.other_end */
enum {
  TC_OTHER_END_IN = 1 << 0, /* `file` is where bytes go out, and `other_file` where they come in */
};

/*
 * A thread group, by the start time of its leader (CLOCK_MONOTONIC, ns) and its tgid: no two ever have both in common.
 * The kernel hands out pids below 2^22. A thread that calls exec takes over the start time of its leader.
 */
enum { TC_PID_BITS = 22 };
#define TC_PROCESS_NUMBER(start_ns, tgid) ((start_ns) << TC_PID_BITS | (tgid))

enum { TC_FLUSH_NONE, TC_FLUSH_REUSED, TC_FLUSH_DONE };

/* Which ledger belongs to the task that runs on a CPU. A cache line each: CPUs write their own. */
struct tc_cpu_note {
  __u64 task;         /* address of the task that this note speaks of; 0: nobody */
  __u32 slot;         /* 0: it is not observed */
  __u32 last_slot;    /* of the observed task that ran here before it: often the next one, or the one that it wakes */
  __u64 regs;         /* where its registers lie while it is in the kernel; 0: not seen yet, or not observed */
  __u64 interrupt_ns; /* when the interrupt being handled began, */
  __u8 shot_down;     /* and whether it flushed the TLB on behalf of another CPU */
  __u8 flush;         /* TC_FLUSH_*: what the switch to the task did to the TLB; counted when it leaves */
  __u8 unwinding;     /* a stack is being walked, or user memory is read: the faults of that are nobody's */
  __u8 in_timer;      /* a timer's function runs here, in the context of whatever it came upon */
  __u8 pad[4];
  __u64 lost_events;  /* that no gap has told of yet, */
  __u64 lost_first_ns; /* and their times */
  __u64 lost_last_ns;
};

/* Where the ledger of an observed task is. */
struct tc_place {
  __u64 task; /* its address; 0: free */
  __u32 slot;
  __u32 pad;
};

/* Two cache lines of the table of observed tasks. */
enum { TC_BUCKET_PLACES = 8 };
struct tc_bucket {
  struct tc_place places[TC_BUCKET_PLACES];
};

enum {
  TC_FAULT_COW = 1 << 0, /* a write to a present page */
  TC_FAULT_FILE = 1 << 1,
  TC_FAULT_KERNEL = 1 << 2, /* raised in kernel mode */
};

/* A task became another program. */
struct tc_exec {
  struct tc_record record;
  __u64 id; /* ledger of the task after exec */
  __u64 process;
  __u64 at_ns;
  __u64 entered_ns; /* of the exec system call; 0 where calls have no probes */
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
  __u32 pid;           /* of the child in the waiting task's pid namespace, */
  __u32 pid_namespace; /* and the inode number of that */
};

/* A task had a CPU, from its switch-in to its switch-out. */
struct tc_stint {
  struct tc_record record;
  __u64 id; /* of the ledger */
  __u64 start_ns;
  __u64 end_ns;
  __u32 cpu;
  __u32 pad;
};

#ifdef __cplusplus
static_assert(sizeof(tc_ledger) == TC_LEDGER_ALIGNMENT, "a ledger is one page of the pool");
static_assert(int{TC_NR_CHANNELS} % 2 == 0, "64-bit fields follow the 32-bit ones");
static_assert(int{TC_NR_ACTIVITIES} <= int{TC_CALL_ACTIVITY_MASK}, "an activity must fit into its bits");
#endif

#endif
