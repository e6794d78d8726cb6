// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "cli/launched.h"
#include "cli/outputs.h"
#include "cli/signals.h"

namespace taskcost {
namespace {

// Tasks that are born during the observation need room as well.
constexpr unsigned room_per_task = 2;

// By the fourth word of /proc/loadavg: runnable tasks / all tasks.
unsigned tasks_of_machine() {
  std::ifstream file("/proc/loadavg");
  std::string word;
  unsigned runnable = 0;
  unsigned all = 0;
  char slash = 0;
  file >> word >> word >> word >> runnable >> slash >> all;
  return all;
}

std::string name_of(const Target& target, const Session& session) {
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

Result<int> attach(const AttachCommand& command, const Surroundings& surroundings) {
  StopSignals signals;
  auto outputs = Outputs::open(command.observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  CollectorOptions chosen = collector_options(command.observe);
  if (!command.observe.max_tasks && command.target.kind == Target::Kind::machine) {
    chosen.max_tasks = std::max(chosen.max_tasks, room_per_task * tasks_of_machine());
  }
  auto collector = Collector::open(chosen);
  if (!collector) {
    return collector.error();
  }
  const auto adopted = collector->adopt(command.target);
  if (!adopted) {
    return adopted.error();
  }
  if (!command.observe.quiet) {
    fmt::print(stderr, "taskcost: observing {} task{}{}\n", *adopted, *adopted == 1 ? "" : "s",
               command.duration ? "" : ", Ctrl-C ends it");
  }

  Report report = empty_report(TargetMode::attach, surroundings);
  report.window_end = collector->wait({command.duration, signals.fd(), -1});
  if (!command.target.ids.empty()) {
    report.target.pid = static_cast<std::uint32_t>(command.target.ids.front());
  }
  report.evidence = collector->evidence();
  auto observation = collector->finish();
  report.session = std::move(observation.session);
  report.observer = std::move(observation.observer);
  report.target.command = name_of(command.target, report.session);
  if (auto status = outputs->write(report); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
