// SPDX-License-Identifier: Apache-2.0
//
// The account: what the kernel spent on each task, in plain values. No kernel and no printing here.
//
// Definitions, for every figure below:
//
//   lifetime    birth to the final switch-out. Birth is task_struct.start_time for a task whose creation was seen, the
//               moment of adoption for one that existed before (open_at_start). For a task that outlives the window the
//               end is the end of the window (open_at_end). An open end is marked, never guessed.
//   cell        time in one activity and one condition. At every instant a task is in exactly one cell.
//   residual    lifetime minus the sum of all cells, signed. Not zero means that a transition was lost.
//   running     from sched_switch to the task until sched_switch away from it; interrupts that hit it included.
//   preempted   from a switch-out with the task still runnable until its switch-in.
//   runnable    from sched_waking (a new task: sched_wakeup_new) until its switch-in.
//   blocked     from a switch-out that sleeps until sched_waking.
//   count       how often the activity was entered. A page fault counts when it is resolved.
//   faults      minor and major as the kernel accounts them (min_flt, maj_flt), those that the kernel took on a task's
//               behalf without an exception (get_user_pages) included; cow, file and kernel are subsets seen by probes.
//   wait        a blocked interval by what was waited for; all waits sum up to the blocked cells.
//   creation    copy: entry of the system call to task_newtask; publish: to sched_wakeup_new; return: to the exit of
//               the system call in the creator (a vfork waits there for its child); child start: sched_wakeup_new to
//               the child's first switch-in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/abi.h"
#include "taskcost/histogram.h"
#include "taskcost/monotonic_clock.h"

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

// JSON keys and words for people, from the lists in abi.h.
const char* key_of(tc_activity activity);
const char* key_of(tc_condition condition);
const char* key_of(tc_creation creation);
const char* key_of(tc_counter counter);
const char* key_of(tc_channel channel);
const char* key_of(tc_histogram_id histogram);
const char* key_of(tc_loss loss);
const char* key_of(tc_shared object);
const char* key_of(tc_wait wait);
// The wait for a channel; the channel that a wait is for, TC_CHANNEL_NONE when it is for none.
tc_wait wait_of(tc_channel channel);
tc_channel channel_of(tc_wait wait);
const char* text_of(tc_activity activity);
const char* text_of(tc_creation creation);
const char* text_of(tc_counter counter);
const char* text_of(tc_channel channel);
const char* text_of(tc_histogram_id histogram);
const char* text_of(tc_loss loss);
const char* text_of(tc_shared object);
const char* text_of(tc_wait wait);

struct CreationSums {
  std::uint64_t count = 0;
  Duration copy{};           // sum over `copies` creations
  std::uint64_t copies = 0;  // a creating call that was not seen to begin has none
  Duration publish{};
  Duration returned{};        // sum over `returns` creations
  std::uint64_t returns = 0;  // a creator that ended or was still inside the call has none
  Duration child_start{};     // sum over `starts` children
  std::uint64_t starts = 0;
  Duration running{};  // of the creator, on a CPU inside these calls
};

struct ChannelUse {
  std::uint64_t calls = 0;
  std::uint64_t bytes_in = 0;  // of the calls that are counted in bytes
  std::uint64_t bytes_out = 0;
  Duration kernel{};            // on a CPU inside these calls
  std::uint64_t uncounted = 0;  // calls whose bytes are not known

  // All bytes; nullopt where those of a call are not known.
  [[nodiscard]] std::optional<std::uint64_t> received() const { return known(bytes_in); }
  [[nodiscard]] std::optional<std::uint64_t> sent() const { return known(bytes_out); }

 private:
  [[nodiscard]] std::optional<std::uint64_t> known(std::uint64_t bytes) const {
    return uncounted == 0 ? std::optional(bytes) : std::nullopt;
  }
};

