// SPDX-License-Identifier: Apache-2.0
//
// An account is what the kernel spent on each task, as plain values. Nothing here reads the kernel or prints.
//
// Definitions of the figures below:
//
//   lifetime    from creation to the final switch-out. It starts at task_struct.start_time if the creation was
//               observed, else at the time of adoption (open_at_start). A task that outlives the window ends with it
//               (open_at_end).
//   cell        the time in one activity and one condition. A task is in exactly one cell at any instant.
//   residual    lifetime minus the sum of all cells, signed. It is not zero if a transition was lost.
//   running     from the sched_switch to the task until the sched_switch away from it, including interrupts.
//   preempted   from a switch-out in state TASK_RUNNING until the next switch-in.
//   runnable    from sched_waking, or sched_wakeup_new for a new task, until the next switch-in.
//   blocked     from a switch-out in a sleeping state until sched_waking.
//   count       how often the activity was entered. A page fault counts when it is resolved.
//   faults      minor and major faults as in min_flt and maj_flt, including faults without an exception by
//               get_user_pages(); cow, file and kernel are subsets that the probes count.
//   wait        a blocked interval, by what the task waited for. All waits add up to the blocked cells.
//   creation    copy: from the entry of the system call to task_newtask; publish: until sched_wakeup_new; return: until
//               the creator leaves the system call, where vfork waits for the child; child start: from
//               sched_wakeup_new to the child's first switch-in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "account/packed_account.h"
#include "base/monotonic_clock.h"
#include "taskcost/abi.h"
#include "taskcost/abi_interrupts.h"
#include "taskcost/abi_locks.h"
#include "taskcost/histogram.h"

namespace taskcost {

template <typename T>
using PerActivity = std::array<T, TC_NR_ACTIVITIES>;
template <typename T>
using PerCondition = std::array<T, TC_NR_CONDITIONS>;
template <typename T>
using PerCounter = std::array<T, TC_NR_COUNTERS>;
template <typename T>
using PerCreation = std::array<T, TC_NR_CREATIONS>;
template <typename T>
using PerChannel = std::array<T, TC_NR_CHANNELS>;
template <typename T>
using PerWait = std::array<T, TC_NR_WAITS>;
template <typename T>
using PerShared = std::array<T, TC_NR_SHARED>;
template <typename T>
using PerLoss = std::array<T, TC_NR_LOSSES>;

// The JSON keys (key_of) and the words in reports (text_of) of the lists in abi.h.
const char* key_of(tc_activity activity);
const char* key_of(tc_condition condition);
const char* key_of(tc_creation creation);
const char* key_of(tc_counter counter);
const char* key_of(tc_channel channel);
const char* key_of(tc_histogram_id histogram);
const char* key_of(tc_interrupt interrupt);
const char* key_of(tc_lock_type type);
const char* key_of(tc_lock_name name);
const char* key_of(tc_loss loss);
const char* key_of(tc_shared object);
const char* key_of(tc_wait wait);
// The wait for a channel, and the channel of a wait; TC_CHANNEL_NONE if it is not for a channel.
tc_wait wait_of(tc_channel channel);
tc_channel channel_of(tc_wait wait);
const char* text_of(tc_activity activity);
const char* text_of(tc_creation creation);
const char* text_of(tc_counter counter);
const char* text_of(tc_channel channel);
const char* text_of(tc_histogram_id histogram);
const char* text_of(tc_interrupt interrupt);
const char* text_of(tc_lock_type type);
const char* text_of(tc_loss loss);
const char* text_of(tc_shared object);
const char* text_of(tc_wait wait);
bool is_always_counted(tc_counter counter);  // ALWAYS in TC_COUNTERS

// The keys of latencies that are made from records. Those of the kernel side are key_of(tc_histogram_id).
namespace latency_key {
inline constexpr const char* creation = "creation";
inline constexpr const char* child_start = "child_start";
inline constexpr const char* exit = "exit";
inline constexpr const char* zombie = "zombie";
std::string of(tc_creation kind);  // "creation_fork"
}  // namespace latency_key

struct CreationSums {
  std::uint64_t count = 0;
  Duration copy{};           // sum over `copies` creations
  std::uint64_t copies = 0;  // creations whose system call was seen to begin
  Duration publish{};
  Duration returned{};        // sum over `returns` creations
  std::uint64_t returns = 0;  // creations whose system call was seen to end
  Duration child_start{};     // sum over `starts` children
  std::uint64_t starts = 0;
  Duration running{};  // CPU time of the creator in these calls
};

struct ChannelUse {
  std::uint64_t calls = 0;
  std::uint64_t bytes_in = 0;  // without the bytes of the `uncounted` calls
  std::uint64_t bytes_out = 0;
  Duration kernel{};            // CPU time in these calls
  std::uint64_t uncounted = 0;  // calls whose bytes are not known

