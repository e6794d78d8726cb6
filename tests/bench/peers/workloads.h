// SPDX-License-Identifier: Apache-2.0
//
// What is slowed down. A workload is a few lines of shell that leave what they measured on standard output; they
// measure it themselves, around their own work, so that starting them, and starting and stopping a tool, is never in
// it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost::bench {

struct Workload {
  std::string_view name;  // "pipe"
  std::string_view what;  // for people
  std::string_view each;  // what its figure is the time of: "hop"
  std::string script;     // may use the program names below
  // Nanoseconds for each operation, from what the script wrote. nullopt: it did not say.
  std::function<std::optional<double>(const std::string& output)> figure;
  bool bystander = false;  // the tools watch another program, which sleeps
};

// `directory` of the build: that of taskcost-workload and tests/programs.
std::vector<Workload> all_workloads(const std::string& directory);

}  // namespace taskcost::bench
