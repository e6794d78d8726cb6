// SPDX-License-Identifier: Apache-2.0
//
// What a Collector is made of: the probes, what their records are gathered in, and the books of the window itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "account/glance_numbers.h"
#include "collector/calibrate.h"
#include "collector/cpu_watch.h"
#include "collector/ended_tasks.h"
#include "collector/own_cost.h"
#include "collector/probes.h"
#include "collector/reader.h"
#include "collector/record_tap.h"
#include "collector/sources.h"
#include "collector/stack_reader.h"
#include "collector/window_losses.h"
#include "taskcost/collector.h"
#include "taskcost/fd.h"
#include "taskcost/session_builder.h"

namespace taskcost {

struct Collector::State {
  State(const CollectorOptions& chosen, Sources found, Probes loaded, Instant opened);

  Sources sources;
  Probes probes;
  SessionBuilder::Options model;
  // Fed by the reader's thread, and by this one with command lines; after the reader stopped by this one alone.
  SessionBuilder builder;
  std::mutex builder_mutex;
  RecordTap tap;
  std::unique_ptr<StackReader> stacks;  // nullptr unless stacks were asked for

  int stop_fd = -1;
  std::optional<Instant> start;  // of the window: before the first ledger
  // How many levels the pid namespace of our /proc is above ours.
  const std::uint32_t proc_above;
  std::optional<ClockAnchor> start_clocks;
  std::optional<Instant> exit_seen;
  // Of the window's ledgers; lower ones were for the calibration. Read by the reader's thread.
  std::atomic<std::uint64_t> first_id = UINT64_MAX;
  std::uint64_t arrivals_seen = 0;      // tasks that came to the target and were looked for
  std::set<std::uint64_t> commands_of;  // processes of the window whose command lines were taken
  bool finished = false;                // a window was closed: what it left has to be cleared away before the next one

  WindowLosses losses;
  OwnCost cost;
  Fd statistics;  // while it is open the kernel counts runs and their time
  EndedTasks ended;
  GlanceNumbers numbers_of_glances;

  // Last members: their threads use the others.
  std::unique_ptr<Reader> reader;
  std::unique_ptr<CpuWatch> cpus;  // nullptr if no event is bound to a CPU

  // window.cpp
  void calibrate(const CallTimes& untraced);
  Status open_window();
  // Announces the next child of this thread to the probes.
  void observe_next_child() const { probes.shared().launcher = probes.shared().collector_tid; }
  void follow_the_machine();
  // Events of a CPU end when it goes offline. REQUIRES: all that have such events are there.
  Status watch_cpus();
  [[nodiscard]] bool is_of_window(const tc_ledger& ledger) const { return ledger.id >= first_id; }
  [[nodiscard]] bool someone_is_ending() const;

  // intake.cpp
  Status start_reader();
  // As our /proc numbers it, which may be that of another pid namespace than ours; 0: not there.
  [[nodiscard]] std::uint32_t number_in_proc(const tc_ledger& ledger) const;
  // Taken at attach: a process that ends in the window has no command line at its end.
  void take_commands();
  // What the window leaves in ledgers and tables. REQUIRES: it is closed, and the reader stopped.
  void take_tables();

  // glance.cpp
  Glance glance();

 private:
  void remember_mappings();
  void forget_the_past();
  Status start_anew();
  Status tap_records();
  void on_record(const Record& record);
  void take_living_ledgers();
  [[nodiscard]] std::uint64_t take_edges_and_flows();
  void take_histograms();
};

}  // namespace taskcost
