// SPDX-License-Identifier: Apache-2.0
#include "commandline/estimate_options.h"

#include <algorithm>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/values.h"

namespace taskcost::commandline {
namespace {

using Words = std::vector<std::string>;

// Options are words before the first "--"; a file may be named like one behind it.
Result<std::string> report_named(const CommandParser& parser, const Words& behind_mark) {
  Words files = parser.extras();
  const auto option = std::ranges::find_if(files, looks_like_option);
  if (option != files.end()) {
    return parser.unknown_option(*option);
  }
  files.insert(files.end(), behind_mark.begin(), behind_mark.end());
  if (files.size() != 1 || files.front().empty()) {
    return usage_error("not one report", std::to_string(files.size()) + " are named",
                       "as in 'taskcost estimate report.json'; " + parser.hint());
  }
  return files.front();
}

}  // namespace

Result<Options> parse_estimate(const Words& words) {
  EstimateCommand estimate;
  Words outputs;
  std::string format = "text";
  std::string prices;
  std::string as;
  bool no_color = false;
  bool schema = false;
  CommandParser parser(
      {"taskcost estimate", "taskcost estimate REPORT.json [OPTIONS]",
       "Price the counts of a JSON report of run, attach or workload in the other model: what a program's processes "
       "would cost as threads, or its threads as processes. '-' is standard input.",
       "An estimate: the program is not run. Without --prices, 15 seconds of\n"
       "measurements, as root.\n"
       "Example: taskcost estimate report.json --prices verify.json"});
  parser.value("--prices", "FILE", prices,
               "Take the prices of this report of 'taskcost verify'. Default: measure them now, as root.");
  parser.value("--as", "MODEL", as,
               "threads: forked processes become threads. processes: threads become processes. Default: whichever "
               "converts more tasks.");
  parser.list("-o,--output", "FILE", outputs,
              "Write the estimate to FILE, .txt or .json; - is standard output. May be repeated.");
  parser.value("--format", "FORMAT", format, "Format of standard output: text (the default), json or none.");
  parser.flag("-v,--verbose", estimate.verbose, "Say in text what each line rests on. Default: off.");
  parser.flag("-q,--quiet", estimate.quiet, "No progress on standard error. Default: off.");
  parser.flag("--no-color", no_color, "No colours. Default: colours on a terminal, unless NO_COLOR is set.");
  parser.flag("--json-schema", schema, "Print the JSON Schema of --format json.");
  const auto mark = std::ranges::find(words, "--");
  if (auto end = parser.parse(Words(words.begin(), mark))) {
    return *end;
  }
  if (schema) {
    return Options(PrintSchema{"estimate"});
  }
  auto report = report_named(parser, mark == words.end() ? Words() : Words(mark + 1, words.end()));
  if (!report) {
    return report.error();
  }
  const bool to_standard_output = take_standard_output(outputs);
  auto written = parse_text_outputs(outputs, "an estimate");
  if (!written) {
    return written.error();
  }
  const auto of_standard_output = parse_format(format, to_standard_output);
  if (!of_standard_output) {
    return of_standard_output.error();
  }
  if (!as.empty() && as != "threads" && as != "processes") {
    return usage_error("--as " + in_quotes(as), "it is neither 'threads' nor 'processes'", parser.hint());
  }
  if (*report == "-" && prices == "-") {
    return usage_error("standard input twice", "it holds one report", parser.hint());
  }
  estimate.report = *std::move(report);
  estimate.prices = prices.empty() ? std::nullopt : std::optional(prices);
  estimate.as = as.empty() ? std::nullopt : std::optional(as);
  estimate.outputs = *std::move(written);
  estimate.format = *of_standard_output;
  estimate.colour = no_color ? std::optional(false) : std::nullopt;
  return Options(estimate);
}

}  // namespace taskcost::commandline
