/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of names in ledgers and records, as X-macros X(CONSTANT, name, text): `name` is the key in JSON, `text` is
 * for people. Values reach files, so never renumber an entry: append, and retire an entry by leaving it unused.
 */
#ifndef TASKCOST_ABI_LISTS_H
#define TASKCOST_ABI_LISTS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* The activity of a task. KERNEL is for tasks that never enter user mode: kernel threads, io_uring workers. */
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

/* The condition of a task: how the time of its activity passes. */
#define TC_CONDITIONS(X)               \
  X(RUNNING, running, "running")       \
  X(PREEMPTED, preempted, "preempted") \
  X(RUNNABLE, runnable, "runnable")    \
  X(BLOCKED, blocked, "blocked")

/* Kinds of creation, by the flags of clone and by the system call. */
#define TC_CREATIONS(X)                                          \
  X(THREAD, thread, "thread")                                    \
  X(FORK, fork, "fork")                                          \
  X(VFORK, vfork, "vfork")                                       \
  X(SPAWN, spawn, "spawn (clone with CLONE_VM and CLONE_VFORK)") \
  X(CLONE_VM, clone_vm, "process in its parent's memory (CLONE_VM alone)")

/*
 * Counters of a ledger beside its cells. A switch-out counts once as voluntary or involuntary, and once by the task
 * that gets the CPU: same address space, another one, a kernel thread, idle.
 *
 * ALWAYS: every kernel has its source. SOURCE: a kernel can lack it, and the counter is null unless
 * userspace/collector/sources.cpp finds one.
 */
