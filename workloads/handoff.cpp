// SPDX-License-Identifier: Apache-2.0
//
// handoff: one task hands work over to the next, on whatever CPUs the kernel chooses.
#include <memory>

#include "ring.h"

namespace taskcost::workload::handoff {

Workload add(CLI::App& app) {
  auto options = std::make_shared<RingOptions>();
  options->workload = "handoff";
  options->bell = "futex";
  options->cpus = "any";
  CLI::App* command = app.add_subcommand("handoff", "Hand a token from task to task, across CPUs");
  add_ring_options(*command, *options);
  add_choice(*command, "--through", "MEANS", options->bell, {"pipe", "futex", "eventfd", "socket"},
             "What it is handed over through: pipe, futex,\neventfd or socket (default futex)");
  return {command, [options](Regions& regions) { run_ring(*options, regions); }};
}

}  // namespace taskcost::workload::handoff