  // All bytes; nullopt if the bytes of any call are not known.
  [[nodiscard]] std::optional<std::uint64_t> received() const { return known(bytes_in); }
  [[nodiscard]] std::optional<std::uint64_t> sent() const { return known(bytes_out); }

 private:
  [[nodiscard]] std::optional<std::uint64_t> known(std::uint64_t bytes) const {
    return uncounted == 0 ? std::optional(bytes) : std::nullopt;
  }
};

// Blocked time by what the task waited for. It is the same time as that of the blocked cells.
struct WaitSums {
  std::uint64_t count = 0;
  Duration blocked{};
  std::uint64_t open = 0;  // waits among them that the end of the window cut off

  [[nodiscard]] std::uint64_t ended() const { return count - open; }
};

// The kernel's own statistics of the same task (struct task_struct), for a cross-check of the ledger.
struct TaskStats {
  std::uint64_t voluntary_switches = 0;    // nvcsw
  std::uint64_t involuntary_switches = 0;  // nivcsw
  std::uint64_t faults_minor = 0;          // min_flt
  std::uint64_t faults_major = 0;          // maj_flt
  Duration cpu_time{};                     // se.sum_exec_runtime
  Duration user_time{};                    // utime, which most kernels sample by ticks
  Duration system_time{};                  // stime
};

struct Account {
  Duration lifetime{};
  PerActivity<PerCondition<Duration>> cells{};
  PerActivity<std::optional<std::uint64_t>> entries{};  // nullopt: system calls had no probes
  // nullopt: the chosen sources do not measure it. 0: measured, and it did not happen.
  PerCounter<std::optional<std::uint64_t>> counters{};
  PerCreation<CreationSums> creations{};
  PerChannel<std::optional<ChannelUse>> channels{};  // nullopt: not measured
  PerWait<WaitSums> waits{};
  // nullopt: a task was gone before its statistics could be read.
  std::optional<TaskStats> task_stats;

  [[nodiscard]] Duration total() const;                        // sum of all cells
  [[nodiscard]] Duration total(tc_activity activity) const;    // sum of a row
  [[nodiscard]] Duration total(tc_condition condition) const;  // sum of a column
  [[nodiscard]] Duration residual() const { return lifetime - total(); }
  // CPU time outside of user code.
  [[nodiscard]] Duration kernel_running() const;
  [[nodiscard]] std::uint64_t switches() const;  // voluntary + involuntary
};

// Adds times and counts of `other`. A counter that is nullopt in one of them is nullopt in the sum; so are the task
// stats. empty_account() is the neutral element.
void add(Account& sum, const Account& other);
Account empty_account();

class PackedAccount::Reading {
 public:
  explicit Reading(const PackedAccount& packed) : account_(packed) {}
  const Account* operator->() const { return &account_; }

 private:
  Account account_;
};

class PackedAccount::Editing {
 public:
  explicit Editing(PackedAccount& packed) : packed_(packed), account_(packed) {}
  ~Editing() { packed_ = account_; }
  Editing(const Editing&) = delete;
  Editing& operator=(const Editing&) = delete;
  Account* operator->() { return &account_; }

