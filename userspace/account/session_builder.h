// SPDX-License-Identifier: Apache-2.0
//
// Builds a Session from ledgers. Its memory is bounded: it keeps the first `kept_tasks` tasks one by one, and sums up
// later tasks by process name when they exit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "account/account.h"
#include "account/glance.h"
#include "taskcost/abi.h"

namespace taskcost {

class SessionBuilder {
 public:
  struct Options {
    std::size_t kept_tasks = 32768;
    // The counters that have a source; the others stay nullopt.
    PerCounter<bool> measured{};
    bool calls = true;          // system calls have probes
    bool exec_prepare = true;   // sched_prepare_exec exists
    bool fault_latency = true;  // fault histograms are filled
    bool switch_latency = true;
    bool cpu_slices = false;  // on_cpu_slice() is called for every CPU slice
    std::size_t kept_cpu_slices = std::size_t{1} << 20;
    std::size_t kept_edges = std::size_t{1} << 17;
    // Returns the name of a system call by its number; the second argument is true for 32-bit calls. If empty, calls
    // are named by their numbers.
    std::function<std::string(std::uint32_t, bool)> syscall_name;
  };

  explicit SessionBuilder(const Options& options);
  SessionBuilder(SessionBuilder&&) noexcept;
  SessionBuilder& operator=(SessionBuilder&&) noexcept;
  ~SessionBuilder();

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
  // Takes the histogram of one CPU; called once for each CPU and histogram.
  void on_histogram(tc_histogram_id id, const tc_histogram& raw);

  // The number of tasks that have exited.
  [[nodiscard]] std::uint64_t ended() const;
  // True if the launched task (TC_LEDGER_LAUNCHED) has exited.
  [[nodiscard]] bool launched_ended() const;
  // The number of tasks, names and unmatched events in memory. It is bounded, however many tasks exit.
  [[nodiscard]] std::size_t held() const;

  // Return the Process::id for the kernel side's number of a process, and the Task::id for a ledger id; 0 if it is not
  // kept one by one.
  [[nodiscard]] std::uint64_t process_number(std::uint64_t process) const;
  [[nodiscard]] std::uint64_t task_number(std::uint64_t ledger) const;
  // Closes open intervals at `end` and sums up. Afterwards, only process_number() and task_number() may be called.
  Session finish(Instant start, Instant end, const PerLoss<std::uint64_t>& losses, std::uint64_t skipped_probes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Converts a final ledger, or one in the middle of a window, whose open intervals are counted up to `now`.
Glance::Task to_glance_task(tc_ledger ledger, Instant now, const SessionBuilder::Options& options);

}  // namespace taskcost