// Blocked time by what was waited for: the same time as the blocked cells, told apart by another question.
struct WaitSums {
  std::uint64_t count = 0;
  Duration blocked{};
  std::uint64_t open = 0;  // of them, cut off by the end of the window

  [[nodiscard]] std::uint64_t ended() const { return count - open; }
};

// The kernel's own books over the same life (struct task_struct), to hold the ledger against.
struct KernelBooks {
  std::uint64_t voluntary_switches = 0;    // nvcsw
  std::uint64_t involuntary_switches = 0;  // nivcsw
  std::uint64_t faults_minor = 0;          // min_flt
  std::uint64_t faults_major = 0;          // maj_flt
  Duration cpu_time{};                     // se.sum_exec_runtime
  Duration user_time{};                    // utime, by ticks on most kernels
  Duration system_time{};                  // stime
};

struct Account {
  Duration lifetime{};
  PerActivity<PerCondition<Duration>> cells{};
  PerActivity<std::optional<std::uint64_t>> entries{};  // nullopt: its calls had no probes
  // nullopt: not measurable with the sources in use. 0: measured, and none.
  PerCounter<std::optional<std::uint64_t>> counters{};
  PerCreation<CreationSums> creations{};
  PerChannel<std::optional<ChannelUse>> channels{};  // nullopt likewise
  PerWait<WaitSums> waits{};
  // nullopt: a task vanished before its books could be read.
  std::optional<KernelBooks> books;

  [[nodiscard]] Duration total() const;                        // of all cells
  [[nodiscard]] Duration total(tc_activity activity) const;    // of a row
  [[nodiscard]] Duration total(tc_condition condition) const;  // of a column
  [[nodiscard]] Duration residual() const { return lifetime - total(); }
  // On a CPU outside user code.
  [[nodiscard]] Duration kernel_running() const;
  [[nodiscard]] std::uint64_t switches() const;  // voluntary + involuntary
};

// Adds `other`: sums of times and counts; a counter or books that one of them lacks is lacking in the sum.
// An empty account (lifetime 0, default constructed via `empty_account()`) is the neutral element.
void add(Account& sum, const Account& other);
Account empty_account();

// worker: a thread that the kernel made for itself in the process (io_uring, vhost)
enum class How { fork, vfork, spawn, clone_vm, thread, attached, worker };
const char* to_string(How how);

struct Task {
  std::uint64_t id = 0;  // unique in the session, by order of birth
  std::uint32_t tid = 0;
  std::optional<std::uint32_t> tid_inside;   // as its own pid namespace numbers it, where that is another one than
  std::optional<std::uint32_t> tgid_inside;  // the kernel's
  std::string comm;                          // bytes from the observed program: hostile
  bool leader = false;
  // The same number for tasks whose mm is the same object; numbered by appearance, from 1. After an exec, the new one.
  std::uint64_t address_space = 0;
  How how = How::attached;
  std::uint64_t creator = 0;         // Task::id; 0 when the creator was not observed
  std::uint32_t created_by_tid = 0;  // 0 when unknown
  Instant start{};
  Instant end{};
  bool open_at_start = false;  // lived before the window
  bool open_at_end = false;    // outlived the window
  // When it was on a CPU for the last time; the end of the window if it was then. nullopt: never.
  std::optional<Instant> last_on_cpu;
  // Whether each object was its creator's when it was born; nullopt for a task whose birth was not seen.
  std::optional<PerShared<bool>> shares;
  // Whether the CPU of its first switch-in is another one than its creator was on at task_newtask; nullopt: it never
  // ran, or its birth or its first switch-in was not seen.
  std::optional<bool> started_elsewhere;
  Account account;

  // Its own creation and end; nullopt when not seen.
  std::optional<Duration> copy;
  std::optional<Duration> publish;
  std::optional<Duration> child_start;
  std::optional<Duration> exit;           // exit begun -> final switch-out
  std::optional<Duration> exit_teardown;  // exit begun -> exit_mmap, for the task that tore down the address space
  std::uint64_t execs = 0;
  std::optional<Duration> exec_prepare;  // sums over execs: entry -> sched_prepare_exec (nullopt before Linux 6.10)
  std::optional<Duration> exec_replace;  // -> sched_process_exec
  std::optional<Duration> exec_return;   // -> return
};

