// SPDX-License-Identifier: Apache-2.0
//
// Launches a command and observes it to its end, for run, workload, compare and verify.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/signals.h"
#include "collector/collector.h"

namespace taskcost {

struct LaunchedRun {
  Report report;
  int exit_status = 0;                 // the command's, as a shell reports it; 124 after --timeout
  int stop_signal = 0;                 // the signal that stopped the observation; 0: none
  std::optional<pid_t> still_running;  // the window ended and the command did not
  std::optional<Error> failure;        // ended the window early; the report has what was measured before
  std::optional<Duration> wall;        // from before the fork until the exit was seen; nullopt: still running
};

// REQUIRES: `signals` was created before any thread. `before` is called when the probes are attached and nothing is
// observed yet. Errors: the probes or the command could not be started, or `before` failed.
using BeforeWindow = std::function<Status(Collector&, const Report&)>;
Result<LaunchedRun> observe_command(const Command& command, TargetMode mode, const CollectorOptions& options,
                                    StopSignals& signals, const Environment& environment,
                                    const BeforeWindow& before = {}, const CommandLimits& limits = {});

// The same in one window of an open collector. The result's report is `report` with what the window observed. `last`:
// no command follows, so the privileges to start one are given up. Errors: the command could not be started, or not be
// waited for and was killed.
Result<LaunchedRun> observe_window(Collector& collector, const Command& command, StopSignals& signals, Report report,
                                   const CommandLimits& limits = {}, bool last = false);

// Runs a command without probes and waits for it. nullopt: a signal arrived, was forwarded, and is in `stop_signal`.
// Error: the command could not be started.
Result<std::optional<int>> run_unobserved(const Command& command, StopSignals& signals, int& stop_signal);

inline constexpr int shell_signal_base = 128;
// The exit status that a shell reports: 128 + signal for a command that was killed.
int shell_status(int wait_status);

CollectorOptions collector_options(const ObserveOptions& options, const StopSignals& signals);

// Size of the ledger pool: `wanted`; otherwise the usual one, and more for a whole machine.
unsigned pool_size_for(const Target& target, std::optional<unsigned> wanted,
                       unsigned usual = CollectorOptions{}.max_tasks);

void set_observation(Report& report, Collector::Observation observation);

// A report with the parts that do not depend on the observation.
Report empty_report(TargetMode mode, const Environment& environment);

}  // namespace taskcost