 private:
  PackedAccount& packed_;
  Account account_;
};

// How a task was created. worker: a thread that the kernel creates in the process (io_uring, vhost).
enum class TaskOrigin { fork, vfork, spawn, clone_vm, thread, attached, worker };
const char* to_string(TaskOrigin how);

struct Task {
  std::uint64_t id = 0;  // unique in the session, by order of start
  std::uint32_t tid = 0;
  std::optional<std::uint32_t> tid_inside;  // ids in the task's own pid namespace; nullopt if that is the initial one
  std::optional<std::uint32_t> tgid_inside;
  std::string comm;  // hostile: the observed program chose these bytes
  bool leader = false;
  // Equal for tasks with the same mm_struct; numbered from 1 by appearance. An exec changes it.
  std::uint64_t address_space = 0;
  TaskOrigin origin = TaskOrigin::attached;
  std::uint64_t creator = 0;         // Task::id; 0 if the creator was not observed
  std::uint32_t created_by_tid = 0;  // 0 if unknown
  Instant start{};
  Instant end{};
  bool open_at_start = false;  // existed before the window
  bool open_at_end = false;    // outlived the window
  // The end of its last CPU slice; the end of the window if it was running then. nullopt: it never ran.
  std::optional<Instant> last_on_cpu;
  // True for each object that it shared with its creator when it was created; nullopt if its creation was not seen.
  std::optional<PerShared<bool>> shares;
  // True if its first switch-in was on another CPU than its creator's at task_newtask; nullopt: it never ran, or its
  // creation or its first switch-in was not seen.
  std::optional<bool> started_elsewhere;
  PackedAccount account;

  // The phases of its own creation and exit; nullopt if not seen.
  std::optional<Duration> copy;
  std::optional<Duration> publish;
  std::optional<Duration> child_start;
  std::optional<Duration> exit;           // start of the exit -> final switch-out
  std::optional<Duration> exit_teardown;  // start of the exit -> exit_mmap, for the task that freed the address space
  std::uint64_t execs = 0;
  std::optional<Duration> exec_prepare;  // sums over execs: entry -> sched_prepare_exec (nullopt before v6.10)
  std::optional<Duration> exec_replace;  // -> sched_process_exec
  std::optional<Duration> exec_return;   // -> return
};

// The signal that ended a process.
struct FatalSignal {
  int number = 0;
  Instant generated{};       // time of signal_generate
  std::uint64_t target = 0;  // Task::id of the task that it was sent to
};

struct Process {
  std::uint64_t id = 0;      // unique in the session
  std::uint64_t parent = 0;  // Process::id of its last parent, whose tgid is `ppid`; 0 if that is not observed
  std::uint32_t tgid = 0;
  std::uint32_t tgid_seen = 0;  // tgid in the pid namespace of taskcost; 0: not visible there
  std::uint32_t ppid = 0;
  std::string comm;     // comm of the leader; hostile
  std::string command;  // arguments joined by spaces; hostile, may be cut
  bool command_truncated = false;
  TaskOrigin origin = TaskOrigin::attached;
  Instant start{};
  Instant end{};
  bool open_at_start = false;
  bool open_at_end = false;
  std::optional<int> exit_code;      // nullopt if it still runs or was killed by a signal
  std::optional<int> exit_signal;    // nullopt if it still runs or exited
  std::optional<FatalSignal> fatal;  // nullopt if no signal killed it, or signal_generate was not seen
  std::uint64_t address_space = 0;   // equal for processes that share memory; numbered from 1 by appearance
  bool kernel = false;               // a kernel thread
  // These four describe its leader at its end, or at the end of the window.
  std::optional<std::uint32_t> uid;  // real uid in the initial user namespace; nullopt if not read
  std::string user;                  // name of that user; empty if it has none
  std::uint64_t cgroup_id = 0;       // of the hierarchy of cgroup v2; 0 if not read
  std::string cgroup;                // path of that cgroup; empty if it is gone, or not known; hostile
  std::optional<Duration> zombie;    // last task's final switch-out -> return of the wait that reaped it; nullopt if
  // not seen
  std::optional<Duration> reap;  // CPU time of the reaping process in that wait
  std::vector<Task> tasks;       // sorted by start

