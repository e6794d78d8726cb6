// SPDX-License-Identifier: Apache-2.0
#include "commandline/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/compare_options.h"
#include "commandline/diff_options.h"
#include "commandline/estimate_options.h"
#include "commandline/observe_options.h"
#include "commandline/record_options.h"
#include "commandline/values.h"

namespace taskcost {

namespace {

using commandline::add_observe_options;
using commandline::add_target_options;
using commandline::append;
using commandline::AtMark;
using commandline::checked;
using commandline::CommandParser;
using commandline::ObserveText;
using commandline::refuse_events;
using commandline::split_at_mark;
using commandline::TargetText;
using commandline::usage_error;
using commandline::Words;

// Runs that are repeated have one report of them all, of figures alone.
Result<ObserveOptions> checked_for_rounds(ObserveText text) {
  if (text.stacks || text.kernel_memory || text.probe_stats || !text.buffers.empty()) {
    return usage_error("--repeat with --stacks, --kernel-memory, --probe-stats or --buffer",
                       "of repeated runs only their figures are kept", "leave --repeat out, or the others");
  }
  const Words outputs = std::exchange(text.outputs, {});
  auto options = checked(text);
  if (!options) {
    return options;
  }
  if (text.format.empty() && !outputs.empty()) {
    options->format = std::nullopt;
  }
  return commandline::rounds_outputs(outputs, *std::move(options));
}

Result<Options> parse_run(const Words& words) {
  RunCommand run;
  ObserveText observe;
  observe.stream = ReportStream::standard_error;
  std::string user;
  Words repeats;
  CommandParser parser(
      {"taskcost run", "taskcost run [OPTIONS] [--] COMMAND [ARG]...",
       "Launch a program and observe it and all its descendants, from its first instruction on. "
       "Its standard streams and its exit status pass through; the report goes to standard error, or to -o.",
       "Example: sudo taskcost run -o report.json -- make -j4"});
  parser.value("--user", "NAME", user, "Run the command as NAME. Default: the user who called sudo, else the caller.");
  parser.list("--repeat", "N", repeats,
              "Run it N times and report medians with their intervals, as 'taskcost compare' does of one command; "
              "-o then also takes .md and .csv. Default: once.");
  parser.flag("--measure-overhead", run.measure_overhead,
              "Run it in rounds, with probes and without any, and report by how much the probes slow it down: until it "
              "is decided, for a minute at most, or as often as --repeat says. Default: off.");
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
  if (!repeats.empty()) {
    constexpr unsigned most = 100'000;
    const auto count = commandline::parse_count("--repeat", repeats.back(), most);
    if (!count) {
      return count.error();
    }
    run.repeat = *count;
  }
  auto options = run.repeat && !run.measure_overhead ? checked_for_rounds(observe) : checked(observe);
  if (!options) {
    return options.error();
  }
  if (run.measure_overhead) {
    if (auto error = refuse_events(*options, "runs whose overhead is measured")) {
      return *error;
    }
  }
  run.observe = *options;
  return Options(run);
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
  if (auto error = refuse_events(*options, "a workload")) {
    return *error;
  }
  workload.observe = *options;
  return Options(workload);
}

// Five minutes with the reports.
constexpr std::chrono::seconds thorough_budget{285};

Result<Options> parse_verify(const Words& words) {
  VerifyCommand verify;
  ObserveText observe;
  CommandParser parser({"taskcost verify", "taskcost verify [OPTIONS]",
                        "Judge claims about processes and threads with the bundled workloads.", ""});
  parser.list("--claim", "ID", verify.claims, "Judge only this claim. May be repeated. Default: all claims.");
  parser.flag("--thorough", verify.thorough,
              "Measure for up to five minutes, with more sizes: narrower intervals. Default: up to a minute.");
  Words max_time;
  parser.list("--max-time", "SECONDS", max_time,
              "Stop after this time, whatever is still open then. Default: 55, with --thorough 285.");
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
  if (auto error = refuse_events(*options, "verify")) {
    return *error;
  }
  verify.observe = *options;
  if (verify.thorough) {
    verify.budget = thorough_budget;
  }
  if (!max_time.empty()) {
    const auto time = commandline::parse_seconds("--max-time", max_time.back());
    if (!time) {
      return time.error();
    }
    verify.budget = *time;
  }
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
                               CommandEntry{"compare", commandline::parse_compare},
                               CommandEntry{"attach", parse_attach},
                               CommandEntry{"record", commandline::parse_record},
                               CommandEntry{"report", commandline::parse_report},
                               CommandEntry{"diff", commandline::parse_diff},
                               CommandEntry{"estimate", commandline::parse_estimate},
                               CommandEntry{"top", parse_top},
                               CommandEntry{"verify", parse_verify},
                               CommandEntry{"doctor", parse_doctor},
                               CommandEntry{"workload", parse_workload}};

constexpr std::string_view kCommandsHelp =
    "Commands:\n"
    "  run       launch a program and observe it and all its descendants\n"
    "  compare   run commands in turn, and tell which costs more and where from\n"
    "  attach    observe programs that already run\n"
    "  record    keep the transitions themselves in a capture file\n"
    "  report    every report again from a capture, without root, on any machine\n"
    "  top       live table of processes and threads\n"
    "  verify    judge claims about processes and threads\n"
    "  diff      compare two reports\n"
    "  estimate  what a program's processes would cost as threads, and the reverse\n"
    "  doctor    tell what can be measured here, and from which source\n"
    "  workload  run one bundled workload and observe it\n"
    "\n"
    "'taskcost COMMAND --help' explains each.\n"
    "Exit status: 0 done, 1 failure, 2 wrong usage; 'run' passes on the command's,\n"
    "'compare' and 'diff' give 3 when a cost is above the limit of --fail-above.";

Result<Options> schema_named(const std::string& name, const std::string& hint) {
  if (std::ranges::find(schema_names, name) != std::end(schema_names)) {
    return Options(PrintSchema{name});
  }
  return usage_error("no schema " + commandline::in_quotes(name), "no document has that name", hint);
}

// Options before any command.
Result<Options> parse_global(const Words& words) {
  bool version = false;
  bool schema = false;
  CommandParser parser({"taskcost", "taskcost COMMAND [OPTIONS]",
                        "Show what the kernel spends on every process and thread.", std::string(kCommandsHelp)});
  parser.flag("--version", version, "Print the version.");
  parser.flag("--json-schema", schema,
              "Print the JSON Schema of a JSON report, with the meaning and unit of each field; or, with a name behind "
              "it, of a document of diff, compare, estimate, audit, top or doctor, or of a line of events.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (schema && parser.extras().size() == 1 && !commandline::looks_like_option(parser.extras().front())) {
    return schema_named(parser.extras().front(), parser.hint());
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

bool is_of_events(OutputFormat format) {
  switch (format) {
    case OutputFormat::capture:
    case OutputFormat::perfetto:
    case OutputFormat::event_csv:
    case OutputFormat::event_ndjson:
      return true;
    default:
      return false;
  }
}

bool needs_events(const ObserveOptions& options) {
  return options.capture.has_value() ||
         std::any_of(options.outputs.begin(), options.outputs.end(),
                     [](const OutputFile& output) { return is_of_events(output.format); });
}

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
