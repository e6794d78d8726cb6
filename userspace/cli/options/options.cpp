// SPDX-License-Identifier: Apache-2.0
#include "cli/options/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cli/options/command_parser.h"
#include "cli/options/keep_options.h"
#include "cli/options/observe_options.h"
#include "cli/options/values.h"
#include "top/rows.h"
#include "verdict/claim_table.h"

namespace taskcost {

namespace {

using commandline::add_color_options;
using commandline::add_duration_option;
using commandline::add_group_option;
using commandline::add_keep_options;
using commandline::add_level_options;
using commandline::add_observe_options;
using commandline::add_quiet_option;
using commandline::add_target_options;
using commandline::add_user_option;
using commandline::add_view_options;
using commandline::Arguments;
using commandline::check_keep;
using commandline::CommandParser;
using commandline::count_up_to;
using commandline::group_help;
using commandline::parse_seconds;
using commandline::usage_error;
using commandline::Words;

constexpr unsigned kMaxRuns = 100'000;

// --repeat keeps the figures of each run, but no report of its own.
Status check_repeat(const RunCommand& run) {
  const ObserveOptions& observe = run.observe;
  if (run.repeat && !run.measure_overhead &&
      (observe.stacks || observe.kernel_memory || observe.probe_stats || observe.buffer_mib || observe.group_by)) {
    return usage_error("--repeat with --stacks, --kernel-memory, --probe-stats, --buffer or --by",
                       "repeated runs are reported by their medians alone", "drop --repeat, or the other options");
  }
  if ((run.repeat || run.measure_overhead) && (run.limits.timeout || run.limits.follow_daemons)) {
    return usage_error("--timeout or --follow-daemons with --repeat or --measure-overhead",
                       "repeated runs end with their command", "drop --timeout and --follow-daemons");
  }
  return Done{};
}

// Runs after the check of add_view_options(), which knows --brief.
Status check_repeat_view(const RunCommand& run) {
  const ReportView& view = run.observe.view;
  const bool chosen =
      view.extent == ReportView::Extent::summary || view.idle || view.top.has_value() || view.sort != ReportOrder::busy;
  if (run.repeat && !run.measure_overhead && (chosen || run.observe.per)) {
    return usage_error("--repeat with --brief, --idle, --top, --sort or --per",
                       "medians of runs have no summary and no table of tasks", "drop --repeat, or the other options");
  }
  return Done{};
}

// The options of a launched command.
void add_launch_options(CommandParser& parser, RunCommand& run) {
  add_user_option(parser, run.user);
  parser.value("--timeout", "SECONDS", run.limits.timeout, parse_seconds,
               "Send SIGTERM to the command after SECONDS, and SIGKILL 5 seconds later. The report is written, and the "
               "exit status is 124.");
  parser.flag("--follow-daemons", run.limits.follow_daemons,
              "Go on after the command's end, until all of its descendants have ended, or until Ctrl-C.");
}

Result<Options> parse_run(const Words& words) {
  RunCommand run;
  FileSet files = FileSet::capture;
  run.observe.stream = ReportStream::standard_error;
  CommandParser parser(
      {"taskcost run", "taskcost run [OPTIONS] [--] COMMAND [ARG]...",
       "Run a command and observe it and all its descendants, from its first instruction. Standard streams and exit "
       "status are the command's own; the report goes to standard error, or to -o.",
       "Example: sudo taskcost run -o report.json -- make -j4", "COMMAND"});
  add_launch_options(parser, run);
  parser.value("--repeat", "N", run.repeat, count_up_to(kMaxRuns),
               "Run the command N times and report medians with their intervals, as 'taskcost compare' does for one "
               "command; -o then takes " +
                   commandline::list_endings(FileSet::rounds) + ". Default: once.");
  parser.flag("--measure-overhead", run.measure_overhead,
              "Run the command in rounds, with and without probes, and report how much the probes slow it down. Stops "
              "when that is decided, after a minute at most, or after the rounds of --repeat.");
  parser.check([&run, &files]() -> Status {
    files = run.measure_overhead ? FileSet::report : run.repeat ? FileSet::rounds : FileSet::capture;
    return check_repeat(run);
  });
  add_observe_options(parser, run.observe, files);
  add_view_options(parser, run.observe);
  parser.check([&run] { return check_repeat_view(run); });
  add_group_option(parser, run.observe.group_by, group_help);
  parser.stop_at_first_word();
  if (auto end = parser.parse(words)) {
    return *end;
  }
  auto command = parser.command();
  if (!command) {
    return command.error();
  }
  if (command->empty()) {
    return usage_error("no command to run", "nothing follows the options",
                       "put it last, as in 'taskcost run -- ls -l'; " + parser.hint());
  }
  run.command = *std::move(command);
  return Options(run);
}

Result<Options> parse_attach(const Words& words) {
  AttachCommand attach;
  const FileSet files = FileSet::capture;
  std::optional<Target> target;
  CommandParser parser({"taskcost attach", "taskcost attach (PID... | -t TID | --cgroup PATH | --comm GLOB | -a)",
                        "Observe running programs. Ctrl-C stops the observation and writes the report.",
                        "Example: sudo taskcost attach 4711 -d 10", "PID"});
  add_target_options(parser, target, Arguments::are_pids);
  add_duration_option(parser, attach.duration);
  add_observe_options(parser, attach.observe, files);
  add_view_options(parser, attach.observe);
  add_group_option(parser, attach.observe.group_by, group_help);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  if (!target) {
    return usage_error("no target to attach to", "none of --pid, --tid, --cgroup, --comm and --all is given",
                       "name one, as in 'taskcost attach 4711'; " + parser.hint());
  }
  attach.target = *std::move(target);
  return Options(attach);
}

Result<Options> parse_record(const Words& words) {
  AttachCommand attach;
  ObserveOptions& observe = attach.observe;
  const FileSet files = FileSet::capture;
  observe.stream = ReportStream::standard_error;
  std::optional<Target> target;
  RunCommand run;
  CommandParser parser({"taskcost record", "taskcost record [OPTIONS] (TARGET | [--] COMMAND [ARG]...)",
                        "Record every context switch, system call, page fault, task creation and exit to a file, for "
                        "a command or for running programs. 'taskcost report' makes reports from the file. Without a "
                        ".tcap file in -o it is taskcost.tcap.",
                        "Example: sudo taskcost record -o make.tcap -- make -j4", "COMMAND"});
  add_target_options(parser, target);
  add_duration_option(parser, attach.duration);
  add_launch_options(parser, run);
  add_keep_options(parser, observe);
  // No command is launched: standard output is free.
  parser.check([&target, &observe]() -> Status {
    if (target) {
      observe.stream = ReportStream::standard_output;
    }
    return Done{};
  });
  add_observe_options(parser, observe, files, {.text_by_default = false});
  add_view_options(parser, observe);
  add_group_option(parser, observe.group_by, group_help);
  parser.stop_at_first_word();
  if (auto end = parser.parse(words)) {
    return *end;
  }
  auto command = parser.command();
  if (!command) {
    return command.error();
  }
  if (target && !command->empty()) {
    return usage_error("a target and a command", "only one of them can be recorded", parser.hint());
  }
  if (!target && command->empty()) {
    return usage_error("nothing to record", "neither a target nor a command is given",
                       "name one, as in 'taskcost record -- ls -l'; " + parser.hint());
  }
  observe.records = std::any_of(observe.outputs.begin(), observe.outputs.end(),
                                [](const OutputFile& output) { return output.format == OutputFormat::html; });
  if (!needs_events(observe)) {
    observe.capture = default_capture;
  }
  if (auto status = check_keep(observe); !status) {
    return status.error();
  }
  if (target && (run.user || run.limits.timeout || run.limits.follow_daemons)) {
    return usage_error("--user, --timeout or --follow-daemons with a target", "no command is launched",
                       "drop it; --duration limits the time; " + parser.hint());
  }
  if (!target && attach.duration) {
    return usage_error("--duration with a command", "the command's end ends the recording",
                       "use --timeout SECONDS; " + parser.hint());
  }
  if (target) {
    attach.target = *std::move(target);
    return Options(attach);
  }
  run.observe = observe;
  run.command = *std::move(command);
  return Options(run);
}

Result<Options> parse_doctor(const Words& words) {
  DoctorCommand doctor;
  CommandParser parser({"taskcost doctor", "taskcost doctor [OPTIONS]",
                        "Show what can be measured on this machine with these privileges, from which source, and what "
                        "would improve it.",
                        ""});
  parser.choice("--format", "FORMAT", doctor.json, {{"text", false}, {"json", true}},
                "Format of standard output: text (default) or json.");
  parser.flag("--json", doctor.json, "Same as --format=json.");
  add_color_options(parser, doctor.color);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  return Options(doctor);
}

Result<Options> parse_workload(const Words& words) {
  WorkloadCommand workload;
  const FileSet files = FileSet::report;
  CommandParser parser({"taskcost workload", "taskcost workload [OPTIONS] NAME [WORKLOAD-OPTION]...",
                        "Run one bundled workload and observe it. Options that are not listed here, and everything "
                        "after '--', go to the workload.",
                        "'taskcost-workload --help' lists the workloads and their options.\n"
                        "Example: sudo taskcost workload create --model thread",
                        "WORKLOAD"});
  add_observe_options(parser, workload.observe, files);
  add_view_options(parser, workload.observe);
  add_group_option(parser, workload.observe.group_by, group_help);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  auto passed = parser.passed_on();
  if (!passed) {
    return passed.error();
  }
  if (passed->empty()) {
    return usage_error("no workload to run", "its name is missing",
                       "'taskcost-workload --help' lists them; " + parser.hint());
  }
  workload.name = passed->front();
  workload.arguments.assign(passed->begin() + 1, passed->end());
  return Options(workload);
}

Words claim_ids() {
  Words ids;
  for (const ClaimRow& row : claim_table()) {
    ids.push_back(row.claim.id);
  }
  return ids;
}

// Five minutes, including the reports.
constexpr std::chrono::seconds thorough_budget{285};

Result<Options> parse_verify(const Words& words) {
  VerifyCommand verify;
  const FileSet files = FileSet::report;
  std::optional<std::chrono::nanoseconds> max_time;
  CommandParser parser({"taskcost verify", "taskcost verify [OPTIONS]",
                        "Test claims about processes and threads with the bundled workloads.", ""});
  CLI::Option* const claim =
      parser.list("--claim", "ID", verify.claims, "Test only this claim. May be repeated. Default: all claims.");
  parser.complete_with(claim, claim_ids());
  parser.flag("--thorough", verify.thorough,
              "Measure for up to five minutes, with more sizes, for narrower intervals. Default: up to a minute.");
  parser.value("--max-time", "SECONDS", max_time, parse_seconds,
               "Stop after SECONDS, even if claims are undecided. Default: 55, with --thorough 285.");
  parser.choice("--against-itself", "MODEL", verify.against_itself, {{"thread", "thread"}, {"process", "process"}},
                "Self-test: run both sides of each comparison as MODEL, thread or process. No claimed difference may "
                "be confirmed then.");
  parser.flag("--list", verify.list, "List the claims and exit.");
  add_observe_options(parser, verify.observe, files);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  verify.budget = max_time.value_or(verify.thorough ? thorough_budget : verify.budget);
  return Options(verify);
}

constexpr unsigned kMaxRefreshes = 1'000'000'000;

Result<Options> parse_top(const Words& words) {
  TopCommand top;
  std::optional<Target> target;
  CommandParser parser({"taskcost top", "taskcost top [TARGET] [OPTIONS]",
                        "Live table of processes and threads: CPU usage, run queue wait, off-CPU time by cause, "
                        "context switches, faults and creations. Default target: the whole machine.",
                        "Press h for the keys.\nExample: sudo taskcost top --comm 'postgres*'"});
  add_target_options(parser, target);
  parser.value("-d,--interval,--delay", "SECONDS", top.interval, parse_seconds,
               "Seconds between refreshes. Default: 2.");
  CLI::Option* const refreshes = parser.value("-n,--iterations", "N", top.refreshes, count_up_to(kMaxRefreshes),
                                              "Exit after N refreshes. Default: on q or Ctrl-C.");
  parser.flag("--once", top.once, "Print one interval to standard output and exit.")->excludes(refreshes);
  parser.choice(
      "--format", "FORMAT", top.format,
      {{"text", TopCommand::Format::text}, {"json", TopCommand::Format::json}, {"ndjson", TopCommand::Format::ndjson}},
      "Format of standard output: text (default), json with --once, or ndjson: a line of JSON for each "
      "refresh, instead of the live table.");
  add_quiet_option(parser, top.quiet);
  add_color_options(parser, top.color);
  CLI::Option* const sort =
      parser.value("--sort", "KEY", top.sort,
                   "pid, name, cpu (default), user, kernel, queue, blocked, switches, faults or creations.");
  Words sort_words;
  for (const SortKeyName& key : sort_keys) {
    sort_words.emplace_back(key.name);
  }
  parser.complete_with(sort, std::move(sort_words));
  CLI::Option* const threads = parser.flag("--threads", top.threads, "One row per thread.");
  CLI::Option* const tree = parser.flag("--tree", top.tree, "Process tree: children below their parents.");
  tree->excludes(threads);
  add_group_option(parser, top.group_by, "One row per group of tasks.")->excludes(threads)->excludes(tree);
  add_level_options(parser, top.detail, top.max_tasks);
  parser.check([&top]() -> Status {
    return top.format == TopCommand::Format::json && !top.once
               ? Status(usage_error("--format json", "the live table cannot be JSON",
                                    "add --once, or use --format ndjson"))
               : Status(Done{});
  });
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  top.target = target.value_or(Target{Target::Kind::machine, {}, {}, {}});
  return Options(top);
}

Result<Options> parse_help(const Words& words);

struct CommandEntry {
  std::string_view name;
  std::string_view summary;
  Result<Options> (*parse)(const Words&);
};
constexpr std::array kCommands{
    CommandEntry{"run", "run a command, and observe it and all its descendants", parse_run},
    CommandEntry{"compare", "run commands in turn: which one costs more, and why", commandline::parse_compare},
    CommandEntry{"attach", "observe running programs", parse_attach},
    CommandEntry{"record", "record every event to a capture file", parse_record},
    CommandEntry{"report", "make any report from a capture file, without root", commandline::parse_report},
    CommandEntry{"top", "live table of processes and threads", parse_top},
    CommandEntry{"export", "serve figures by cgroup to Prometheus", commandline::parse_export},
    CommandEntry{"verify", "test claims about processes and threads", parse_verify},
    CommandEntry{"diff", "compare two reports", commandline::parse_diff},
    CommandEntry{"estimate", "what a program's processes would cost as threads, and vice versa",
                 commandline::parse_estimate},
    CommandEntry{"doctor", "show what can be measured here, and from which source", parse_doctor},
    CommandEntry{"workload", "run one bundled workload and observe it", parse_workload},
    CommandEntry{"help", "describe a command", parse_help}};

constexpr std::string_view kExitStatusHelp =
    "\n"
    "'taskcost help COMMAND' describes a command.\n"
    "Exit status: 0 success, 1 failure, 2 wrong usage, 3 a cost is above the limit of\n"
    "--fail-above, 124 the command ran into --timeout. 'run' exits with the status of\n"
    "its command.";

std::string commands_help() {
  constexpr std::size_t width = 10;
  std::string text = "Commands:\n";
  for (const CommandEntry& command : kCommands) {
    text += "  ";
    text += command.name;
    text.append(width - command.name.size(), ' ');
    text += command.summary;
    text += '\n';
  }
  return text.append(kExitStatusHelp);
}

Result<Options> schema_named(const std::string& name, const std::string& hint) {
  if (std::ranges::find(schema_names, name) != std::end(schema_names)) {
    return Options(PrintSchema{name});
  }
  return usage_error("no schema " + commandline::in_quotes(name), "no document has that name", hint);
}

Result<Options> parse_global(const Words& words) {
  bool version = false;
  bool schema = false;
  CommandParser parser({"taskcost", "taskcost COMMAND [OPTIONS]",
                        "Measure what the kernel spends on every process and thread.", commands_help()});
  parser.flag("-V,--version", version, "Print the version.");
  parser.flag("--json-schema", schema,
              "Print the JSON Schema of a JSON report, with the meaning and unit of each field; or, with a name behind "
              "it, of a document of diff, compare, estimate, audit, top or doctor, or of a line of events.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (schema) {
    const auto names = parser.positionals();
    if (!names) {
      return names.error();
    }
    if (names->size() == 1) {
      return schema_named(names->front(), parser.hint());
    }
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  if (version) {
    return Options(PrintText{"taskcost " TASKCOST_VERSION "\n", std::nullopt, std::nullopt});
  }
  if (schema) {
    return Options(PrintSchema{});
  }
  return usage_error("no command", "no arguments are given", parser.hint());
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

Result<Options> parse_command(const std::string& name, const Words& words) {
  const auto* const command = std::ranges::find(kCommands, name, &CommandEntry::name);
  return command == kCommands.end() ? Result<Options>(unknown_command(name)) : command->parse(words);
}

Result<Options> parse_help(const Words& words) {
  if (words.size() > 1) {
    return usage_error("unexpected argument " + commandline::in_quotes(words[1]), "'taskcost help' takes one command",
                       "as in 'taskcost help run'");
  }
  const bool all = words.empty() || words.front() == "help" || commandline::looks_like_option(words.front());
  auto help = all ? parse_global({"--help"}) : parse_command(words.front(), {"--help"});
  if (help) {
    std::get<PrintText>(*help).manual = all ? "taskcost" : "taskcost-" + words.front();
  }
  return help;
}

}  // namespace

bool needs_events(const ObserveOptions& options) {
  return options.records || options.capture.has_value() ||
         std::any_of(options.outputs.begin(), options.outputs.end(),
                     [](const OutputFile& output) { return is_of_events(output.format); });
}

std::vector<CommandPage> command_pages() {
  const auto page_of = [](const Result<Options>& help) { return *std::get<PrintText>(*help).page; };
  std::vector<CommandPage> pages{page_of(parse_global({"--help"}))};
  for (const CommandEntry& command : kCommands) {
    if (command.parse != parse_help) {
      pages.push_back(page_of(command.parse({"--help"})));
      pages.back().summary = command.summary;
    }
  }
  return pages;
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  if (arguments.empty() || commandline::looks_like_option(arguments.front())) {
    return parse_global(arguments);
  }
  return parse_command(arguments.front(), Words(arguments.begin() + 1, arguments.end()));
}

}  // namespace taskcost