  [[nodiscard]] std::size_t workers() const;  // number of tasks with TaskOrigin::worker
};

Account account_of(const Process& process);  // the sum of its tasks

// The sum of tasks that exited after the limit of tasks kept one by one was reached, by the name of their process.
struct AggregatedProcesses {
  std::string comm;  // hostile
  std::uint64_t processes = 0;
  std::uint64_t tasks = 0;
  Account total;
};

// CPU time in the kernel for tasks of one kind from creation to reaping. It is summed over the tasks that were created
// and exited in the window and are kept one by one. It includes later costs of the creation: first faults,
// copy-on-write faults on both sides of a fork, and the teardown.
struct LifecycleCost {
  std::uint64_t count = 0;
  Duration create{};         // the creator in the creating call: the mean of all creations, times count
  Duration start{};          // the new task on its way out of that call
  Duration exec{};           // exec of the new task
  Duration faults{};         // page faults of the new task
  Duration exit{};           // exit of the new task, including the teardown of its memory
  Duration reap{};           // the wait that reaped it; 0 for threads
  Duration copy_on_write{};  // faults on write-protected pages in processes that forked, without their children's
};

// The tasks that exited because a signal killed their process.
struct SignalDeath {
  std::uint64_t process = 0;  // Process::id
  int signal = 0;
  std::optional<Instant> generated;
  std::uint64_t tasks_ended = 0;          // tasks of the process that exited after the signal
  std::optional<Duration> to_first_exit;  // from the signal to the first final switch-out of these tasks
  std::optional<Duration> to_last_exit;
  // Other observed tasks that were alive at the last exit, and those among them that ran after it.
  std::uint64_t others_alive = 0;
  std::uint64_t others_ran_on = 0;
};

// One CPU slice: the time from a switch-in to the next switch-out.
struct CpuSlice {
  std::uint64_t task = 0;  // Task::id; 0 if its task is not kept one by one
  std::uint32_t cpu = 0;
  Instant start{};
  Instant end{};
};

// The source of a wakeup.
struct Waker {
  enum class Kind {
    task,        // an observed task
    unobserved,  // a task that is not observed
    timer,
    interrupt,  // an interrupt, most likely of a device
    several,    // several tasks that did not fit the table
    unknown     // the wakeup was not traced
  };
  Kind kind = Kind::unknown;
  std::uint64_t task = 0;  // Task::id of an observed task that is kept one by one, else 0
  std::uint32_t tid = 0;   // tid of the task; 0 if unknown
  std::string comm{};      // of an unobserved task; empty if unknown; hostile
};
const char* to_string(Waker::Kind kind);

// An edge of the wakeup graph: the wakeups of one task by another for one cause, and the bytes through that channel.
struct Edge {
  Waker from;
  std::uint64_t to = 0;  // Task::id; 0: the receiver is not observed, or one of several
  std::uint32_t to_tid = 0;
  tc_wait cause = TC_WAIT_OTHER;
  std::uint64_t wakeups = 0;
  Duration waited{};  // total of the waits of `to` that these wakeups ended
  Duration longest{};
  std::map<std::string, std::uint64_t> call_sites;  // wakeups by call site of the waker: a system call, "exit", ...
  // Bytes sent to `to`; nullopt: the cause has no bytes, or their number or their sender is not known.
  std::optional<std::uint64_t> bytes;
};

// A link of a chain of waits. The next link is the last long wait of the waker within this wait.
struct ChainLink {
  std::uint64_t task = 0;  // Task::id of the sleeper; 0 if it is not kept one by one
  std::uint32_t tid = 0;
  Waker waker;
  tc_wait cause = TC_WAIT_OTHER;
  std::string call_site;  // call site of the waker
  Duration waited{};
};
using Chain = std::vector<ChainLink>;

// A distribution of latencies in the buckets of histogram.h.
class Histogram {
 public:
  // A bucket is at most this part of its values wide: quantiles that differ by less may be equal.
  static constexpr double bucket_width = 1.0 / int{TC_HISTOGRAM_STEPS};

  Histogram() = default;
  void add(Duration value);
  void merge(const tc_histogram& raw);
  void merge(const Histogram& other);

  [[nodiscard]] const tc_histogram& raw() const { return raw_; }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] Duration sum() const { return Duration(static_cast<Duration::rep>(raw_.sum_ns)); }
  [[nodiscard]] std::optional<Duration> min() const;  // nullopt if empty
  [[nodiscard]] std::optional<Duration> max() const;
  // The quantile q, from 0 to 1: the middle of its bucket, clamped to min and max. The error is at most 1/32. nullopt
  // if empty.
  [[nodiscard]] std::optional<Duration> quantile(double q) const;

