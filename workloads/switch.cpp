// SPDX-License-Identifier: Apache-2.0
//
// switch: a token goes round a ring of tasks on one CPU, where every hop is a context switch.
#include <memory>

#include "ring.h"

namespace taskcost::workload::switching {
namespace {

constexpr std::uint64_t max_working_set = std::uint64_t{1} << 36;

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<RingOptions>();
  options->workload = "switch";
  CLI::App* command = app.add_subcommand("switch", "Pass a token round a ring of tasks that sleep for it");
  add_ring_options(*command, *options);
  add_choice(*command, "--bell", "BELL", options->bell, {"pipe", "futex", "eventfd", "socket"},
             "What wakes the next task: pipe, futex, eventfd\nor socket (default pipe)");
  add_number(*command, "--working-set", options->working_set, 0, max_working_set,
             "Bytes that each task writes to, one per cache\nline, before it passes the token on (default 0)");
  return {command, [options](Regions& regions) { run_ring(*options, regions); }};
}

}  // namespace taskcost::workload::switching
