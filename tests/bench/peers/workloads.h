// SPDX-License-Identifier: Apache-2.0
//
// The programs that are slowed down. A workload is a few lines of shell that print their figure on standard output.
// They measure themselves, around their own work, so that starting them, and starting and stopping a tool, is never
// included.
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
  std::string_view each;  // the unit of its figure: "hop"
  std::string script;     // may use the program names below
  // Nanoseconds for each operation, from what the script wrote. nullopt: there is no figure in it.
  std::function<std::optional<double>(const std::string& output)> figure;
  bool bystander = false;  // the tools watch another program, which sleeps
};

// `directory` is the build directory with taskcost-workload and tests/programs.
std::vector<Workload> all_workloads(const std::string& directory);

}  // namespace taskcost::bench
