// SPDX-License-Identifier: Apache-2.0
//
// Commands that read what another command has written: report, diff and estimate.
#include <algorithm>
#include <utility>

#include "cli/options/observe_options.h"
#include "cli/options/values.h"

namespace taskcost::commandline {
namespace {

void add_schema_option(CommandParser& parser, bool& schema) {
  parser.flag("--json-schema", schema, "Print the JSON Schema of --format json.");
}

// An audit has no charts, stacks or events.
Status check_audit(const ReportCommand& report) {
  const auto found = std::find_if(report.outputs.begin(), report.outputs.end(), [](const OutputFile& output) {
    return output.format != OutputFormat::text && output.format != OutputFormat::json;
  });
  if (report.audit && found != report.outputs.end()) {
    return bad_value("--output", found->path, "an audit is text or JSON", "use .json or .txt");
  }
  if (report.audit && report.group_by) {
    return usage_error("--audit with --by", "an audit compares task by task", "drop one of them");
  }
  return Done{};
}

// A part is made from recorded events, which the audit compares with ledgers of the whole, and which have no stacks.
Status check_part(const ReportCommand& report) {
  if (report.part.is_whole()) {
    return Done{};
  }
  if (report.audit) {
    return usage_error("--audit of a part", "the kernel's ledgers, which it compares, are those of the whole capture",
                       "leave out --from, --to, --pid and --comm");
  }
  const auto& [from, to, pids, comm] = report.part;
  if (from && to && (*from < Duration::zero()) == (*to < Duration::zero()) && *from >= *to) {
    return usage_error("the part is empty", "--from is not earlier than --to", "as in --from 1.2s --to 3s");
  }
  const auto of_stacks = std::find_if(report.outputs.begin(), report.outputs.end(), [](const OutputFile& output) {
    return source_of(output.format) == FormatSource::stacks;
  });
  return of_stacks == report.outputs.end()
             ? Status(Done{})
             : bad_value("--output", of_stacks->path, "call stacks are sums over the whole capture",
                         "leave out --from, --to, --pid and --comm");
}

// Regions are events of all tasks, and an audit has none.
Status check_regions(const ReportCommand& report, const std::optional<Duration>& longer_than) {
  if (longer_than && !report.regions) {
    return usage_error("--longer-than without --region", "it is about regions", "add --region NAME, or --region '*'");
  }
  if (longer_than && *longer_than < Duration::zero()) {
    return usage_error("--longer-than", "a region cannot take a negative time", "as in --longer-than 10ms");
  }
  if (report.regions && report.audit) {
    return usage_error("--audit with --region", "an audit compares ledgers, not regions", "drop one of them");
  }
  if (report.regions && (!report.part.pids.empty() || report.part.comm)) {
    return usage_error("--region with --pid or --comm", "regions are listed of all tasks", "drop one of them");
  }
  return Done{};
}

}  // namespace

Result<Options> parse_report(const Words& words) {
  ReportCommand report;
  const FileSet files = FileSet::events;
  CommandParser parser(
      {"taskcost report", "taskcost report [FILE] [OPTIONS]",
       "Make any report from a capture file, or another format from a JSON report, without root and "
       "on any machine. Default: taskcost.tcap, as 'taskcost record' writes it. '-' is standard input.",
       "Examples: taskcost report make.tcap -o make.html -o make.pftrace\n"
       "          taskcost report make.tcap --from 1.2 --to 1.5 --comm 'cc*'",
       "FILE"});
  add_output_options(parser, report, files);
  add_view_options(parser, report);
  parser.flag("--audit", report.audit,
              "Instead of the report: rebuild each task's ledger from the recorded events and compare it with the "
              "kernel's ledger, cell by cell. Exit status 1 if they differ.");
  parser.value("--from", "TIME", report.part.from, parse_time,
               "Report only what happened from this time on: seconds since the start of the capture, or with a unit "
               "(1.5s, 340ms, 20us). A negative time counts from the end.");
  parser.value("--to", "TIME", report.part.to, parse_time, "Report only what happened before this time.");
  parser.add(
      "-p,--pid", "PID[,PID...]",
      [&report](const std::vector<std::string>& lists) -> Status {
        auto ids = parse_ids("--pid", lists);
        if (!ids) {
          return ids.error();
        }
        report.part.pids = *std::move(ids);
        return Done{};
      },
      "Report only these processes, with all their threads.");
  parser.value("--comm", "PATTERN", report.part.comm,
               "Report only tasks whose name matches this shell pattern, for example 'cc*'.");
  std::optional<Duration> longer_than;
  parser.add(
      "--region", "NAME",
      [&report](const Words& names) -> Status {
        if (names.size() > 1) {
          return usage_error("option '--region'", "it was given more than once", "use a shell pattern: '*'");
        }
        report.regions = RegionFilter{names.front()};
        return Done{};
      },
      "List the longest regions that the program marked with this name (a shell pattern), one by one.");
  parser.value("--longer-than", "TIME", longer_than, parse_time, "With --region: only those that took longer.");
  add_group_option(parser, report.group_by, group_help);
  add_quiet_option(parser, report.quiet);
  parser.check([&report] { return check_audit(report); });
  parser.check([&report] { return check_part(report); });
  parser.check([&report, &longer_than] {
    if (report.regions) {
      report.regions->longer_than = longer_than;
    }
    return check_regions(report, longer_than);
  });
  if (auto end = parser.parse(words)) {
    return *end;
  }
  const auto names = parser.positionals();
  if (!names) {
    return names.error();
  }
  if (names->size() > 1) {
    return usage_error("more than one file", "a report is made from one file",
                       "name a capture or a JSON report; " + parser.hint());
  }
  if (!names->empty()) {
    report.file = names->front();
  }
  return Options(report);
}

Result<Options> parse_diff(const Words& words) {
  DiffCommand diff;
  const FileSet files = FileSet::difference;
  bool schema = false;
  CommandParser parser({"taskcost diff", "taskcost diff A.json B.json [OPTIONS]",
                        "Compare two JSON reports: what costs more or less in B than in A, and where the time went. "
                        "The parts with the largest change come first. '-' is standard input.",
                        "Exit status: 0 compared, 1 a report cannot be read, 2 wrong usage,\n"
                        "3 a cost is above the limit of --fail-above.\n"
                        "Examples: taskcost diff before.json after.json --fail-above 10\n"
                        "          taskcost diff before.json after.json -o diff.html",
                        "FILE"});
  parser.value("--fail-above", "PERCENT", diff.fail_above, parse_percent,
               "Exit with status 3 if wall time or CPU time of all tasks is more than PERCENT above A's. Wall time "
               "counts only if both targets ran to their end. For two 'taskcost verify' reports, the times in their "
               "sweeps are checked, each with its whole interval. Costs that only one report has are listed on "
               "standard error.");
  add_output_options(parser, diff, files, {.what = "comparison"});
  add_schema_option(parser, schema);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (schema) {
    return Options(PrintSchema{"diff"});
  }
  const auto reports = parser.positionals();
  if (!reports) {
    return reports.error();
  }
  if (reports->size() != 2 || (*reports)[0].empty() || (*reports)[1].empty()) {
    return usage_error("not two reports", "A and B are needed, and " + std::to_string(reports->size()) + " are named",
                       "as in 'taskcost diff before.json after.json'; " + parser.hint());
  }
  diff.a = (*reports)[0];
  diff.b = (*reports)[1];
  if (diff.a == "-" && diff.b == "-") {
    return usage_error("standard input twice", "it contains one report", parser.hint());
  }
  return Options(diff);
}

Result<Options> parse_estimate(const Words& words) {
  EstimateCommand estimate;
  const FileSet files = FileSet::text;
  bool schema = false;
  CommandParser parser({"taskcost estimate", "taskcost estimate REPORT.json [OPTIONS]",
                        "Estimate from a JSON report of run, attach or workload what a program's processes would cost "
                        "as threads, or its threads as processes: counts times unit prices. '-' is standard input.",
                        "The program is not run. Without --prices, taskcost measures unit prices for\n"
                        "15 seconds, as root.\n"
                        "Example: taskcost estimate report.json --prices verify.json",
                        "FILE"});
  parser.value("--prices", "FILE", estimate.prices,
               "Take the unit prices from this report of 'taskcost verify'. Default: measure them now, as root.");
  parser.choice("--as", "MODEL", estimate.as, {{"threads", "threads"}, {"processes", "processes"}},
                "threads: forked processes become threads. processes: threads become processes. Default: whichever "
                "converts more tasks.");
  add_output_options(parser, estimate, files, {.what = "estimate"});
  add_quiet_option(parser, estimate.quiet);
  add_schema_option(parser, schema);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (schema) {
    return Options(PrintSchema{"estimate"});
  }
  const auto reports = parser.positionals();
  if (!reports) {
    return reports.error();
  }
  if (reports->size() != 1 || reports->front().empty()) {
    return usage_error("not one report", std::to_string(reports->size()) + " are named",
                       "as in 'taskcost estimate report.json'; " + parser.hint());
  }
  estimate.report = reports->front();
  if (estimate.report == "-" && estimate.prices == "-") {
    return usage_error("standard input twice", "it contains one report", parser.hint());
  }
  return Options(estimate);
}

}  // namespace taskcost::commandline
