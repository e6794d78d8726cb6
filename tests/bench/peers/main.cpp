// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-overhead: what observing costs with taskcost and with other tools. Each round runs all workloads and
// tools in turn. Each run under a tool follows one without, and is divided by it. Workloads and tools alike run at nice
// -20, so that the rest of the machine disturbs them less. It asserts nothing.
//
// measure.h says how each kind of tool is started, and why neither its start nor its end is measured. The workloads are
// in workloads.cpp, the tools in tools.cpp.
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "bench/peers/results.h"

namespace taskcost::bench {
namespace {

constexpr const char* program_name = "taskcost-bench-overhead";
constexpr int bad_usage = 2;
constexpr std::size_t help_column = 26;

volatile std::sig_atomic_t interrupted = 0;

struct Options {
  unsigned rounds = 5;
  std::vector<std::string> workloads;
  std::vector<std::string> tools;
  std::string output;
  bool list = false;
};

// perf, bpftrace and others read the formats of tracepoints in tracefs, which is mounted while this object lives. File
// systems that this program, or a tool that mounts debugfs for itself, has mounted are unmounted afterwards.
class Tracefs {
 public:
  Tracefs()
      : mounted_(!std::filesystem::exists(events) && mount("tracefs", mount_point, "tracefs", 0, nullptr) == 0),
        debugfs_was_there_(std::filesystem::exists(inside_debugfs)) {}
  Tracefs(const Tracefs&) = delete;
  Tracefs& operator=(const Tracefs&) = delete;
  ~Tracefs() {
    if (mounted_) {
      umount2(mount_point, MNT_DETACH);
    }
    if (!debugfs_was_there_ && std::filesystem::exists(inside_debugfs)) {
      umount2(inside_debugfs, MNT_DETACH);
      umount2(debugfs, MNT_DETACH);
    }
  }

 private:
  static constexpr const char* mount_point = "/sys/kernel/tracing";
  static constexpr const char* events = "/sys/kernel/tracing/events";
  static constexpr const char* debugfs = "/sys/kernel/debug";
  static constexpr const char* inside_debugfs = "/sys/kernel/debug/tracing";

  bool mounted_;
  bool debugfs_was_there_;
};

// Sets the highest of ordinary priorities for workloads and tools alike. Where the scheduler groups tasks by session,
// it sets the priority of the session's group, and restores it.
class Priority {
 public:
  Priority() {
    std::ifstream(group) >> name_ >> nice_word_ >> group_nice_;
    set_group(highest);
    setpriority(PRIO_PROCESS, 0, highest);
  }
  Priority(const Priority&) = delete;
  Priority& operator=(const Priority&) = delete;
  ~Priority() { set_group(group_nice_); }

 private:
  static constexpr const char* group = "/proc/self/autogroup";
  static constexpr int highest = -20;

  static void set_group(int nice) { std::ofstream(group) << nice; }

