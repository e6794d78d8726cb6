// SPDX-License-Identifier: Apache-2.0
//
// The implementation of Collector: the probes, the threads that read their records, and the state of the window.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "account/glance_numbers.h"
#include "account/session_builder.h"
#include "base/fd.h"
#include "collector/calibrate.h"
#include "collector/collector.h"
#include "collector/cpu_watch.h"
#include "collector/ended_tasks.h"
#include "collector/own_cost.h"
#include "collector/probes.h"
#include "collector/reader.h"
#include "collector/record_tap.h"
#include "collector/sources.h"
#include "collector/stack_reader.h"
#include "collector/window_losses.h"

namespace taskcost {

struct Collector::State {
  State(const CollectorOptions& chosen, Sources found, Probes loaded, Instant opened);

  Sources sources;
  Probes probes;
  SessionBuilder::Options model;
  // The reader's thread adds records and this thread command lines, under the mutex. After the reader has stopped, only
  // this thread uses it.
  SessionBuilder builder;
  std::mutex builder_mutex;
  RecordTap tap;
  std::unique_ptr<StackReader> stacks;  // nullptr without CollectorOptions::stacks

  int stop_fd = -1;
  std::optional<Instant> start;  // start of the window, before the first ledger
  // The number of levels that our pid namespace is below that of our /proc.
  const std::uint32_t levels_below_proc;
  std::optional<ClockAnchor> start_clocks;
  std::optional<Instant> exit_seen;
  // The first ledger id of the window; lower ids belong to the calibration or an earlier window. The reader's thread
  // reads it.
  std::atomic<std::uint64_t> first_id = UINT64_MAX;
  std::uint64_t arrivals_seen = 0;      // value of probes.shared().arrivals at the last adoption
  std::set<std::uint64_t> commands_of;  // processes whose command lines were read in this window
  bool finished = false;                // a window was closed: reset_for_next_window() before the next one opens

  WindowLosses losses;
  OwnCost cost;
  Fd statistics;  // while this is open, the kernel counts the runs of BPF programs and their time
  EndedTasks ended;
  GlanceNumbers numbers_of_glances;

  // These come last, because their threads use the other members.
  std::unique_ptr<Reader> reader;
  std::unique_ptr<CpuWatch> cpus;  // nullptr if no perf event is bound to a CPU

  // Waits until `settled` holds, but no longer than 200 ms.
  static void settle(const std::function<bool()>& settled);

  void calibrate(const CallTimes& untraced);
  Status open_window();
  // Tells the probes to observe the next child of this thread.
  void observe_next_child() const { probes.shared().launcher = probes.shared().collector_tid; }
  void poll_mappings_and_arrivals();
  // Reopens the perf events of a CPU that comes online, as they end when it goes offline. REQUIRES: `stacks` is set,
  // and the probes are attached.
  Status watch_cpus();
  [[nodiscard]] bool is_in_window(const tc_ledger& ledger) const { return ledger.id >= first_id; }
  [[nodiscard]] bool any_task_exiting() const;

  Status start_reader();
  // The pid in our /proc, which may belong to another pid namespace than ours; 0: the task is not visible there.
  [[nodiscard]] std::uint32_t proc_pid(const tc_ledger& ledger) const;
  // Reads the command lines of processes that were adopted. It is too late when they exit: /proc/PID/cmdline is empty
  // then.
  void take_commands();
  // Reads the remaining ledgers and the tables. REQUIRES: the window is closed, and the reader stopped.
  void take_tables();

  Glance glance();

 private:
  void snapshot_all_mappings();
  void reset_baseline();
  Status reset_for_next_window();
  Status attach_tap();
  void on_record(const Record& record);
  void take_living_ledgers();
  [[nodiscard]] std::uint64_t take_edges_and_flows();
  void take_histograms();
};

}  // namespace taskcost
