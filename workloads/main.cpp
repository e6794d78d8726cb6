// SPDX-License-Identifier: Apache-2.0
//
// The bundled workloads as one program: parses the options, runs one workload and prints its line.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace taskcost::workload {
namespace {

constexpr std::string_view names = "create, switch, handoff, channel, share, bake or crash";
constexpr std::uint64_t max_regions = 1'000'000;
constexpr std::uint64_t max_descriptor = 1 << 20;
constexpr int bad_usage = 2;
constexpr std::size_t help_column = 28;
constexpr int highest_priority = -20;
constexpr int lowest_priority = 19;

// The message may quote the command line: it stays one line, without terminal escapes.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = byte < 0x20 ? ' ' : byte >= 0x7f ? '?' : c;
  }
  return text;
}

int refuse(const CLI::App& app, const std::string& why) {
  const auto chosen = app.get_subcommands();
  fmt::print(stderr, "taskcost-workload: {} (try 'taskcost-workload {}--help')\n", on_one_line(why),
             chosen.empty() ? "" : chosen.front()->get_name() + " ");
  return bad_usage;
}

// Validates a nice value.
void add_priority(CLI::App& command, std::optional<int>& target) {
  const auto check = [](const std::string& word) -> std::string {
    int value = 0;
    if (CLI::detail::lexical_cast(word, value) && value >= highest_priority && value <= lowest_priority) {
      return {};
    }
    return fmt::format("'{}' is not a number from {} to {}", word, highest_priority, lowest_priority);
  };
  command
      .add_option("--priority", target,
                  fmt::format("Nice value of all tasks, {} (runs first) to {}\n(default: unchanged)", highest_priority,
                              lowest_priority))
      ->type_name("N")
      ->check(CLI::Validator(check, ""));
}

// Where the kernel groups tasks by session (sched_autogroup), a nice value has an effect only against tasks of the same
// session: so this process gets a session of its own, and the group of that session gets the nice value.
void take_priority(int nice) {
  must(setpriority(PRIO_PROCESS, 0, nice), "set the priority");
  if (setsid() != -1) {
    std::ofstream("/proc/self/autogroup") << nice;
  }
}

int run_main(int argc, char** argv) {
  CLI::App app("Bundled programs that do the same as threads and as processes", "taskcost-workload");
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(help_column);
  Regions::Options regions;
  std::uint64_t marks = 0;
  std::optional<int> priority;
  const std::vector<Workload> workloads = {create::add(app), switching::add(app), handoff::add(app), channel::add(app),
                                           share::add(app),  bake::add(app),      crash::add(app)};
  for (const Workload& workload : workloads) {
    workload.command->add_flag("--json", regions.json, "Print lines of JSON (default: lines for people)");
    add_number(*workload.command, "--regions", regions.count, 1, max_regions,
               "How often the measured part is run (default 1)");
    add_priority(*workload.command, priority);
    add_number(*workload.command, "--marks", marks, 0, max_descriptor,
               "Socket of an observer that is notified when each\nmeasured part begins and ends (default: none)");
  }
  const auto is_chosen = [&](const Workload& workload) { return workload.command->get_name() == argv[1]; };
  if (argc > 1 && *argv[1] != '-' && std::none_of(workloads.begin(), workloads.end(), is_chosen)) {
    return refuse(app, fmt::format("there is no workload '{}': {}", argv[1], names));
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
      if (workload.command->count("--marks") > 0) {
        regions.marks = static_cast<int>(marks);
      }
      if (priority) {
        take_priority(*priority);
      }
      Regions measured(regions);
      workload.run(measured);
      return 0;
    }
  }
  return refuse(app, fmt::format("which workload: {}?", names));
}

}  // namespace
}  // namespace taskcost::workload

int main(int argc, char** argv) {
  // noop runs before anything else: what created processes exec should cost little beyond the exec.
  if (argc >= 2 && std::string_view(argv[1]) == "noop") {
    return taskcost::workload::create::noop(argc, argv);
  }
  try {
    return taskcost::workload::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "taskcost-workload: %s\n", error.what());
    return 1;
  }
}
