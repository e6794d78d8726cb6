// SPDX-License-Identifier: Apache-2.0
//
// One command, launched and observed to its end. What run, workload and verify have in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/signals.h"
#include "taskcost/collector.h"

namespace taskcost {

struct LaunchedRun {
  Report report;
  int exit_status = 0;                 // the command's own, as a shell would give it
  int stop_signal = 0;                 // that somebody wanted to stop with; 0: nobody did
  std::optional<pid_t> still_running;  // the window ended and the command lived on
  std::optional<Error> failure;        // ended the window; what was measured until then is in the report
  std::optional<Duration> wall;        // from before its creation until its end was seen; nullopt: it lives
};

// `signals` must have been made before any thread. `before` is called when the probes are in place and nothing is
// observed yet. Errors: probes or command could not be started, or its own.
using BeforeWindow = std::function<Status(Collector&, const Report&)>;
Result<LaunchedRun> observe_command(const Command& command, TargetMode mode, const CollectorOptions& options,
                                    StopSignals& signals, const Surroundings& surroundings,
                                    const BeforeWindow& before = {});

// The same in one window of a collector that is open. `report` tells the rest, and gets what the window brings.
Result<LaunchedRun> observe_window(Collector& collector, const Command& command, StopSignals& signals, Report report);

// Runs a command that nobody observes, and waits for it. nullopt: a signal asked to stop, was passed on, and is in
// `stop_signal`. Error: it could not be started.
Result<std::optional<int>> run_unobserved(const Command& command, StopSignals& signals, int& stop_signal);

inline constexpr int shell_signal_base = 128;
// As a shell would give it: 128 + signal for a command that was killed.
int shell_status(int wait_status);

CollectorOptions collector_options(const ObserveOptions& options, const StopSignals& signals);

// How many ledgers to make room for: what was wanted, else what a whole machine may need, else the usual number.
unsigned room_for(const Target& target, std::optional<unsigned> wanted);

// What was observed becomes a part of the report.
void take(Report& report, Collector::Observation observation);

// The parts of a report that do not depend on what is observed.
Report empty_report(TargetMode mode, const Surroundings& surroundings);

}  // namespace taskcost