#define TC_COUNTERS(X)                                                                                             \
  X(VOLUNTARY_SWITCHES, voluntary_switches, ALWAYS, "voluntary switches")                                          \
  X(INVOLUNTARY_SWITCHES, involuntary_switches, ALWAYS, "involuntary switches")                                    \
  X(SWITCHES_SAME_ADDRESS_SPACE, switches_same_address_space, ALWAYS, "switches to the same address space")        \
  X(SWITCHES_OTHER_ADDRESS_SPACE, switches_other_address_space, ALWAYS, "switches to another address space")       \
  X(SWITCHES_TO_KERNEL_THREAD, switches_to_kernel_thread, ALWAYS, "switches to a kernel thread")                   \
  X(SWITCHES_TO_IDLE, switches_to_idle, ALWAYS, "switches to idle")                                                \
  X(SWITCHES_FROM_KERNEL_THREAD, switches_from_kernel_thread, ALWAYS, "switched in from a kernel thread")          \
  X(SWITCHES_FROM_IDLE, switches_from_idle, ALWAYS, "switched in from idle")                                       \
  X(UNSEEN_SWITCH_INS, unseen_switch_ins, ALWAYS,                                                                  \
    "switch-ins without a tracepoint, recovered from the scheduler's statistics")                                  \
  X(UNSEEN_WAKEUPS, unseen_wakeups, ALWAYS, "wake-ups without a tracepoint: the wait for a CPU counts as blocked") \
  X(MIGRATIONS, migrations, ALWAYS, "migrations")                                                                  \
  X(TLB_FLUSHES_ON_SWITCH, tlb_flushes_on_switch, SOURCE, "TLB flushes on switch")                                 \
  X(TLB_REUSES_ON_SWITCH, tlb_reuses_on_switch, SOURCE, "TLB kept on switch (PCID)")                               \
  X(SHOOTDOWNS_SENT, shootdowns_sent, SOURCE, "TLB shootdowns sent")                                               \
  X(SHOOTDOWNS_RECEIVED, shootdowns_received, SOURCE, "TLB shootdowns received")                                   \
  X(FAULTS_MINOR, faults_minor, ALWAYS, "minor faults")                                                            \
  X(FAULTS_MAJOR, faults_major, ALWAYS, "major faults")                                                            \
  X(FAULTS_COW, faults_cow, SOURCE, "faults on a write-protected page (copy-on-write)")                            \
  X(FAULTS_FILE, faults_file, SOURCE, "faults on file mappings")                                                   \
  X(FAULTS_KERNEL, faults_kernel, SOURCE, "faults raised in kernel mode")                                          \
  X(FAULTS_TIMED, faults_timed, SOURCE, "faults timed from exception to resolution")                               \
  X(FAULTS_UNRESOLVED, faults_unresolved, SOURCE, "faults without a resolution")                                   \
  X(CHILDREN_THREADS, children_threads, ALWAYS, "threads created")                                                 \
  X(CHILDREN_FORKS, children_forks, ALWAYS, "processes forked")                                                    \
  X(CHILDREN_VFORKS, children_vforks, ALWAYS, "processes vforked")                                                 \
  X(CHILDREN_SPAWNS, children_spawns, ALWAYS, "processes spawned")                                                 \
  X(CHILDREN_CLONE_VM, children_clone_vm, ALWAYS, "processes created in the same memory")                          \
  X(EXECS, execs, ALWAYS, "execs")                                                                                 \
  X(SYSCALLS, syscalls, ALWAYS, "system calls")                                                                    \
  X(PAGE_TABLE_BYTES, page_table_bytes, ALWAYS, "page-table bytes of new address spaces")                          \
  X(KERNEL_SLAB_BYTES, kernel_slab_bytes, SOURCE, "slab bytes allocated in creating calls")                        \
  X(KERNEL_SLAB_ALLOCATIONS, kernel_slab_allocations, SOURCE, "slab allocations in creating calls")                \
  X(KERNEL_PAGES, kernel_pages, SOURCE, "pages allocated in creating calls")                                       \
  X(SHOOTDOWN_STOLEN_NS, shootdown_stolen_ns, SOURCE, "time that its TLB shootdowns took from other CPUs")         \
  X(SHOOTDOWN_LOST_NS, shootdown_lost_ns, SOURCE, "time lost to TLB shootdowns of others")                         \
  X(WAKEUPS, wakeups, ALWAYS, "wake-ups from a sleep")                                                             \
  X(SHARED_MAPPING_BYTES, shared_mapping_bytes, ALWAYS, "bytes of new shared mappings")                            \
  X(FAULTS_COW_NS, faults_cow_ns, SOURCE, "time in faults on write-protected pages")                               \
  X(THROTTLED, throttled, SOURCE, "times its cgroup's CPU quota took the CPU")                                     \
  X(THROTTLED_NS, throttled_ns, SOURCE, "time throttled by its cgroup's CPU quota (preempted)")                    \
  X(YIELDS, yields, ALWAYS, "times sched_yield gave up the CPU")                                                   \
  X(YIELDED_NS, yielded_ns, ALWAYS, "time without a CPU after sched_yield (preempted)")                            \
  X(SYSCALLS_ENTRY_UNSEEN, syscalls_entry_unseen, SOURCE,                                                          \
    "system calls refused on their way in: their time is user code")                                               \
  X(PEEKED_BYTES, peeked_bytes, ALWAYS,                                                                            \
    "bytes that receiving calls returned but did not take (MSG_PEEK, MSG_ERRQUEUE)")                               \
  X(CHILDREN_WORKERS, children_workers, ALWAYS, "kernel workers created in its process (io_uring, vhost)")         \
  X(IRQS, irqs, SOURCE, "interrupt handlers in its running time")                                                  \
  X(IRQ_NS, irq_ns, SOURCE, "time of interrupt handlers in its running time")                                      \
  X(SOFTIRQS, softirqs, SOURCE, "softirqs in its running time")                                                    \
  X(SOFTIRQ_NS, softirq_ns, SOURCE, "time of softirqs in its running time")

