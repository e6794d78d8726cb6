// SPDX-License-Identifier: Apache-2.0
//
// The bundled workloads as one program: parse, run one, print its line.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace taskcost::workload {
namespace {

constexpr int runtime_failure = 1;
constexpr int bad_usage = 2;
constexpr std::size_t help_column = 28;

double nanoseconds_each(const Outcome& outcome) {
  return static_cast<double>(outcome.wall.count()) / static_cast<double>(outcome.operations);
}

std::string json_line(const Outcome& outcome) {
  nlohmann::ordered_json line = {{"workload", outcome.workload},
                                 {"model", outcome.model},
                                 {"operations", outcome.operations},
                                 {"wall_ns", outcome.wall.count()},
                                 {"ns_per_operation", nanoseconds_each(outcome)}};
  for (const auto& [key, value] : outcome.facts) {
    std::visit([&line, name = key](const auto& plain) { line[name] = plain; }, value);
  }
  return line.dump();
}

std::string text_line(const Outcome& outcome) {
  constexpr double ns_per_ms = 1e6;
  return fmt::format("{}: {} in {:.1f} ms, {:.0f} ns each", outcome.workload, outcome.done,
                     static_cast<double>(outcome.wall.count()) / ns_per_ms, nanoseconds_each(outcome));
}

// What the user typed may be part of it, and it stays one line on the terminal.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return text;
}

int refuse(const CLI::App& app, const std::string& why) {
  const auto chosen = app.get_subcommands();
  fmt::print(stderr, "taskcost-workload: {} (try 'taskcost-workload {}--help')\n", on_one_line(why),
             chosen.empty() ? "" : chosen.front()->get_name() + " ");
  return bad_usage;
}

int print(const std::string& line) {
  std::cout << line << std::endl;
  if (!std::cout) {
    fmt::print(stderr, "taskcost-workload: cannot write to standard output\n");
    return runtime_failure;
  }
  return 0;
}

int run_main(int argc, char** argv) {
  CLI::App app("Bundled programs that do the same as threads and as processes", "taskcost-workload");
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(help_column);
  bool json = false;
  const std::vector<Workload> workloads = {add_create(app), add_switch(app)};
  for (const Workload& workload : workloads) {
    workload.command->add_flag("--json", json, "Print one line of JSON (default: one for people)");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return refuse(app, error.what());
  }
  for (const Workload& workload : workloads) {
    if (workload.command->parsed()) {
      const Outcome outcome = workload.run();
      return print(json ? json_line(outcome) : text_line(outcome));
    }
  }
  return refuse(app, "which workload: create or switch?");
}

}  // namespace
}  // namespace taskcost::workload

int main(int argc, char** argv) {
  // Before anything else: what created processes exec should cost little beyond the exec.
  if (argc >= 2 && std::string_view(argv[1]) == "noop") {
    return taskcost::workload::noop(argc, argv);
  }
  try {
    return taskcost::workload::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "taskcost-workload: %s\n", error.what());
    return 1;
  }
}
