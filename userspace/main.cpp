// SPDX-License-Identifier: Apache-2.0
//
// Parse, dispatch, print the one error line, choose the exit status.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "caller/caller.h"
#include "cli/commands.h"
#include "cli/surroundings.h"
#include "taskcost/diff.h"

namespace taskcost {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

Result<int> dispatch(const Options& options, const Surroundings& surroundings) {
  return std::visit(
      Overloaded{[&](const RunCommand& command) { return run(command, surroundings); },
                 [&](const AttachCommand& command) { return attach(command, surroundings); },
                 [&](const WorkloadCommand& command) { return workload(command, surroundings); },
                 [&](const DoctorCommand& command) { return doctor(command, surroundings); },
                 [&](const VerifyCommand& command) { return verify(command, surroundings); },
                 [&](const TopCommand& command) { return top(command, surroundings); },
                 [&](const ReportCommand& command) { return report(command, surroundings); },
                 [&](const DiffCommand& command) { return diff(command, surroundings); },
                 [](const PrintText& request) -> Result<int> {
                   std::cout << request.text;
                   return 0;
                 },
                 [](const PrintSchema& request) -> Result<int> {
                   std::cout << (request.of == PrintSchema::Of::difference ? difference_schema() : json_schema());
                   return 0;
                 }},
      options);
}

int fail(const Error& error) {
  fmt::print(stderr, "taskcost: {}\n", to_line(error));
  return error.status.value_or(static_cast<int>(error.kind));
}

int run_main(int argc, const char* const* argv) {
  if (auto status = check_no_borrowed_rights(); !status) {
    return fail(status.error());
  }
  const auto options = parse_options({argv + 1, argv + argc});
  if (!options) {
    return fail(options.error());
  }
  const auto status = dispatch(*options, look_around(argc, argv));
  return status ? *status : fail(status.error());
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) try { return taskcost::run_main(argc, argv); } catch (const std::exception& bug) {
  std::fprintf(stderr, "taskcost: internal error: %s\n", bug.what());
  return 1;
}
