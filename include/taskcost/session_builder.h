// SPDX-License-Identifier: Apache-2.0
//
// Ledgers in, a Session out. Memory is bounded: the first `kept_tasks` tasks are kept one by one, later ones that end
// are folded into a sum per process name, so that an endless fork storm does not grow the collector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "taskcost/abi.h"
#include "taskcost/account.h"
#include "taskcost/glance.h"

namespace taskcost {

class SessionBuilder {
 public:
  struct Options {
    std::size_t kept_tasks = 32768;
    // Which counters have a source on this kernel; the others stay nullopt.
    PerCounter<bool> measured{};
    bool calls = true;          // system calls have probes
    bool exec_prepare = true;   // sched_prepare_exec exists
    bool fault_latency = true;  // fault histograms are filled
    bool switch_latency = true;
    bool stints = false;  // on_stint is called for every time on a CPU
    std::size_t kept_stints = std::size_t{1} << 20;
    std::size_t kept_edges = std::size_t{1} << 17;
    // Names system calls by number, 32-bit ones when the second argument says so; empty: by number.
    std::function<std::string(std::uint32_t, bool)> syscall_name;
  };

  explicit SessionBuilder(const Options& options);
  SessionBuilder(SessionBuilder&&) noexcept;
  SessionBuilder& operator=(SessionBuilder&&) noexcept;
  ~SessionBuilder();

  // A final ledger (end_ns set), or the snapshot of a task that lives on: that one is closed at the end of the window.
  // A snapshot is given once, after the window closed.
  void on_ledger(const tc_ledger& ledger);
  void on_exec(const tc_exec& exec);
  void on_reap(const tc_reap& reap);
  void on_stint(const tc_stint& stint);
  // What a ledger had no room for. Called at the end of the window.
  void on_edge(const tc_edge& edge);
  void on_flow(const tc_flow& flow);
  // The command line of a process that existed before the window, joined by spaces.
  void on_command(std::uint64_t process, std::string_view command);
  // One CPU's copy; called once per CPU and histogram.
  void on_histogram(tc_histogram_id id, const tc_histogram& raw);

  // How many tasks ended so far.
  [[nodiscard]] std::uint64_t ended() const;
  // Has the task that the collector launched (TC_LEDGER_LAUNCHED) ended?
  [[nodiscard]] bool launched_ended() const;
  // How many tasks, names and unmatched events are held in memory: bounded, however many tasks end.
  [[nodiscard]] std::size_t held() const;

  // Process::id by the number of the kernel side, and Task::id by that of the ledger; 0 for one that is not kept.
  [[nodiscard]] std::uint64_t process_number(std::uint64_t process) const;
  [[nodiscard]] std::uint64_t task_number(std::uint64_t ledger) const;
  // Closes open intervals at `end` and sums up. The builder is spent afterwards, but for the numbers.
  Session finish(Instant start, Instant end, const PerLoss<std::uint64_t>& losses, std::uint64_t skipped_probes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A ledger as it stands in the middle of a window, or a final one.
Glance::Task glance_of(tc_ledger ledger, Instant now, const SessionBuilder::Options& options);

}  // namespace taskcost
