// SPDX-License-Identifier: Apache-2.0
//
// Builds a Session from ledgers. Its memory is bounded: it keeps the first `kept_tasks` tasks one by one, and sums up
// later tasks by process name when they exit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/account.h"
#include "account/ledger.h"
#include "account/lock_table.h"
#include "account/process_table.h"
#include "account/ran_instead.h"
#include "account/region_table.h"
#include "account/session_options.h"
#include "account/syscall_table.h"
#include "account/wait_object_table.h"
#include "account/wakeup_graph.h"
#include "account/zombies.h"
#include "base/bounded_map.h"
#include "taskcost/abi.h"
#include "taskcost/abi_interrupts.h"
#include "taskcost/abi_quota.h"
#include "taskcost/abi_ran_instead.h"
#include "taskcost/abi_syscalls.h"

namespace taskcost {

class SessionBuilder {
 public:
  using Options = SessionOptions;

  explicit SessionBuilder(const Options& options);

  // Takes a final ledger (end_ns is set), or the snapshot of a task that still runs, whose intervals finish() closes at
  // the end of the window. A snapshot is passed once, after the window was closed.
  void on_ledger(const tc_ledger& ledger);
  void on_exec(const tc_exec& exec);
  void on_reap(const tc_reap& reap);
  void on_cpu_slice(const tc_cpu_slice& cpu_slice);
  // Take edges and flows that did not fit a ledger, at the end of the window.
  void on_edge(const tc_edge& edge);
  void on_flow(const tc_flow& flow);
  // Takes the arguments, joined by spaces, of a process that existed before the window.
  void on_command(std::uint64_t process, std::string_view command);
  // Takes the system calls of programs with one name by their number; called once for each key.
  void on_syscalls(const tc_syscall_key& key, const tc_syscall_sums& sums);
  // Takes what ran while tasks waited; called once for each key, and with no turns if it was measured at all.
  void on_ran_instead(const tc_ran_key& key, const tc_ran_sums& sums);
  // Takes interrupts of one kind; called once for each kind if they were measured.
  void on_interrupts(tc_interrupt kind, const tc_interrupt_sums& sums);
  // Takes waits for locks of the kernel; called once for each key, and with no waits if they were measured at all.
  void on_wait_object(const tc_wait_object_key& key, const tc_wait_object_sums& sums);
  void on_lock(const tc_lock_key& key, const tc_lock_sums& sums, std::string_view symbol);
  // Takes a cgroup whose CPU quota throttled tasks; called once for each.
  void on_quota(const tc_quota_key& key, const tc_quota_sums& sums);
  // Takes the regions of one name; called once for each key.
  void on_regions(const tc_region_key& key, const tc_region_sums& sums) { regions_.add(key, sums); }
  // The arguments of a process, joined by spaces; empty if not known. The process must not have exited.
  [[nodiscard]] std::string command_of(std::uint64_t process);
  // Takes the histogram of one CPU; called once for each CPU and histogram.
  void on_histogram(tc_histogram_id id, const tc_histogram& raw);

  // The number of tasks, names and unmatched events in memory. It is bounded, however many tasks exit.
  [[nodiscard]] std::size_t held() const;

  // Return the Process::id for the kernel side's number of a process, and the Task::id for a ledger id; 0 if it is not
  // kept one by one.
  [[nodiscard]] std::uint64_t process_number(std::uint64_t process) const;
  [[nodiscard]] std::uint64_t task_number(std::uint64_t ledger) const;
  // Closes open intervals at `end` and sums up. Afterwards, only process_number() and task_number() may be called.
  Session finish(Instant start, Instant end, const PerLoss<std::uint64_t>& losses, std::uint64_t skipped_probes);

 private:
  // The time that children waited for a CPU for the first time.
  struct Starts {
    Duration sum{};
    std::uint64_t count = 0;
  };
  // Latencies that come from the records of single tasks, and not from a histogram of the probes.
  struct Latencies {
    PerCreation<Histogram> creation;
    Histogram child_start;
    Histogram exit;
    Histogram zombie;
  };

  void add_closed(const tc_ledger& ledger, Closed closed);
  void add_latencies(const tc_ledger& ledger, const Task& task);
  void add_start(const tc_ledger& child);
  static void add_starts(CreationSums& sums, const Starts& starts);
  void add_waiting_starts(Account& account, std::uint64_t ledger);
  [[nodiscard]] bool is_kept(const tc_ledger& ledger) const;
  void aggregate(const tc_ledger& ledger, const Account& account);
  AggregatedProcesses& aggregate_named(std::string comm);
  void settle(const Zombies::Reaped& reaped);
  std::vector<Process> take_processes();
  std::map<std::string, Histogram> take_histograms();
  void keep_cpu_slice(const tc_cpu_slice& cpu_slice);
  std::vector<CpuSlice> take_cpu_slices();
  void take_wakeup_graph(Session& session);

  Options options_;
  Account totals_;
  Account kernel_totals_;
  std::uint64_t task_count_ = 0;
  std::uint64_t missed_ = 0;
  // The number of processes that have no task in `processes_`.
  std::uint64_t aggregated_processes_ = 0;
  std::optional<std::uint64_t> launched_process_;

  ProcessTable processes_;
  std::map<std::string, AggregatedProcesses, std::less<>> aggregated_;
  std::deque<tc_ledger> living_;
  Zombies zombies_;
  Commands commands_;
  BoundedMap<std::uint64_t, PerCreation<Starts>> starts_;  // by creator, until its ledger comes
  std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS> kernel_latencies_;
  Latencies latencies_;
  WakeupGraph wakeup_graph_;
  SyscallTable syscalls_;
  RanInsteadTable ran_instead_;
  LockTable locks_;
  WaitObjectTable wait_objects_;
  std::vector<CpuQuota> cpu_quotas_;
  std::optional<std::vector<InterruptSums>> interrupts_;
  RegionTable regions_;
  std::deque<tc_cpu_slice> cpu_slices_;
  std::uint64_t dropped_cpu_slices_ = 0;
};

}  // namespace taskcost