  struct Bucket {
    Duration from;
    Duration to;  // exclusive
    std::uint64_t count;
  };
  [[nodiscard]] std::vector<Bucket> buckets() const;  // the buckets that are not empty, in order

 private:
  tc_histogram raw_{};
};

// The calls of one system call by all programs with one name that returned in the window.
struct Syscalls {
  std::string program;  // comm of the process; hostile. Empty: programs for which there was no room of their own
  std::string name;     // of the system call
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> errors;  // failed calls by the name of their errno
  std::optional<std::uint64_t> bytes;           // nullopt: the result is no number of bytes
  std::uint64_t timed = 0;                      // calls whose entry was traced: those that follow are about these
  std::optional<Duration> total;                // from the entry to the return; nullopt, as below: none was timed
  std::optional<Duration> running;              // on a CPU, without page faults
  std::optional<Duration> p50;                  // of the time from the entry to the return, up to 1/8 off
  std::optional<Duration> p99;
  std::optional<Duration> longest;

  [[nodiscard]] std::uint64_t failed() const;
};

// The operations of io_uring of one kind by all programs with one name that completed in the window. `name` is that of
// the operation, IORING_OP_*; times are from the submission to the completion, and `running` is not known.
struct RingOperations : Syscalls {};

// What had the CPU while a task waited for it, summed up over the waits of one task.
struct RanInstead {
  enum class Kind {
    task,           // an observed task
    unobserved,     // a task that is not observed
    kernel_thread,  // a kernel thread that is not observed
    idle            // the CPU was idle: it had to wake up
  };
  std::uint64_t waiter = 0;  // Task::id; 0 if it is not kept one by one
  Kind kind = Kind::task;
  std::uint64_t task = 0;  // Task::id of Kind::task; 0 if it is not kept one by one
  std::string comm{};      // of a task that is not observed; hostile
  std::uint64_t turns = 0;
  Duration time{};  // the part of the waits that these turns cover
};
const char* to_string(RanInstead::Kind kind);

// A cgroup whose CPU quota throttled observed tasks.
struct CpuQuota {
  std::uint64_t cgroup_id = 0;      // in the hierarchy of the CPU controller; 0: several, for which there was no room
  std::string cgroup{};             // its path in that hierarchy; empty if it is gone, or not known; hostile
  std::optional<Duration> quota{};  // CPU time in each period; nullopt: several
  std::optional<Duration> period{};
  std::uint64_t throttled = 0;  // times that it took the CPU from a task
  Duration time{};              // of these tasks, until they had a CPU again
};

// Softirqs of one vector, or interrupt handlers, in the running time of all observed tasks.
struct InterruptSums {
  tc_interrupt kind = TC_INTERRUPT_HI;
  std::uint64_t count = 0;
  Duration time{};
};

// Waits of one task for locks of the kernel with one name and type.
struct LockWaits {
  std::uint64_t task = 0;  // Task::id; 0 if it is not kept one by one
  std::string lock;        // its name, or the symbol of a global lock; empty: not known
  tc_lock_type type = TC_LOCK_SPINLOCK;
  // The task that held the lock when the wait began; nullopt: not known, or a reader.
  std::optional<RanInstead::Kind> owner;
  std::uint64_t owner_task = 0;  // Task::id of Kind::task; 0 if it is not kept one by one
  std::uint64_t waits = 0;
  Duration time{};
  Duration longest{};
  Duration other{};  // the part of `time` that is blocked time of TC_WAIT_OTHER
};

enum class WaitObjectKind { unknown, file, directory, pipe, device, tcp, udp, unix_socket, other_socket };
const char* to_string(WaitObjectKind kind);

// Waits of one task for one cause and one file, connection or device, of TC_OBJECT_WAIT_NS or more.
struct ObjectWaits {
  std::uint64_t task = 0;  // Task::id; 0 if it is not kept one by one
  tc_wait cause = TC_WAIT_OTHER;
  WaitObjectKind kind = WaitObjectKind::unknown;
  std::string object{};                  // a path, the address of a peer, ...; empty if unknown; hostile
  std::string disk{};                    // that holds the file, or is it; empty: none is known
  std::string device{};                  // number of the file system of a file, "8:1"; else empty
  std::optional<std::uint64_t> inode{};  // number of a file in its file system
  std::uint64_t waits = 0;
  Duration time{};
  Duration longest{};

