// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>

#include "cli/launched.h"
#include "cli/marked_workload.h"
#include "cli/outputs.h"
#include "cli/recording.h"
#include "cli/rounds.h"
#include "cli/say.h"

namespace taskcost {
namespace {

Result<int> run_and_report(Command command, TargetMode mode, const ObserveOptions& options,
                           const Surroundings& surroundings) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(options, surroundings);
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
  const auto observed =
      observe_command(command, mode, collector_options(options, *signals), *signals, surroundings, before);
  if (!observed) {
    return observed.error();
  }
  if (auto status = finish(recording->get(), *outputs, observed->report, options); !status) {
    return status.error();
  }
  std::string runs_on;
  if (observed->still_running) {
    runs_on = fmt::format("the command (pid {}) runs on, no longer observed", *observed->still_running);
  }
  if (observed->failure) {
    Error failure = *observed->failure;
    failure.hint = runs_on;
    return failure;
  }
  if (!runs_on.empty()) {
    say("{}", runs_on);
  }
  return observed->exit_status;
}

}  // namespace

Result<int> run(const RunCommand& command, const Surroundings& surroundings) {
  if (command.measure_overhead) {
    return measure_overhead(command, surroundings);
  }
  if (command.repeat) {
    return run_repeatedly(command, surroundings);
  }
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  Command launched{command.command, *std::move(identity)};
  launched.descriptors = surroundings.descriptors;
  return run_and_report(std::move(launched), TargetMode::run, command.observe, surroundings);
}

// Only its measured region: the first one that it marks.
Result<int> workload(const WorkloadCommand& command, const Surroundings& surroundings) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(command.observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  std::vector<std::string> arguments = {command.name};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto collector = Collector::open(collector_options(command.observe, *signals));
  if (!collector) {
    return collector.error();
  }
  auto started = MarkedWorkload::start(arguments, signals->previous_mask());
  if (!started) {
    return started.error();
  }
  auto observed = observe_region(*collector, *started, *signals);
  if (!observed) {
    return observed.error();
  }
  if (const auto* ended = std::get_if<WorkloadEnded>(&*observed)) {
    return ended->status;  // it has said why
  }
  Report report = empty_report(TargetMode::workload, surroundings);
  report.target.command = fmt::format("taskcost-workload {}", fmt::join(arguments, " "));
  report.evidence = collector->evidence();
  report.window_end = WindowEnd::signal;
  if (auto* region = std::get_if<Region>(&*observed)) {
    report.window_end = WindowEnd::target_exited;
    if (!command.observe.quiet) {
      say("the workload measured {}", region->outcome.line);
    }
    take(report, std::move(region->observation));
  }
  if (auto status = outputs->write(report); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
