// SPDX-License-Identifier: Apache-2.0
#include "commandline/record_options.h"

#include <algorithm>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/values.h"

namespace taskcost::commandline {
namespace {

Result<Options> record_command(Words command, const std::string& user, ObserveOptions observe) {
  RunCommand run;
  run.observe = std::move(observe);
  run.command = std::move(command);
  if (!user.empty()) {
    run.user = user;
  }
  return Options(run);
}

Result<Options> record_target(Target target, const Words& durations, ObserveOptions observe) {
  AttachCommand attach;
  attach.observe = std::move(observe);
  attach.target = std::move(target);
  if (!durations.empty()) {
    const auto duration = parse_seconds("--duration", durations.back());
    if (!duration) {
      return duration.error();
    }
    attach.duration = *duration;
  }
  return Options(attach);
}

}  // namespace

Result<Options> parse_record(const Words& words) {
  ObserveText observe;
  observe.text_by_default = false;
  observe.stream = ReportStream::standard_error;
  TargetText target_text;
  Words durations;
  std::string user;
  CommandParser parser({"taskcost record", "taskcost record [TARGET] -o FILE.tcap [OPTIONS] [[--] COMMAND [ARG]...]",
                        "Keep the transitions themselves, of a program that it launches or of programs that already "
                        "run: every switch, system call, page fault, birth and end, for 'taskcost report'.",
                        "Example: sudo taskcost record -o make.tcap -- make -j4"});
  add_target_options(parser, target_text);
  parser.list("-d,--duration", "SECONDS", durations,
              "With a target: stop after SECONDS. Default: when the targets have ended, or on Ctrl-C.");
  parser.value("--user", "NAME", user, "Run the command as NAME. Default: the user who called sudo, else the caller.");
  add_observe_options(parser, observe);
  parser.stop_at_first_word();

  const AtMark at_mark = split_at_mark(words);
  if (auto end = parser.parse(at_mark.before)) {
    return *end;
  }
  Words command = parser.extras();
  if (!command.empty() && looks_like_option(command.front())) {
    return parser.unknown_option(command.front());
  }
  if (!command.empty() && at_mark.marked) {
    command.emplace_back("--");
  }
  append(command, at_mark.after);
  auto target = checked(target_text, parser.hint());
  if (!target) {
    return target.error();
  }
  if (*target && !command.empty()) {
    return usage_error("a target and a command", "only one of them can be recorded", parser.hint());
  }
  if (!*target && command.empty()) {
    return usage_error("nothing to record", "there is neither a target nor a command",
                       "name one, as in 'taskcost record -o ls.tcap -- ls -l'; " + parser.hint());
  }
  if (*target) {
    observe.stream = ReportStream::standard_output;
  }
  auto options = checked(observe);
  if (!options) {
    return options.error();
  }
  if (!needs_events(*options)) {
    return usage_error("no capture to write", "no -o names a .tcap file", "add -o FILE.tcap; " + parser.hint());
  }
  if (*target) {
    return record_target(**std::move(target), durations, *std::move(options));
  }
  return record_command(std::move(command), user, *std::move(options));
}

Result<Options> parse_report(const Words& words) {
  ReportCommand report;
  Words outputs;
  std::string format = "text";
  bool no_color = false;
  CommandParser parser(
      {"taskcost report", "taskcost report FILE [OPTIONS]",
       "Every report that a live run gives, from a capture: without root, on any machine. Or the other "
       "forms of a JSON report, which has all but the transitions; '-' is one on standard input.",
       "Example: taskcost report make.tcap -o make.html -o make.pftrace"});
  parser.list("-o,--output", "FILE", outputs,
              "Write to FILE, in the format of its ending: .html, .json, .txt, .folded, .speedscope.json, .pftrace "
              "(Perfetto), .csv or .ndjson (one line a transition); '-' is standard output. May be repeated.");
  parser.value("--format", "FORMAT", format, "Format of standard output: text (the default), json or none.");
  parser.flag("--audit", report.audit,
              "Instead of the report of a capture: rebuild each task's ledger from the transitions and hold it against "
              "the one that "
              "the kernel kept, cell by cell. Exit status 1 if they differ. Default: off.");
  parser.flag("-q,--quiet", report.quiet, "No messages but errors. Default: off.");
  parser.flag("-v,--verbose", report.verbose, "Show every task and all evidence in text. Default: off.");
  parser.flag("--no-color", no_color, "No colours. Default: colours on a terminal, unless NO_COLOR is set.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  const Words files = parser.extras();
  for (const std::string& word : files) {
    if (looks_like_option(word)) {
      return parser.unknown_option(word);
    }
  }
  if (files.size() != 1) {
    return usage_error(files.empty() ? "nothing to report" : "more than one file", "a report is made from one file",
                       "give a capture, or a JSON report; " + parser.hint());
  }
  report.file = files.front();
  const bool to_standard_output = take_standard_output(outputs);
  for (const std::string& path : outputs) {
    auto output = parse_output(path);
    if (!output) {
      return output.error();
    }
    if (output->format == OutputFormat::capture) {
      return usage_error("--output " + path, "a capture is no report", "copy the file");
    }
    report.outputs.push_back(*std::move(output));
  }
  const auto chosen = parse_format(format, to_standard_output);
  if (!chosen) {
    return chosen.error();
  }
  report.format = *chosen;
  const auto no_audit = [](const OutputFile& output) {
    return output.format != OutputFormat::text && output.format != OutputFormat::json;
  };
  if (const auto found = std::find_if(report.outputs.begin(), report.outputs.end(), no_audit);
      report.audit && found != report.outputs.end()) {
    return usage_error("--output " + found->path, "an audit is text or JSON", "end the name with .txt or .json");
  }
  report.colour = no_color ? std::optional(false) : std::nullopt;
  return Options(report);
}

}  // namespace taskcost::commandline