  // The file has a line such as "/autogroup-25 nice 0".
  std::string name_;
  std::string nice_word_;
  int group_nice_ = 0;
};

std::string own_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

template <typename T>
T first_word_of(const char* path) {
  T word{};
  std::ifstream(path) >> word;
  return word;
}

double load() { return first_word_of<double>("/proc/loadavg"); }

Results about_this_machine() {
  Results results;
  utsname names{};
  uname(&names);
  results.kernel = names.release;
  results.cpus = std::thread::hardware_concurrency();
  results.clock_source = first_word_of<std::string>("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  results.load_before = load();
  return results;
}

// Returns the entries of `all` whose names are wanted, or all if none is named. Error: a name is unknown.
template <typename T>
Result<std::vector<T>> chosen(std::vector<T> all, const std::vector<std::string>& wanted, std::string_view kind) {
  for (const std::string& name : wanted) {
    if (std::ranges::find(all, name, &T::name) == all.end()) {
      return Error{fmt::format("there is no {} '{}'", kind, name), "", "", ErrorKind::usage};
    }
  }
  std::erase_if(all,
                [&](const T& one) { return !wanted.empty() && std::ranges::find(wanted, one.name) == wanted.end(); });
  return all;
}

// A tool that failed on this workload is not run again.
void run_once(Row& row, const Workload& workload) {
  if (!row.not_possible.empty()) {
    return;
  }
  const auto untraced = measure_untraced(workload);
  const auto traced = untraced ? measure(row.tool, workload) : untraced.error();
  if (interrupted != 0) {
    return;
  }
  if (traced) {
    row.rounds.push_back({untraced->ns, *traced});
  } else if (!untraced) {
    row.not_possible = "not even untraced: " + untraced.error().why;
  } else {
    row.not_possible = traced.error().why;
  }
}

Status write_json(const Results& results, const std::string& path) {
  if (path.empty()) {
    return Done{};
  }
  std::ostringstream text;
  render_json(results, text);
  std::ofstream file(path);
  file << text.str();
  file.close();
  return file ? Status(Done{}) : Error{fmt::format("cannot write '{}'", path), std::strerror(errno), ""};
}

// Shows the progress on a terminal.
void show_progress(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0) {
    fmt::print(stderr, "\r\033[K{}", text);
  }
}

// Runs one round of one workload, with each tool in turn.
void run_block(Block& block, const std::string& title) {
  for (Row& row : block.rows) {
    show_progress(fmt::format("{}: {}, {}", title, block.workload.name, row.tool.name));
    run_once(row, block.workload);
    if (interrupted != 0) {
      return;
    }
  }
}

// The results so far are written at once: a later run may fail.
Status run_rounds(Results& results, const Options& options) {
  for (unsigned round = 0; round < options.rounds; ++round) {
    results.rounds = round + 1;
    for (Block& block : results.blocks) {
      run_block(block, fmt::format("round {} of {}", round + 1, options.rounds));
      results.load_after = load();
      auto status = write_json(results, options.output);
      if (!status || interrupted != 0) {
        return status;
      }
    }
  }
  return Done{};
}

void list(const std::vector<Workload>& workloads, const std::vector<Tool>& tools) {
  fmt::print("Workloads\n");
  for (const Workload& workload : workloads) {
    fmt::print("  {:<18} {}\n", workload.name, workload.what);
  }
  fmt::print("\nTools\n");
  for (const Tool& tool : tools) {
    fmt::print("  {:<18} {}{}\n", tool.name, tool.what,
               tool.package.empty() ? "" : fmt::format(" (package {})", tool.package));
  }
}

int refuse(const std::string& why) {
  fmt::print(stderr, "{}: {} (try --list, --help)\n", program_name, why);
  return bad_usage;
}

int fail(const Error& error) {
  fmt::print(stderr, "{}: {}\n", program_name, to_line(error));
  return 1;
}

int run(const Options& options) {
  const std::string directory = own_directory();
  auto workloads = chosen(all_workloads(directory), options.workloads, "workload");
  auto tools = chosen(all_tools(directory), options.tools, "tool");
  if (!workloads || !tools) {
    return refuse((workloads ? tools.error() : workloads.error()).what);
  }
  if (options.list) {
    list(*workloads, *tools);
    return 0;
  }
  if (geteuid() != 0) {
    return fail({"cannot measure", "most tools need root", "use sudo"});
  }
  Results results = about_this_machine();
  for (const Workload& workload : *workloads) {
    results.blocks.push_back({workload, {}});
    for (const Tool& tool : *tools) {
      results.blocks.back().rows.push_back({tool, {}, {}});
    }
  }
  if (auto status = write_json(results, options.output); !status) {
    return fail(status.error());
  }
  const Tracefs tracefs;
  const Priority priority;
  // Ctrl-C may reach the tools as well and end them; their results are not kept.
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int) { interrupted = 1; });
  }
  const auto status = run_rounds(results, options);
  show_progress("");
  render_text(results, std::cout);
  return status ? 0 : fail(status.error());
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("What observing costs: taskcost and its peers on the same workloads, in interleaved rounds",
               program_name);
  app.get_formatter()->column_width(help_column);
  app.add_option("--rounds", options.rounds, "How many rounds. Default: 5.")
      ->type_name("N")
      ->check(CLI::Range(1U, 1000U).description(""));
  app.add_option("--workload", options.workloads, "Only this one; may be repeated. Default:\nall.")->type_name("NAME");
  app.add_option("--tool", options.tools, "Only this one; may be repeated. Default:\nall.")->type_name("NAME");
  app.add_option("-o,--output", options.output, "Also write the results to FILE, as JSON.")->type_name("FILE");
  app.add_flag("--list", options.list, "Print the workloads and the tools, and end.");
  app.footer("Peers that are not installed are shown as such: 'tests/bench/overhead --install'\ninstalls them.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return refuse(error.what());
  }
  return run(options);
}

}  // namespace
}  // namespace taskcost::bench

int main(int argc, char** argv) {
  try {
    return taskcost::bench::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "taskcost-bench-overhead: %s\n", error.what());
    return 1;
  }
}
