// SPDX-License-Identifier: Apache-2.0
#include "cli/options/observe_options.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>

#include "account/describe/account_keys.h"
#include "cli/options/values.h"

namespace taskcost::commandline {
namespace {

// 4 GiB of ledgers.
constexpr unsigned kMaxTasksLimit = 1U << 20;
// A ring buffer has at most 2 GiB.
constexpr unsigned kBufferLimit = 2048;
constexpr unsigned kUnwindMemoryLimit = 4096;
constexpr unsigned kSampleRateLimit = 10'000;

using Format = std::optional<OutputFormat>;  // nullopt: none

std::string format_help(const OutputOptions& options, bool text_by_default) {
  if (options.stream == ReportStream::standard_output) {
    return "Format of standard output: text (default), json or none.";
  }
  return std::string(
             "Format of the report on standard error, or on standard output with '-o -': text, json or none. "
             "Default: ") +
         (text_by_default ? "text, and none with -o FILE." : "none.");
}

Status set_outputs(OutputOptions& options, Words paths, const std::optional<Format>& format, FileSet files,
                   bool text_by_default) {
  const bool to_standard_output = std::erase(paths, "-") > 0;
  for (const std::string& path : paths) {
    auto output = parse_output("--output", path, files);
    if (!output) {
      return output.error();
    }
    options.outputs.push_back(*std::move(output));
  }
  if (to_standard_output) {
    options.stream = ReportStream::standard_output;
  }
  if (format) {
    options.format = *format;
    return to_standard_output && !*format
               ? Status(usage_error("--format none with -o -", "nothing would be written there", "drop one of them"))
               : Status(Done{});
  }
  // The launched command writes to standard error too: a report with a file of its own stays away from it, except that
  // its summary goes to a terminal.
  const bool has_file = !options.outputs.empty();
  if (!to_standard_output && (!text_by_default || (has_file && options.stream == ReportStream::standard_error))) {
    options.format = std::nullopt;
    options.summary_on_terminal = text_by_default;
  } else if (!to_standard_output && has_file) {
    options.view.extent = ReportView::Extent::summary;
  }
  return Done{};
}

// The summary is text, and the opposite of all details.
Result<UnitsOfWork> parse_units(std::string_view option, const std::string& text) {
  const auto units = parse_positive(option, text);
  if (!units) {
    return units.error();
  }
  return UnitsOfWork{*units, std::nullopt};
}

Result<UnitsOfWork> parse_counter(std::string_view option, const std::string& text) {
  std::vector<std::string> keys;
  for (const tc_counter counter : every<tc_counter>()) {
    if (text == key_of(counter)) {
      return UnitsOfWork{0, counter};
    }
    keys.emplace_back(key_of(counter));
  }
  const auto meant = nearest(text, keys);
  return bad_value(
      option, text, "unknown counter",
      meant ? "do you mean " + *meant + "?" : "use a key of totals.counters in a JSON report, as syscalls");
}

Result<UnitsOfWork> parse_region_units(std::string_view option, const std::string& text) {
  if (text.empty()) {
    return bad_value(option, text, "it is empty", "name a region that the program marks");
  }
  return UnitsOfWork{0, std::nullopt, text};
}

Status check_brief(const OutputOptions& options, bool brief) {
  if (brief && options.verbose) {
    return usage_error("--brief and --verbose", "one shows the summary alone, the other everything",
                       "drop one of them");
  }
  if (brief && options.format == OutputFormat::json) {
    return usage_error("--brief and --format json", "only text has a short form", "drop one of them");
  }
  return Done{};
}

// A capture is one of the files of -o, but the collector writes it.
Status set_capture(ObserveOptions& options) {
  for (const OutputFile& output : options.outputs) {
    if (output.format == OutputFormat::capture) {
      if (options.capture) {
        return usage_error("two captures", "only one can be written at a time", "name one .tcap file");
      }
      options.capture = output.path;
    }
  }
  std::erase_if(options.outputs, [](const OutputFile& output) { return output.format == OutputFormat::capture; });
  const bool of_stacks = std::any_of(options.outputs.begin(), options.outputs.end(), [](const OutputFile& output) {
    return source_of(output.format) == FormatSource::stacks;
  });
  if (options.unwind_mib && !options.stacks) {
    return usage_error("--unwind-memory", "no stacks are collected", "add --stacks");
  }
  if (options.sample_hz && !options.stacks) {
    return usage_error("--sample", "no stacks are collected", "add --stacks");
  }
  if (of_stacks && !options.stacks) {
    return usage_error("an output file of stacks", "no stacks are collected", "add --stacks");
  }
  return Done{};
}

Result<unsigned> parse_buffer(std::string_view option, const std::string& text) {
  auto size = parse_count(option, text, kBufferLimit);
  if (size && !std::has_single_bit(*size)) {
    return bad_value(option, text, "not a power of two", "use 32, 64, 128, ...");
  }
  return size;
}

Result<unsigned> parse_unwind_memory(std::string_view option, const std::string& text) {
  if (text == "0") {
    return 0U;
  }
  const auto size = parse_count(option, text, kUnwindMemoryLimit);
  return size ? size
              : bad_value(option, text, "not a whole number in range",
                          "use 0, for frame pointers alone, to " + std::to_string(kUnwindMemoryLimit));
}

Result<unsigned> parse_sample_rate(std::string_view option, const std::string& text) {
  return text == "0" ? Result<unsigned>(0U) : parse_count(option, text, kSampleRateLimit);
}

Status set_text(std::string_view option, const Words& texts, std::string& target) {
  if (texts.size() > 1) {
    return usage_error("option '" + std::string(option) + "'", "it was given more than once", "give it once");
  }
  if (texts.front().empty()) {
    return bad_value(option, texts.front(), "it is empty", "name a target");
  }
  target = texts.front();
  return Done{};
}

}  // namespace

void add_output_options(CommandParser& parser, OutputOptions& options, const FileSet& files,
                        const OutputDefaults& defaults) {
  // Both must outlive this function, as the check below does.
  const auto paths = std::make_shared<Words>();
  const auto format = std::make_shared<std::optional<Format>>();
  parser.add(
      "-o,--output", "FILE",
      [paths](const Words& texts) {
        *paths = texts;
        return Done{};
      },
      "Write the " + defaults.what + " to FILE; its ending selects the format: " + list_endings(files) +
          ". '-' is standard output, in the format of --format. May be repeated.");
  parser.choice("--format", "FORMAT", *format,
                {{"text", Format(OutputFormat::text)}, {"json", Format(OutputFormat::json)}, {"none", Format()}},
                format_help(options, defaults.text_by_default));
  parser.flag("-v,--verbose", options.verbose, "Show all details in text: every task, quantity and source.");
  add_color_options(parser, options.color);
  parser.check([&options, &files, paths, format, text_by_default = defaults.text_by_default] {
    return set_outputs(options, *paths, *format, files, text_by_default);
  });
}

void add_quiet_option(CommandParser& parser, bool& quiet) {
  parser.flag("-q,--quiet", quiet, "Print no messages except errors.");
}

void add_color_options(CommandParser& parser, std::optional<bool>& color) {
  using Color = std::optional<bool>;
  parser.choice("--color", "WHEN", color, {{"auto", Color()}, {"always", true}, {"never", false}},
                "Color in text: auto (default: on a terminal, unless NO_COLOR is set), always or never.");
  parser.flag("--no-color", color, false, "Same as --color=never.");
}

void add_view_options(CommandParser& parser, OutputOptions& options) {
  constexpr unsigned most_rows = 1'000'000;
  const auto brief = std::make_shared<bool>();  // must outlive this function, as the check below does
  parser.flag("--brief", *brief, "Show the summary alone. Files of -o keep every section.");
  parser.flag(
      "--idle", options.view.idle,
      "Show idle waits among the largest costs of the summary: those for new work, for a timer, or for a child.");
  CLI::Option* const per = parser.value("--per", "N", options.per, parse_units,
                                        "Show figures for each of N units of work: requests, rows, loops.");
  CLI::Option* const per_count =
      parser
          .value("--per-count", "COUNTER", options.per, parse_counter,
                 "The same, with the total of a counter as N: syscalls, voluntary_switches, or another key of "
                 "totals.counters in the JSON report.")
          ->excludes(per);
  parser
      .value("--per-region", "NAME", options.per, parse_region_units,
             "The same, with the number of regions of this name that the program marked.")
      ->excludes(per)
      ->excludes(per_count);
  parser.value("--top", "N", options.view.top, count_up_to(most_rows),
               "Show N rows of each table of processes, tasks, waits, system calls and edges, in text.");
  parser.choice("--sort", "KEY", options.view.sort,
                {{"busy", ReportOrder::busy},
                 {"cpu", ReportOrder::cpu},
                 {"blocked", ReportOrder::blocked},
                 {"wait", ReportOrder::wait},
                 {"faults", ReportOrder::faults},
                 {"switches", ReportOrder::switches},
                 {"lifetime", ReportOrder::lifetime}},
                "Order of processes and tasks in text, the largest first: busy (default: CPU time and all waits but "
                "idle ones), cpu, blocked, wait (for a CPU), faults, switches or lifetime.");
  parser.check([&options, brief] {
    if (*brief) {
      options.view.extent = ReportView::Extent::summary;
      options.format = options.summary_on_terminal ? OutputFormat::text : options.format;
    } else if (options.verbose && options.view.extent == ReportView::Extent::main) {
      options.view.extent = ReportView::Extent::all;
    }
    return check_brief(options, *brief);
  });
}

CLI::Option* add_group_option(CommandParser& parser, std::optional<GroupBy>& by, const std::string& help) {
  std::vector<std::pair<std::string_view, std::optional<GroupBy>>> keys;
  for (const GroupBy each : every<GroupBy>()) {
    keys.emplace_back(to_string(each), each);
  }
  return parser.choice("--by", "KEY", by, std::move(keys),
                       help +
                           " KEY: comm (program name), cmdline, thread (thread name, with * for numbers by which "
                           "several differ), tree (each "
                           "child of the first process with its descendants), user or cgroup (version 2).");
}

void add_level_options(CommandParser& parser, Detail& detail, std::optional<unsigned>& max_tasks,
                       unsigned usual_tasks) {
  const bool is_full = detail == Detail::full;
  parser.choice(
      "--detail", "LEVEL", detail, {{"full", Detail::full}, {"switches", Detail::switches}},
      std::string(is_full ? "full (default), or switches" : "full, or switches (default)") +
          ": lower overhead, without probes on system calls and page faults. The "
          "cause of a wait is then taken from the task's saved registers, faults are only counted, and there is "
          "no split into user and kernel time.");
  parser.value("--max-tasks", "N", max_tasks, count_up_to(kMaxTasksLimit),
               "Room for N observed tasks that are alive at once, 4 KiB each; further tasks are counted as lost. "
               "Default: " +
                   std::to_string(usual_tasks) + ", and with --all at least twice the number of existing tasks.");
}

void add_observe_options(CommandParser& parser, ObserveOptions& options, const FileSet& files,
                         const OutputDefaults& defaults) {
  add_output_options(parser, options, files, defaults);
  parser.check([&options] { return set_capture(options); });
  add_quiet_option(parser, options.quiet);
  add_level_options(parser, options.detail, options.max_tasks);
  parser.value("--buffer", "MIB", options.buffer_mib, parse_buffer,
               "Size of the ring buffer for recorded events, a power of two. Default: 64. Events that find it full are "
               "counted as lost, at the time when they were lost.");
  parser.flag("--stacks", options.stacks,
              "Collect user and kernel stacks of running tasks (--sample), waits, involuntary switches, faults and "
              "creations. Needed for .folded, .speedscope.json and .pb.gz (pprof).");
  parser.value("--sample", "HZ", options.sample_hz, parse_sample_rate,
               "With --stacks, samples of running tasks per second on each CPU; 0: none. Default: 99.");
  parser.value("--unwind-memory", "MIB", options.unwind_mib, parse_unwind_memory,
               "Kernel memory for the tables by which --stacks unwinds programs without frame pointers; 0: follow "
               "frame pointers alone. Tables that find no room are counted. Default: 64.");
  parser.flag("--kernel-memory", options.kernel_memory,
              "Count the memory that the kernel allocates in fork and clone. Slows down those allocations.");
  parser.flag("--probe-stats", options.probe_stats,
              "Count the runs and the run time of each probe. Slows down every probe.");
}

void add_target_options(CommandParser& parser, std::optional<Target>& target, Arguments arguments) {
  const auto of_kind = [&target](Target::Kind kind) -> Target& {
    target = target.value_or(Target{});
    target->kind = kind;
    return *target;
  };
  const auto ids = [of_kind](const char* option, Target::Kind kind) {
    return [of_kind, option, kind](const Words& texts) -> Status {
      auto parsed = parse_ids(option, texts);
      if (!parsed) {
        return parsed.error();
      }
      of_kind(kind).ids = *std::move(parsed);
      return Done{};
    };
  };
  const std::array options = {
      parser.add(arguments == Arguments::are_pids ? "-p,--pid,PID" : "-p,--pid", "PID[,PID...]",
                 ids("--pid", Target::Kind::processes),
                 "Observe processes: all their threads and all descendants, existing and new. May be repeated."),
      parser.add("-t,--tid", "TID[,TID...]", ids("--tid", Target::Kind::tasks),
                 "Observe single tasks (threads). May be repeated."),
      parser.add(
          "--cgroup", "PATH",
          [of_kind](const Words& texts) { return set_text("--cgroup", texts, of_kind(Target::Kind::cgroup).cgroup); },
          "Observe all tasks in a cgroup (v1 or v2) and its descendants, and those that join later. PATH is its "
          "directory, or its path below the root of a hierarchy. A task that leaves the cgroup stays observed."),
      parser.add(
          "--comm", "GLOB",
          [of_kind](const Words& texts) { return set_text("--comm", texts, of_kind(Target::Kind::name).name); },
          "Observe processes whose name (comm) matches, and those that match after an exec: 'postgres*'."),
      parser.flag("-a,--all", target, Target{Target::Kind::machine, {}, {}, {}},
                  "Observe every task of the machine except taskcost itself.")};
  for (CLI::Option* const option : options) {
    for (CLI::Option* const other : options) {
      if (option != other) {
        option->excludes(other);
      }
    }
  }
  options.front()->allow_extra_args(arguments == Arguments::are_pids);  // without it, CLI11 takes one argument
  const auto no_children = std::make_shared<bool>();
  parser.flag("--no-children", *no_children, "With --pid: without descendants, existing and new.")
      ->needs(options.front());
  parser.check([&target, no_children]() -> Status {
    if (*no_children) {
      target->children = false;
    }
    return Done{};
  });
}

void add_duration_option(CommandParser& parser, std::optional<std::chrono::nanoseconds>& duration) {
  parser.value("-d,--duration", "SECONDS", duration, parse_seconds,
               "Stop after SECONDS. Default: when all targets have ended, or on Ctrl-C.");
}

void add_user_option(CommandParser& parser, std::optional<std::string>& user) {
  parser.value("--user", "NAME", user, "Run as user NAME. Default: the user who called sudo, otherwise the caller.");
}

}  // namespace taskcost::commandline
