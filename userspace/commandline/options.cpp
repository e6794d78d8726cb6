// SPDX-License-Identifier: Apache-2.0
#include "commandline/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/diff_options.h"
#include "commandline/values.h"

namespace taskcost {

namespace {

using commandline::CommandParser;
using commandline::usage_error;

using Words = std::vector<std::string>;

// As many ledgers as fit into 4 GiB.
constexpr unsigned kMaxTasksLimit = 1U << 20;

// The shared options as text.
struct ObserveText {
  Words outputs;
  std::string format = "text";
  Words max_tasks;
  std::string detail = "full";
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool probe_stats = false;
  bool kernel_memory = false;
  bool stacks = false;
};

void add_observe_options(CommandParser& parser, ObserveText& text) {
  parser.list(
      "-o,--output", "FILE", text.outputs,
      "Write the report to FILE, in the format of its ending: .html, .json or .txt; with --stacks also .folded or "
      ".speedscope.json. May be repeated.");
  parser.value("--format", "FORMAT", text.format, "Format of standard output: text (the default), json or none.");
  parser.value(
      "--detail", "LEVEL", text.detail,
      "full (the default), or switches: cheaper, without probes on system calls. What a task waits for is then "
      "read from its saved registers; user and kernel time are not told apart.");
  parser.list("--max-tasks", "N", text.max_tasks,
              "Room for N observed tasks that live at once, 4 KiB each; more are counted as lost. Default: 16384, and "
              "twice as many as there are tasks with --all.");
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

struct Levels {
  Detail detail = Detail::full;
  std::optional<unsigned> max_tasks;
};

Result<Levels> checked(const std::string& detail, const Words& max_tasks) {
  Levels levels;
  if (detail != "full" && detail != "switches") {
    return usage_error("--detail " + detail, "there is no such level", "give 'full' or 'switches'");
  }
  levels.detail = detail == "full" ? Detail::full : Detail::switches;
  if (!max_tasks.empty()) {
    const auto count = commandline::parse_count("--max-tasks", max_tasks.back(), kMaxTasksLimit);
    if (!count) {
      return count.error();
    }
    levels.max_tasks = *count;
  }
  return levels;
}

Result<ObserveOptions> checked(const ObserveText& text) {
  ObserveOptions options;
  for (const std::string& path : text.outputs) {
    auto output = commandline::parse_output(path);
    if (!output) {
      return output.error();
    }
    options.outputs.push_back(*output);
  }
  const auto format = commandline::parse_format(text.format);
  if (!format) {
    return format.error();
  }
  const auto levels = checked(text.detail, text.max_tasks);
  if (!levels) {
    return levels.error();
  }
  options.detail = levels->detail;
  options.max_tasks = levels->max_tasks;
  options.format = *format;
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

// What stands before the first "--" and what after it. CLI11 would eat the mark, and a command may have one of its own.
struct AtMark {
  Words before;
  Words after;  // without the mark
  bool marked = false;
};

AtMark split_at_mark(const Words& words) {
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (mark == words.end()) {
    return {words, {}, false};
  }
  return {Words(words.begin(), mark), Words(mark + 1, words.end()), true};
}

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Result<Options> parse_run(const Words& words) {
  RunCommand run;
  ObserveText observe;
  std::string user;
  CommandParser parser({"taskcost run", "taskcost run [OPTIONS] [--] COMMAND [ARG]...",
                        "Launch a program and observe it and all its descendants, from its first instruction on. "
                        "Its standard streams and its exit status pass through.",
                        "Example: sudo taskcost run -o report.json -- make -j4"});
  parser.value("--user", "NAME", user, "Run the command as NAME. Default: the user who called sudo, else the caller.");
  add_observe_options(parser, observe);
  parser.stop_at_first_word();

  const AtMark at_mark = split_at_mark(words);
  if (auto end = parser.parse(at_mark.before)) {
    return *end;
  }
  run.command = parser.extras();
  if (!run.command.empty() && commandline::looks_like_option(run.command.front())) {
    return parser.unknown_option(run.command.front());
  }
  if (!run.command.empty() && at_mark.marked) {
    run.command.emplace_back("--");  // the command began before it, so it is the command's
  }
  append(run.command, at_mark.after);
  if (run.command.empty()) {
    return usage_error("no command to run", "nothing follows the options",
                       "put it last, as in 'taskcost run -- ls -l'; " + parser.hint());
  }
  if (!user.empty()) {
    run.user = user;
  }
  auto options = checked(observe);
  if (!options) {
    return options.error();
  }
  run.observe = *options;
  return Options(run);
}

// The options that name whom to observe, as text.
struct TargetText {
  Words pids;
  Words tids;
  Words cgroups;
  Words names;
  bool machine = false;
};

void add_target_options(CommandParser& parser, TargetText& text) {
  parser.list("-p,--pid", "PID[,PID...]", text.pids,
              "Observe whole processes: all threads, and the children that they will have. May be repeated.");
  parser.list("-t,--tid", "TID[,TID...]", text.tids, "Observe single tasks. May be repeated.");
  parser.list("--cgroup", "PATH", text.cgroups,
              "Observe every task in a cgroup (version 1 or 2) and below it, late arrivals included. PATH is its "
              "directory, or its path below the root of a hierarchy. One that leaves it stays observed.");
  parser.list("--comm", "GLOB", text.names,
              "Observe the processes whose name matches, those that take it by exec later included: 'postgres*'.");
  parser.flag("-a,--all", text.machine, "Observe every task of the machine but taskcost itself. Default: off.");
}

// Exactly one kind of target. nullopt: none is given.
Result<std::optional<Target>> checked(const TargetText& text, const std::string& hint) {
  const int kinds = static_cast<int>(!text.pids.empty()) + static_cast<int>(!text.tids.empty()) +
                    static_cast<int>(!text.cgroups.empty()) + static_cast<int>(!text.names.empty()) +
                    static_cast<int>(text.machine);
  if (kinds == 0) {
    return std::optional<Target>();
  }
  if (kinds > 1 || text.cgroups.size() > 1 || text.names.size() > 1) {
    return usage_error("more than one target", "only one of --pid, --tid, --cgroup, --comm and --all can be observed",
                       hint);
  }
  Target target;
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
    auto ids =
        text.pids.empty() ? commandline::parse_ids("--tid", text.tids) : commandline::parse_ids("--pid", text.pids);
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

Result<Options> parse_attach(const Words& words) {
  AttachCommand attach;
  ObserveText observe;
  TargetText target_text;
  Words durations;
  CommandParser parser({"taskcost attach", "taskcost attach (-p PID | -t TID | --cgroup PATH | --comm GLOB | -a)",
                        "Observe programs that already run. Ctrl-C ends the observation and writes the report.",
                        "Example: sudo taskcost attach -p 4711 -d 10"});
  add_target_options(parser, target_text);
  parser.list("-d,--duration", "SECONDS", durations,
              "Stop after SECONDS. Default: when the targets have ended, or on Ctrl-C.");
  add_observe_options(parser, observe);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto error = parser.refuse_extras()) {
    return *error;
  }
  auto target = checked(target_text, parser.hint());
  if (!target) {
    return target.error();
  }
  if (!*target) {
    return usage_error("no target to attach to", "neither --pid, --tid, --cgroup, --comm nor --all is given",
                       "name one, as in 'taskcost attach -p 4711'; " + parser.hint());
  }
  attach.target = **std::move(target);
  if (!durations.empty()) {
    const auto duration = commandline::parse_seconds("--duration", durations.back());
    if (!duration) {
      return duration.error();
    }
    attach.duration = *duration;
  }
  auto options = checked(observe);
  if (!options) {
    return options.error();
  }
  attach.observe = *options;
  return Options(attach);
}

Result<Options> parse_doctor(const Words& words) {
  DoctorCommand doctor;
  bool no_color = false;
  CommandParser parser({"taskcost doctor", "taskcost doctor [OPTIONS]",
                        "Tell what can be measured on this machine with these privileges, from which source, and what "
                        "would make it better.",
                        ""});
  parser.flag("--json", doctor.json, "Write JSON instead of text. Default: off.");
  parser.flag("--no-color", no_color, "No colours. Default: colours on a terminal, unless NO_COLOR is set.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto error = parser.refuse_extras()) {
    return *error;
  }
  doctor.colour = no_color ? std::optional(false) : std::nullopt;
  return Options(doctor);
}

Result<Options> parse_workload(const Words& words) {
  WorkloadCommand workload;
  ObserveText observe;
  CommandParser parser({"taskcost workload", "taskcost workload [OPTIONS] NAME [WORKLOAD-OPTION]...",
                        "Run one bundled workload and observe it. Options that are not listed here and all that "
                        "follows a '--' go to the workload.",
                        "'taskcost-workload --help' lists the workloads and their options.\n"
                        "Example: sudo taskcost workload create --model thread"});
  add_observe_options(parser, observe);

  const AtMark at_mark = split_at_mark(words);
  if (auto end = parser.parse(at_mark.before)) {
    return *end;
  }
  workload.arguments = parser.extras();
  append(workload.arguments, at_mark.after);
  if (workload.arguments.empty()) {
    return usage_error("no workload to run", "its name is missing",
                       "'taskcost-workload --help' lists them; " + parser.hint());
  }
  if (commandline::looks_like_option(workload.arguments.front())) {
    return parser.unknown_option(workload.arguments.front());
  }
  workload.name = workload.arguments.front();
  workload.arguments.erase(workload.arguments.begin());
  auto options = checked(observe);
  if (!options) {
    return options.error();
  }
  workload.observe = *options;
  return Options(workload);
}

Result<Options> parse_verify(const Words& words) {
  VerifyCommand verify;
  ObserveText observe;
  CommandParser parser({"taskcost verify", "taskcost verify [OPTIONS]",
                        "Judge claims about processes and threads with the bundled workloads.", ""});
  parser.list("--claim", "ID", verify.claims, "Judge only this claim. May be repeated. Default: all claims.");
  parser.flag("--thorough", verify.thorough, "More rounds: narrower intervals, a longer run. Default: off.");
  std::string against_itself;
  parser.value("--against-itself", "MODEL", against_itself,
               "Check the judge: run both sides of each comparison as MODEL, thread or process. No claim of a "
               "difference may be confirmed then.");
  parser.flag("--list", verify.list, "List the claims and judge none. Default: off.");
  add_observe_options(parser, observe);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto error = parser.refuse_extras()) {
    return *error;
  }
  auto options = checked(observe);
  if (!options) {
    return options.error();
  }
  verify.observe = *options;
  if (!against_itself.empty()) {
    if (against_itself != "thread" && against_itself != "process") {
      return usage_error("--against-itself " + against_itself, "it is neither 'thread' nor 'process'", parser.hint());
    }
    verify.against_itself = against_itself;
  }
  return Options(verify);
}

Result<Options> parse_top(const Words& words) {
  TopCommand top;
  TargetText target_text;
  Words intervals;
  Words max_tasks;
  std::string detail = "full";
  std::string format = "text";
  CommandParser parser({"taskcost top", "taskcost top [TARGET] [OPTIONS]",
                        "A live table of processes and threads: shares of a CPU, waits for a CPU, blocked time by "
                        "cause, switches, faults, creations. Without a target, of the whole machine.",
                        "h in the table shows its keys.\nExample: sudo taskcost top --comm 'postgres*'"});
  add_target_options(parser, target_text);
  parser.list("--interval", "SECONDS", intervals, "Time between two looks. Default: 2.");
  parser.flag("--once", top.once, "One interval, written to standard output. Default: off.");
  parser.value("--format", "FORMAT", format, "With --once: text (the default) or json.");
  parser.value("--sort", "KEY", top.sort,
               "pid, name, cpu (the default), user, kernel, queue, blocked, switches, faults or creations.");
  parser.flag("--threads", top.threads, "One row for each task. Default: off.");
  parser.flag("--tree", top.tree, "Children below their parents. Default: off.");
  parser.value("--detail", "LEVEL", detail, "full (the default) or switches, as for 'taskcost attach'.");
  parser.list("--max-tasks", "N", max_tasks, "Room for N observed tasks, as for 'taskcost attach'.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto error = parser.refuse_extras()) {
    return *error;
  }
  auto target = checked(target_text, parser.hint());
  if (!target) {
    return target.error();
  }
  top.target.kind = Target::Kind::machine;
  if (*target) {
    top.target = **std::move(target);
  }
  if (!intervals.empty()) {
    const auto interval = commandline::parse_seconds("--interval", intervals.back());
    if (!interval) {
      return interval.error();
    }
    top.interval = *interval;
  }
  auto levels = checked(detail, max_tasks);
  if (!levels) {
    return levels.error();
  }
  top.detail = levels->detail;
  top.max_tasks = levels->max_tasks;
  if (format != "text" && format != "json") {
    return usage_error("--format " + format, "the live table has no such format", "give 'text' or 'json'");
  }
  if (format == "json" && !top.once) {
    return usage_error("--format json", "a live table is no JSON", "add --once");
  }
  if (top.threads && top.tree) {
    return usage_error("options '--threads' and '--tree'", "a table has one shape at a time", parser.hint());
  }
  top.format = format == "json" ? OutputFormat::json : OutputFormat::text;
  return Options(top);
}

struct CommandEntry {
  std::string_view name;
  Result<Options> (*parse)(const Words&);
};
constexpr std::array kCommands{CommandEntry{"run", parse_run},
                               CommandEntry{"attach", parse_attach},
                               CommandEntry{"verify", parse_verify},
                               CommandEntry{"doctor", parse_doctor},
                               CommandEntry{"top", parse_top},
                               CommandEntry{"workload", parse_workload},
                               CommandEntry{"diff", commandline::parse_diff}};

constexpr std::string_view kCommandsHelp =
    "Commands:\n"
    "  run       launch a program and observe it and all its descendants\n"
    "  attach    observe programs that already run\n"
    "  top       live table of processes and threads\n"
    "  verify    judge claims about processes and threads\n"
    "  diff      compare two reports\n"
    "  doctor    tell what can be measured here, and from which source\n"
    "  workload  run one bundled workload and observe it\n"
    "\n"
    "'taskcost COMMAND --help' explains each.\n"
    "Exit status: 0 done, 1 failure, 2 wrong usage; 'run' passes on the command's,\n"
    "'diff --fail-above' gives 3 when a cost is above the limit.";

// Options before any command.
Result<Options> parse_global(const Words& words) {
  bool version = false;
  bool schema = false;
  CommandParser parser({"taskcost", "taskcost COMMAND [OPTIONS]",
                        "Show what the kernel spends on every process and thread.", std::string(kCommandsHelp)});
  parser.flag("--version", version, "Print the version.");
  parser.flag("--json-schema", schema, "Print the JSON Schema of the JSON report.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto error = parser.refuse_extras()) {
    return *error;
  }
  if (version) {
    return Options(PrintText{"taskcost " TASKCOST_VERSION "\n"});
  }
  if (schema) {
    return Options(PrintSchema{});
  }
  return usage_error("no command", "nothing to do", parser.hint());
}

Error unknown_command(const std::string& name) {
  Words known;
  for (const CommandEntry& command : kCommands) {
    known.emplace_back(command.name);
  }
  const auto meant = commandline::nearest(name, known);
  return usage_error("unknown command " + commandline::in_quotes(name), "taskcost has no such command",
                     (meant ? "did you mean '" + *meant + "'? " : "") + "try 'taskcost --help'");
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  if (arguments.empty() || commandline::looks_like_option(arguments.front())) {
    return parse_global(arguments);
  }
  for (const CommandEntry& command : kCommands) {
    if (command.name == arguments.front()) {
      return command.parse(Words(arguments.begin() + 1, arguments.end()));
    }
  }
  return unknown_command(arguments.front());
}

}  // namespace taskcost
