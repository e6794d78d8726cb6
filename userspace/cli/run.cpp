// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/launched.h"
#include "cli/outputs.h"
#include "cli/surroundings.h"

namespace taskcost {
namespace {

Result<int> run_and_report(Command command, TargetMode mode, const ObserveOptions& options,
                           const Surroundings& surroundings) {
  StopSignals signals;
  auto outputs = Outputs::open(options, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  command.signal_mask = signals.previous_mask();
  const auto observed = observe_command(command, mode, {options.max_tasks, options.probe_stats}, signals, surroundings);
  if (!observed) {
    return observed.error();
  }
  if (auto status = outputs->write(observed->report); !status) {
    return status.error();
  }
  if (observed->still_running) {
    fmt::print(stderr, "taskcost: the command (pid {}) runs on, no longer observed\n", *observed->still_running);
  }
  return observed->exit_status;
}

}  // namespace

Result<int> run(const RunCommand& command, const Surroundings& surroundings) {
  auto identity = identity_for_command(command.user);
  if (!identity) {
    return identity.error();
  }
  return run_and_report({command.command, *std::move(identity)}, TargetMode::run, command.observe, surroundings);
}

Result<int> workload(const WorkloadCommand& command, const Surroundings& surroundings) {
  std::vector<std::string> arguments = {workload_program(), command.name};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  return run_and_report({std::move(arguments), std::nullopt}, TargetMode::workload, command.observe, surroundings);
}

}  // namespace taskcost
