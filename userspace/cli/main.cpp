// SPDX-License-Identifier: Apache-2.0
//
// Parse, dispatch, print the one error line, choose the exit status.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/caller.h"
#include "cli/caller/created_file.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/log.h"
#include "cli/manual_page.h"
#include "report/render.h"
#include "top/once.h"
#include "trace/events/writers.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"

namespace taskcost {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::string schema(const std::string& name) {
  using Make = std::string (*)();
  constexpr std::pair<std::string_view, Make> makers[] = {
      {"diff", &difference_schema},   {"compare", &comparison_schema},
      {"estimate", &estimate_schema}, {"audit", &audit_schema},
      {"top", &top_schema},           {"doctor", &checkup_schema},
      {"events", &event_schema}};
  const auto* const found =
      std::find_if(std::begin(makers), std::end(makers), [&name](const auto& maker) { return maker.first == name; });
  return found == std::end(makers) ? json_schema() : found->second();
}

Result<int> dispatch(const Options& options, const Environment& environment) {
  return std::visit(Overloaded{[&](const RunCommand& command) { return run(command, environment); },
                               [&](const AttachCommand& command) { return attach(command, environment); },
                               [&](const WorkloadCommand& command) { return workload(command, environment); },
                               [&](const DoctorCommand& command) { return doctor(command, environment); },
                               [&](const VerifyCommand& command) { return verify(command, environment); },
                               [&](const TopCommand& command) { return top(command, environment); },
                               [&](const ReportCommand& command) { return report(command, environment); },
                               [&](const DiffCommand& command) { return diff(command, environment); },
                               [&](const CompareCommand& command) { return compare(command, environment); },
                               [&](const EstimateCommand& command) { return estimate(command, environment); },
                               [&](const ExportCommand& command) { return export_figures(command, environment); },
                               [](const PrintText& request) -> Result<int> {
                                 if (request.manual) {
                                   show_manual_page(*request.manual);
                                 }
                                 std::cout << request.text;
                                 return 0;
                               },
                               [](const PrintSchema& request) -> Result<int> {
                                 std::cout << schema(request.name);
                                 return 0;
                               }},
                    options);
}

int fail(const Error& error) {
  log_line("{}", to_line(error));
  return error.status.value_or(static_cast<int>(error.kind));
}

// Must not allocate memory.
int fail_without_memory() {
  std::fputs("taskcost: out of memory (see the limits: ulimit -v, ulimit -d; fewer tasks: --max-tasks)\n", stderr);
  return static_cast<int>(ErrorKind::runtime);
}

std::terminate_handler default_terminate = nullptr;

// A destructor that throws bad_alloc, as nlohmann's json may, ends here, and no further destructor runs.
void terminate_without_memory() {
  try {
    if (const auto exception = std::current_exception()) {
      std::rethrow_exception(exception);
    }
  } catch (const std::bad_alloc&) {
    CreatedFile::remove_unfinished();
    std::_Exit(fail_without_memory());
  } catch (...) {  // a bug: the default handler reports it
  }
  default_terminate();
}

// Libraries construct their globals before main, outside of its try block: this constructor runs before theirs.
[[gnu::constructor(101)]] void install_oom_handler() {
  default_terminate = std::set_terminate(terminate_without_memory);
}

int run_main(int argc, const char* const* argv) {
  if (auto status = check_no_borrowed_rights(); !status) {
    return fail(status.error());
  }
  const auto options = parse_options({argv + 1, argv + argc});
  if (!options) {
    return fail(options.error());
  }
  const auto status = dispatch(*options, detect_environment(argc, argv));
  return status ? *status : fail(status.error());
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) try { return taskcost::run_main(argc, argv); } catch (const std::bad_alloc&) {
  return taskcost::fail_without_memory();
} catch (const std::exception& bug) {
  taskcost::log_line("internal error: {}", bug.what());
  return 1;
}