/*
 * Channels that bytes pass through between tasks, by the file behind a descriptor or by the system call. Only wakeups
 * pass through shared memory and semaphores.
 *
 * Not traced: splice by io_uring, its requests without a completion event, TCP_ZEROCOPY_RECEIVE, packets in a mapped
 * ring (PACKET_MMAP), and files that one task writes and another reads.
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
 * Causes of a wait, decided when the task leaves its CPU, by its system call and the file behind its descriptor. The
 * activity is what the task did; both sum up to the same blocked time.
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
  X(PROCESS_MEMORY, process_memory, "memory of another process") \
  X(ASYNC_IO, async_io, "asynchronous I/O (io_uring, libaio)")

/* Kernel objects that a new task shares with its creator or gets anew, by their addresses. */
#define TC_SHARED_OBJECTS(X)                                       \
  X(MEMORY, memory, "memory (mm)")                                 \
  X(FILES, files, "file table (files)")                            \
  X(FS, fs, "directory and root (fs)")                             \
  X(SIGNAL_HANDLERS, signal_handlers, "signal handlers (sighand)") \
  X(LIMITS, limits, "limits and process state (signal)")           \
  X(CGROUPS, cgroups, "cgroups (css_set)")

/* Latencies that the kernel side keeps as log-linear histograms (histogram.h), one set per CPU. */
#define TC_HISTOGRAMS(X)                                                                            \
  X(RUN_QUEUE, run_queue, "run-queue wait: woken, created or preempted, until it runs")             \
  X(SWITCH_SAME, switch_same, "switch within an address space: sched_switch to its first event")    \
  X(SWITCH_OTHER, switch_other, "switch to another address space: sched_switch to its first event") \
  X(FAULT_MINOR, fault_minor, "minor page fault")                                                   \
  X(FAULT_MAJOR, fault_major, "major page fault")                                                   \
  X(FAULT_COW, fault_cow, "page fault on a write-protected page (copy-on-write)")                   \
  X(EXEC, exec, "exec: system call to its return")

/* Losses: everything that can go missing has a count of its own. */
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
  X(MISSED_STACKS, missed_stacks, "events without a stack: the stack table of the kernel had no room")    \
  X(DROPPED_TRANSITIONS, dropped_transitions, "recorded transitions that found the ring buffer full")     \
  X(UNREAD_TABLES, unread_tables, "tables of the kernel side that could not be read to their end")        \
  X(MISSED_EDGES, missed_edges, "waits without a waker: there was no room for it")                        \
  X(MISSED_SYSCALLS, missed_syscalls, "system calls missing in the table by name: it was full")           \
  X(MISSED_TURNS, missed_turns, "turns of tasks that ran while others waited: their table was full")      \
  X(MISSED_LOCK_WAITS, missed_lock_waits, "waits for locks of the kernel: their table was full")          \
  X(MISSED_REGIONS, missed_regions, "marks of regions that found no room")                                \
  X(UNREAD_REGION_NAMES, unread_region_names, "marks of regions whose name could not be read")            \
  X(MISSED_WAIT_OBJECTS, missed_wait_objects, "waits without what was behind them: their table was full")

#define TC_ENUM_ACTIVITY(C, n, t) TC_ACTIVITY_##C,
#define TC_ENUM_CONDITION(C, n, t) TC_CONDITION_##C,
#define TC_ENUM_CREATION(C, n, t) TC_CREATION_##C,
#define TC_ENUM_COUNTER(C, n, s, t) TC_COUNTER_##C,
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
 * There are two more rows than activities. A page fault has a row of its own until the kernel shows that it was
 * resolved. Then the row joins page_fault; a fault that is never resolved (a probe of unmapped memory, a fatal signal)
 * joins what it interrupted. A call on a descriptor has a row of its own until it returns. Its file is read then,
 * because the call has brought it into the cache, and the row joins pipe, socket or file.
 */
enum { TC_ROW_FAULT_PENDING = TC_NR_ACTIVITIES, TC_ROW_CALL_PENDING, TC_NR_ROWS };
enum { TC_NR_CELLS = (int)TC_NR_ROWS * (int)TC_NR_CONDITIONS };

#ifdef __cplusplus
static_assert(int{TC_NR_CHANNELS} % 2 == 0, "64-bit fields follow the 32-bit ones");
#endif

#endif