// The signal that ended a process.
struct FatalSignal {
  int number = 0;
  Instant generated{};       // signal_generate
  std::uint64_t target = 0;  // Task::id that it was sent to
};

struct Process {
  std::uint64_t id = 0;      // unique in the session
  std::uint64_t parent = 0;  // Process::id of its last parent, as `ppid`; 0 when that is not observed
  std::uint32_t tgid = 0;
  std::uint32_t tgid_seen = 0;  // as the pid namespace of the observer numbers it; 0: not visible there
  std::uint32_t ppid = 0;
  std::string comm;     // of the leader; hostile
  std::string command;  // arguments joined by spaces; hostile, maybe cut
  bool command_truncated = false;
  How how = How::attached;
  Instant start{};
  Instant end{};
  bool open_at_start = false;
  bool open_at_end = false;
  std::optional<int> exit_code;      // nullopt while it lives or when a signal ended it
  std::optional<int> exit_signal;    // nullopt while it lives or when it exited
  std::optional<FatalSignal> fatal;  // nullopt when no signal ended it, or its generation was not seen
  std::uint64_t address_space = 0;   // equal for processes that share memory; numbered by appearance, from 1
  bool kernel = false;               // a kernel thread
  std::optional<Duration> zombie;    // last task's final switch-out -> the wait that reaped it returned; nullopt when
                                     // not seen
  std::optional<Duration> reap;      // of the process that reaped it, on a CPU inside that wait
  std::vector<Task> tasks;           // by birth

  [[nodiscard]] std::size_t workers() const;  // tasks that the kernel made for itself
};

// Tasks that ended beyond the number kept one by one: summed by the name of their process.
struct FoldedProcesses {
  std::string comm;  // hostile
  std::uint64_t processes = 0;
  std::uint64_t tasks = 0;
  Account total;
};

// What the kernel spent on tasks of one kind from their creation to their reaping, on CPUs, summed over those of them
// that were born and ended in the window and are kept one by one. Costs that come later than the creation are booked to
// it: first faults, copy-on-write faults on both sides of a fork, teardown.
struct LifetimePrice {
  std::uint64_t count = 0;
  Duration create{};         // the creator inside the creating call: the mean of all creations, times count
  Duration start{};          // the new task on its way out of that call
  Duration exec{};           // its exec
  Duration faults{};         // its page faults
  Duration exit{};           // its exit, teardown of memory included
  Duration reap{};           // the wait that reaped it (none for threads)
  Duration copy_on_write{};  // faults on write-protected pages in processes that forked, without their children's
};

// What a process that a signal ended took with it.
struct Blast {
  std::uint64_t process = 0;  // Process::id
  int signal = 0;
  std::optional<Instant> generated;
  std::uint64_t tasks_ended = 0;          // of the process, after the signal
  std::optional<Duration> to_first_exit;  // from the signal to the first of their final switch-outs
  std::optional<Duration> to_last_exit;
  // Other observed tasks that lived at the last exit, and those of them that were on a CPU after it.
  std::uint64_t others_alive = 0;
  std::uint64_t others_ran_on = 0;
};

// One uninterrupted time of a task on a CPU.
struct CpuStint {
  std::uint64_t task = 0;  // Task::id; 0 when its task was folded
  std::uint32_t cpu = 0;
  Instant start{};
  Instant end{};
};

// Who ended a wait.
struct Waker {
  enum class Kind {
    task,        // an observed one
    unobserved,  // a task that nobody observes
    timer,
    interrupt,  // of a device, as far as can be told
    several,    // tasks that there was no room to tell apart
    unknown     // nobody saw
  };
  Kind kind = Kind::unknown;
  std::uint64_t task = 0;  // Task::id of an observed one that is kept one by one, else 0
  std::uint32_t tid = 0;   // of the task, 0 when unknown
};
const char* to_string(Waker::Kind kind);

