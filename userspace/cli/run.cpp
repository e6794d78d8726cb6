// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>

#include "cli/command_rounds.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/marked_workload.h"
#include "cli/outputs.h"
#include "cli/run_capture.h"
#include "collector/privileges.h"

namespace taskcost {
namespace {

Result<int> run_and_report(Command command, const RunCommand& requested, const Environment& environment) {
  const ObserveOptions& options = requested.observe;
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(options, environment);
  if (!outputs) {
    return outputs.error();
  }
  auto recording = Recording::open(options);
  if (!recording) {
    return recording.error();
  }
  command.signal_mask = signals->previous_mask();
  const auto before = [&](Collector& collector, const Report& report) -> Status {
    return *recording ? (*recording)->begin(collector, recording_start(report, options, collector)) : Status(Done{});
  };
  CommandLimits limits = requested.limits;
  limits.quiet = options.quiet;
  auto observed = observe_command(command, TargetMode::run, collector_options(options, *signals), *signals, environment,
                                  before, limits);
  if (!observed) {
    return observed.error();
  }
  if (auto status = finish(recording->get(), *outputs, observed->report, options); !status) {
    return status.error();
  }
  std::string still_running;
  if (observed->still_running) {
    still_running = fmt::format("the command (pid {}) is still running, no longer observed", *observed->still_running);
  }
  if (observed->failure) {
    Error failure = *observed->failure;
    failure.hint = still_running;
    return failure;
  }
  if (!still_running.empty()) {
    log_line("{}", still_running);
  }
  return observed->exit_status;
}

}  // namespace

Result<int> run(const RunCommand& command, const Environment& environment) {
  if (command.measure_overhead) {
    return measure_overhead(command, environment);
  }
  if (command.repeat) {
    return run_repeatedly(command, environment);
  }
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  Command launched{command.command, *std::move(identity)};
  launched.descriptors = environment.descriptors;
  return run_and_report(std::move(launched), command, environment);
}

// Observes the first region that the workload marks.
Result<int> workload(const WorkloadCommand& command, const Environment& environment) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(command.observe, environment);
  if (!outputs) {
    return outputs.error();
  }
  std::vector<std::string> arguments = {command.name};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto opened = Collector::open(collector_options(command.observe, *signals));
  if (!opened) {
    return opened.error();
  }
  Collector& collector = **opened;
  auto started = MarkedWorkload::start(arguments, signals->previous_mask());
  if (!started) {
    return started.error();
  }
  if (auto status = enter_window_phase(); !status) {
    return status.error();
  }
  auto observed = observe_region(collector, *started, *signals);
  if (!observed) {
    return observed.error();
  }
  if (const auto* ended = std::get_if<WorkloadEnded>(&*observed)) {
    return ended->status;  // the workload has printed its error
  }
  Report report = empty_report(TargetMode::workload, environment);
  report.target.command = fmt::format("taskcost-workload {}", fmt::join(arguments, " "));
  report.evidence = collector.evidence();
  report.window_end = WindowEnd::signal;
  if (auto* region = std::get_if<Region>(&*observed)) {
    report.window_end = WindowEnd::target_exited;
    if (!command.observe.quiet) {
      log_line("result of the workload: {}", region->outcome.line);
    }
    set_observation(report, std::move(region->observation));
  }
  opened->reset();  // detaches the probes, and ends the threads
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  if (auto status = outputs->write(report); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