  void add(const ObjectWaits& other);
};

// The parts of the time of regions. They add up to it.
struct RegionParts {
  Duration user{};    // running
  Duration calls{};   // running in system calls
  Duration faults{};  // running in page faults
  Duration preempted{};
  Duration runnable{};
  PerWait<Duration> blocked{};

  [[nodiscard]] Duration total_blocked() const;
  [[nodiscard]] Duration total() const;
};

// The regions of one name that programs of one name marked (taskcost/mark.h). Their times include the regions in them.
struct MarkedRegion {
  std::string program;      // comm of the process; hostile
  std::string name;         // hostile; empty: the program gave none, or it could not be read
  std::uint64_t count = 0;  // regions that a mark has ended: those that follow are about these
  Duration total{};
  RegionParts parts;
  std::optional<Duration> p50;  // up to 1/8 off; nullopt: none has ended
  std::optional<Duration> p99;
  std::optional<Duration> shortest;
  std::optional<Duration> longest;
  std::uint64_t not_ended = 0;  // their thread or program ended, or a region around them
  Duration not_ended_time{};
  std::uint64_t open = 0;  // at the end of the window
  Duration open_time{};
  std::uint64_t stray_ends = 0;  // marks of an end without a beginning
  std::uint64_t too_deep = 0;    // regions within TC_REGION_DEPTH others: they are not measured
};

struct Losses {
  PerLoss<std::uint64_t> counts{};
  // Runs of programs that the kernel skipped because the program was already running on that CPU.
  std::uint64_t skipped_probes = 0;
  // Switches that nvcsw and nivcsw count but the ledgers do not, over all tasks that exited in the window.
  std::uint64_t missed_switches = 0;

  [[nodiscard]] bool any() const;
};

// The result of one window of observation.
struct Session {
  Instant start{};
  Instant end{};
  std::vector<Process> processes;  // sorted by start, parents before their children
  std::vector<AggregatedProcesses>
      aggregated;  // empty unless there were more tasks than SessionBuilder::Options::kept_tasks
  Account totals;  // sum over all tasks, including those in `aggregated`
  std::uint64_t task_count = 0;
  std::uint64_t process_count = 0;
  // By key: those of the kernel side (TC_HISTOGRAMS), and those made from records (latency_key). A key is missing if
  // its source is not available.
  std::map<std::string, Histogram> histograms;
  // True if system calls had probes. Without, all CPU time counts as user code, and figures of calls are missing.
  bool calls_seen = true;
  Account kernel_totals;  // sum over kernel threads, which are not in `totals`
  PerCreation<LifecycleCost> lifecycle_costs{};
  std::vector<SignalDeath> signal_deaths;
  std::vector<Edge> edges;        // sorted by waiting time, the largest first
  std::uint64_t other_edges = 0;  // edges of tasks that are not kept one by one
  std::vector<Chain> chains;      // sorted by the wait of their first link, the longest first
  // Sorted by start; nullopt without CollectorOptions::cpu_slices.
  std::optional<std::vector<CpuSlice>> cpu_slices;
  // Sorted by CPU time, the largest first; nullopt: not measured.
  std::optional<std::vector<Syscalls>> syscalls;
  // Sorted by total time, the largest first; nullopt: not measured.
  std::optional<std::vector<RingOperations>> ring_operations;
  // Sorted by time, the longest first; nullopt: not measured.
  std::optional<std::vector<RanInstead>> ran_instead;
  std::optional<std::vector<InterruptSums>> interrupts;  // those that happened, by kind; nullopt: not measured
  std::optional<std::vector<LockWaits>> locks;           // sorted by time, the longest first; nullopt: not measured
  std::optional<std::vector<ObjectWaits>> wait_objects;  // likewise
  std::vector<CpuQuota> cpu_quotas;                      // sorted by time, the longest first
  // Sorted by total time, the largest first; nullopt: not measured.
  std::optional<std::vector<MarkedRegion>> regions;
  Losses losses;

  [[nodiscard]] const Histogram* find_histogram(const std::string& key) const;  // nullptr: it has no source
};

}  // namespace taskcost
