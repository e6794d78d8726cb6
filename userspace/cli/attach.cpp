// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "cli/launched.h"
#include "cli/log.h"
#include "cli/outputs.h"
#include "cli/run_capture.h"
#include "cli/signals.h"
#include "collector/privileges.h"

namespace taskcost {
namespace {

std::string describe_target(const Target& target, const Session& session) {
  switch (target.kind) {
    case Target::Kind::machine:
      return "all tasks";
    case Target::Kind::cgroup:
      return "cgroup " + target.cgroup;
    case Target::Kind::name:
      return "processes named " + target.name;
    default:
      return session.processes.empty() ? "" : session.processes.front().command;
  }
}

}  // namespace

Result<int> attach(const AttachCommand& command, const Environment& environment) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(command.observe, environment);
  if (!outputs) {
    return outputs.error();
  }
  auto recording = Recording::open(command.observe);
  if (!recording) {
    return recording.error();
  }
  CollectorOptions chosen = collector_options(command.observe, *signals);
  chosen.max_tasks = pool_size_for(command.target, command.observe.max_tasks);
  auto opened = Collector::open(chosen);
  if (!opened) {
    return opened.error();
  }
  if (auto status = enter_window_phase(); !status) {
    return status.error();
  }
  Collector& collector = **opened;
  Report report = empty_report(TargetMode::attach, environment);
  report.evidence = collector.evidence();
  report.target.command = describe_target(command.target, report.session);
  if (*recording) {
    if (auto status = (*recording)->begin(collector, recording_start(report, command.observe, collector)); !status) {
      return status.error();
    }
  }
  const auto adopted = collector.adopt(command.target);
  if (!adopted) {
    return adopted.error();
  }
  for (const std::string& each : adopted->left_out) {
    log_line("{}", each);
  }
  if (!command.observe.quiet) {
    log_start(adopted->tasks);
  }

  const auto window_end = collector.wait({command.duration, signals->fd(), -1});
  report.window_end = window_end ? *window_end : WindowEnd::failure;
  if (report.window_end == WindowEnd::signal) {
    (void)signals->take();  // a second signal interrupts the report
  }
  if (!command.target.ids.empty()) {
    report.target.pid = static_cast<std::uint32_t>(command.target.ids.front());
  }
  auto observation = collector.finish();
  set_observation(report, std::move(observation));
  opened->reset();  // detaches the probes, and ends the threads
  report.target.command = describe_target(command.target, report.session);
  if (auto status = finish(recording->get(), *outputs, report, command.observe); !status) {
    return status.error();
  }
  if (!window_end) {
    return window_end.error();
  }
  return 0;
}

}  // namespace taskcost