// What one task gave another: wake-ups that ended its waits for one cause, and bytes through the channel of that name.
struct Edge {
  Waker from;
  std::uint64_t to = 0;  // Task::id; 0: the other end is not observed, or one of several
  std::uint32_t to_tid = 0;
  tc_wait cause = TC_WAIT_OTHER;
  std::uint64_t wakeups = 0;
  Duration waited{};  // by `to`, until these wake-ups
  Duration longest{};
  std::map<std::string, std::uint64_t> places;  // wake-ups by where the waker was: a system call, "exit", ...
  // Sent to `to`; nullopt: no bytes pass, their number is not known, or it is not told whose they are.
  std::optional<std::uint64_t> bytes;
};

// A wait, and the last long wait that its waker had to end first while it lasted, and so on.
struct ChainLink {
  std::uint64_t task = 0;  // Task::id of the sleeper, 0 when it is not kept one by one
  std::uint32_t tid = 0;
  Waker waker;
  tc_wait cause = TC_WAIT_OTHER;
  std::string place;  // of the waker
  Duration waited{};
};
using Chain = std::vector<ChainLink>;

// A latency distribution in the buckets of histogram.h.
class Histogram {
 public:
  Histogram() = default;
  void add(Duration value);
  void merge(const tc_histogram& raw);
  void merge(const Histogram& other);

  [[nodiscard]] const tc_histogram& raw() const { return raw_; }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] Duration sum() const { return Duration(static_cast<Duration::rep>(raw_.sum_ns)); }
  [[nodiscard]] std::optional<Duration> min() const;  // nullopt when empty
  [[nodiscard]] std::optional<Duration> max() const;
  // Quantile q in [0, 1]: the middle of its bucket, kept within min and max; at most 1/32 off. nullopt when empty.
  [[nodiscard]] std::optional<Duration> quantile(double q) const;

  struct Bucket {
    Duration from;
    Duration to;  // exclusive
    std::uint64_t count;
  };
  [[nodiscard]] std::vector<Bucket> buckets() const;  // those that are not empty, in order

 private:
  tc_histogram raw_{};
};

struct Losses {
  PerLoss<std::uint64_t> counts{};
  // Programs that the kernel skipped because they were already running on that CPU.
  std::uint64_t skipped_probes = 0;
  // Switches that the kernel counted and the ledgers did not, over all tasks that ended in the window.
  std::uint64_t missed_switches = 0;

  [[nodiscard]] bool any() const;
};

// What was observed between two instants.
struct Session {
  Instant start{};
  Instant end{};
  std::vector<Process> processes;       // by birth, parents before their children
  std::vector<FoldedProcesses> folded;  // empty unless there were more tasks than `kept_tasks_limit`
  Account totals;                       // over all tasks, folded ones included
  std::uint64_t task_count = 0;
  std::uint64_t process_count = 0;
  // By key: the kernel's (TC_HISTOGRAMS) and those made from records: creation, creation_<kind>, child_start, exit,
  // zombie. A key is absent when its source is not available.
  std::map<std::string, Histogram> histograms;
  // System calls had probes. Without, all time on CPUs counts as user code, and what only calls tell is missing.
  bool calls_seen = true;
  Account kernel_totals;  // of kernel threads, which are not in `totals`
  PerCreation<LifetimePrice> prices{};
  std::vector<Blast> blasts;
  std::vector<Edge> edges;         // by waiting time, the largest first
  std::uint64_t folded_edges = 0;  // of tasks that are not kept one by one
  std::vector<Chain> chains;       // by the wait of their first link, the longest first
  // nullopt unless they were asked for; by start.
  std::optional<std::vector<CpuStint>> stints;
  Losses losses;
};

}  // namespace taskcost
