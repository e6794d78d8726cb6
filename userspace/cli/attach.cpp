// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/launched.h"
#include "cli/outputs.h"
#include "cli/signals.h"

namespace taskcost {

Result<int> attach(const AttachCommand& command, const Surroundings& surroundings) {
  StopSignals signals;
  auto outputs = Outputs::open(command.observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  auto collector = Collector::open(collector_options(command.observe));
  if (!collector) {
    return collector.error();
  }
  const auto adopted = collector->adopt({command.ids, command.kind == TargetKind::tasks});
  if (!adopted) {
    return adopted.error();
  }
  if (!command.observe.quiet) {
    fmt::print(stderr, "taskcost: observing {} task{}{}\n", *adopted, *adopted == 1 ? "" : "s",
               command.duration ? "" : ", Ctrl-C ends it");
  }

  Report report = empty_report(TargetMode::attach, surroundings);
  report.window_end = collector->wait({command.duration, signals.fd(), -1});
  report.target.pid = static_cast<std::uint32_t>(command.ids.front());
  report.evidence = collector->evidence();
  auto observation = collector->finish();
  report.session = std::move(observation.session);
  report.observer = std::move(observation.observer);
  if (!report.session.processes.empty()) {
    report.target.command = report.session.processes.front().command;
  }
  if (auto status = outputs->write(report); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
