// SPDX-License-Identifier: Apache-2.0
#include "commandline/observe_options.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "commandline/values.h"

namespace taskcost::commandline {
namespace {

// As many ledgers as fit into 4 GiB.
constexpr unsigned kMaxTasksLimit = 1U << 20;
// 2 GiB: a ring buffer cannot be larger.
constexpr unsigned kBufferLimit = 2048;

std::string format_help(const ObserveText& text) {
  if (text.stream == ReportStream::standard_output) {
    return "Format of standard output: text (the default), json or none.";
  }
  return std::string("Format of the report on standard error, or of '-o -': text, json or none. Default: ") +
         (text.text_by_default ? "text, and none with -o FILE." : "none.");
}

// What goes to the stream, and to which.
Status set_stream(ObserveOptions& options, const ObserveText& text, bool to_standard_output) {
  options.stream = to_standard_output ? ReportStream::standard_output : text.stream;
  if (!text.format.empty()) {
    const auto format = parse_format(text.format, to_standard_output);
    if (!format) {
      return format.error();
    }
    options.format = *format;
    return Done{};
  }
  // Standard error is the command's as well: a report that has its file leaves it alone.
  const bool has_file = (!options.outputs.empty() || options.capture) && options.stream == ReportStream::standard_error;
  if (!to_standard_output && (!text.text_by_default || has_file)) {
    options.format = std::nullopt;
  }
  return Done{};
}

}  // namespace

AtMark split_at_mark(const Words& words) {
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (mark == words.end()) {
    return {words, {}, false};
  }
  return {Words(words.begin(), mark), Words(mark + 1, words.end()), true};
}

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

void add_observe_options(CommandParser& parser, ObserveText& text) {
  parser.list(
      "-o,--output", "FILE", text.outputs,
      "Write the report to FILE, in the format of its ending: .html, .json or .txt; with --stacks also .folded or "
      ".speedscope.json; of the transitions themselves: .tcap (a capture, see 'taskcost report'), .pftrace "
      "(Perfetto), .csv or .ndjson. '-' is standard output, in the format of --format. May be repeated.");
  parser.value("--format", "FORMAT", text.format, format_help(text));
  parser.value(
      "--detail", "LEVEL", text.detail,
      "full (the default), or switches: cheaper, without probes on system calls and page faults. What a task waits for "
      "is then read from its saved registers, faults are those that the kernel counts, and user and kernel time are "
      "not told apart.");
  parser.list("--max-tasks", "N", text.max_tasks,
              "Room for N observed tasks that live at once, 4 KiB each; more are counted as lost. Default: 16384, and "
              "twice as many as there are tasks with --all.");
  parser.list("--buffer", "MIB", text.buffers,
              "Room for transitions on their way to a file, a power of two. Default: 64. Those that find it full are "
              "counted as lost, where they were lost.");
  parser.flag("--stacks", text.stacks,
              "Keep the user and kernel stacks of creations, faults, waits and involuntary switches. Default: off.");
  parser.flag("--kernel-memory", text.kernel_memory,
              "Also count the memory that the kernel allocates in creating calls. Makes each of its allocations "
              "dearer. Default: off.");
  parser.flag("--probe-stats", text.probe_stats,
              "Count the runs and the time of each probe. Makes every probe slower. Default: off.");
  parser.flag("-q,--quiet", text.quiet, "No messages but errors. Default: off.");
  parser.flag("-v,--verbose", text.verbose, "Show every task and all evidence in text. Default: off.");
  parser.flag("--no-color", text.no_color, "No colours. Default: colours on a terminal, unless NO_COLOR is set.");
}

Result<Levels> checked(const std::string& detail, const Words& max_tasks) {
  Levels levels;
  if (detail != "full" && detail != "switches") {
    return usage_error("--detail " + detail, "there is no such level", "give 'full' or 'switches'");
  }
  levels.detail = detail == "full" ? Detail::full : Detail::switches;
  if (!max_tasks.empty()) {
    const auto count = parse_count("--max-tasks", max_tasks.back(), kMaxTasksLimit);
    if (!count) {
      return count.error();
    }
    levels.max_tasks = *count;
  }
  return levels;
}

Result<ObserveOptions> checked(const ObserveText& text) {
  ObserveOptions options;
  Words paths = text.outputs;
  const bool to_standard_output = take_standard_output(paths);
  for (const std::string& path : paths) {
    auto output = parse_output(path);
    if (!output) {
      return output.error();
    }
    if (output->format != OutputFormat::capture) {
      options.outputs.push_back(*output);
    } else if (options.capture) {
      return usage_error("two captures", "one is written at a time", "name one .tcap file");
    } else {
      options.capture = output->path;
    }
  }
  if (auto status = set_stream(options, text, to_standard_output); !status) {
    return status.error();
  }
  const auto levels = checked(text.detail, text.max_tasks);
  if (!levels) {
    return levels.error();
  }
  if (!text.buffers.empty()) {
    const auto size = parse_count("--buffer", text.buffers.back(), kBufferLimit);
    if (!size) {
      return size.error();
    }
    if (!std::has_single_bit(*size)) {
      return usage_error("--buffer " + text.buffers.back(), "a ring buffer has a power of two",
                         "give 32, 64, 128, ...");
    }
    options.buffer_mib = *size;
  }
  options.detail = levels->detail;
  options.max_tasks = levels->max_tasks;
  options.quiet = text.quiet;
  options.verbose = text.verbose;
  options.probe_stats = text.probe_stats;
  options.kernel_memory = text.kernel_memory;
  options.stacks = text.stacks;
  const bool of_stacks = std::any_of(options.outputs.begin(), options.outputs.end(), [](const OutputFile& output) {
    return output.format == OutputFormat::folded || output.format == OutputFormat::speedscope;
  });
  if (of_stacks && !text.stacks) {
    return usage_error("a file of stacks", "no stacks are kept", "add --stacks");
  }
  options.colour = text.no_color ? std::optional(false) : std::nullopt;
  return options;
}

std::optional<Error> refuse_events(const ObserveOptions& options, const std::string& where) {
  if (!needs_events(options)) {
    return std::nullopt;
  }
  return usage_error("a file of transitions", "there are none of " + where, "record them with 'taskcost record'");
}

void add_target_options(CommandParser& parser, TargetText& text) {
  parser.list("-p,--pid", "PID[,PID...]", text.pids,
              "Observe whole processes: all threads, and all descendants, those that exist already and those to come. "
              "May be repeated.");
  parser.flag("--no-children", text.no_children,
              "With --pid: without descendants, neither those that exist already nor those to come. Default: off.");
  parser.list("-t,--tid", "TID[,TID...]", text.tids, "Observe single tasks. May be repeated.");
  parser.list("--cgroup", "PATH", text.cgroups,
              "Observe every task in a cgroup (version 1 or 2) and below it, late arrivals included. PATH is its "
              "directory, or its path below the root of a hierarchy. One that leaves it stays observed.");
  parser.list("--comm", "GLOB", text.names,
              "Observe the processes whose name matches, those that take it by exec later included: 'postgres*'.");
  parser.flag("-a,--all", text.machine, "Observe every task of the machine but taskcost itself. Default: off.");
}

Result<std::optional<Target>> checked(const TargetText& text, const std::string& hint) {
  const int kinds = static_cast<int>(!text.pids.empty()) + static_cast<int>(!text.tids.empty()) +
                    static_cast<int>(!text.cgroups.empty()) + static_cast<int>(!text.names.empty()) +
                    static_cast<int>(text.machine);
  if (kinds == 0 && !text.no_children) {
    return std::optional<Target>();
  }
  if (kinds > 1 || text.cgroups.size() > 1 || text.names.size() > 1) {
    return usage_error("more than one target", "only one of --pid, --tid, --cgroup, --comm and --all can be observed",
                       hint);
  }
  if (text.no_children && text.pids.empty()) {
    return usage_error("option '--no-children'", "it says which part of --pid to leave out", hint);
  }
  Target target;
  target.children = !text.no_children;
  if (text.machine) {
    target.kind = Target::Kind::machine;
  } else if (!text.cgroups.empty()) {
    target.kind = Target::Kind::cgroup;
    target.cgroup = text.cgroups.front();
  } else if (!text.names.empty()) {
    target.kind = Target::Kind::name;
    target.name = text.names.front();
  } else {
    target.kind = text.pids.empty() ? Target::Kind::tasks : Target::Kind::processes;
    auto ids = text.pids.empty() ? parse_ids("--tid", text.tids) : parse_ids("--pid", text.pids);
    if (!ids) {
      return ids.error();
    }
    target.ids = *std::move(ids);
  }
  if ((target.kind == Target::Kind::cgroup && target.cgroup.empty()) ||
      (target.kind == Target::Kind::name && target.name.empty())) {
    return usage_error("an empty target", "nothing is named", hint);
  }
  return std::optional(target);
}

}  // namespace taskcost::commandline
