// SPDX-License-Identifier: Apache-2.0
#include "commandline/diff_options.h"

#include <algorithm>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/values.h"

namespace taskcost::commandline {
namespace {

using Words = std::vector<std::string>;

// Options are words before the first "--"; a file may be named like one behind it.
Result<Words> files_of(const CommandParser& parser, const Words& behind_mark) {
  Words files = parser.extras();
  const auto option = std::find_if(files.begin(), files.end(), looks_like_option);
  if (option != files.end()) {
    return parser.unknown_option(*option);
  }
  files.insert(files.end(), behind_mark.begin(), behind_mark.end());
  if (files.size() != 2 || files[0].empty() || files[1].empty()) {
    return usage_error("not two reports", "A and B are compared, and " + std::to_string(files.size()) + " are named",
                       "as in 'taskcost diff before.json after.json'; " + parser.hint());
  }
  return files;
}

}  // namespace

Result<Options> parse_diff(const Words& words) {
  DiffCommand diff;
  Words outputs;
  Words limits;
  std::string format = "text";
  bool no_color = false;
  bool schema = false;
  CommandParser parser(
      {"taskcost diff", "taskcost diff A.json B.json [OPTIONS]",
       "Compare two JSON reports, quantity by quantity: what B costs more or less than A, and where. Sorted by what "
       "each part adds to the change of time. '-' is standard input.",
       "Exit status: 0 compared, 1 a report cannot be read, 2 wrong usage,\n"
       "3 a cost is above the limit of --fail-above.\n"
       "Example: taskcost diff before.json after.json --fail-above 10"});
  parser.list("--fail-above", "PERCENT", limits,
              "Exit with status 3 when wall time or the time on CPUs of all tasks is more than PERCENT above A's. Wall "
              "time counts where both targets ran to their end. Of two 'taskcost verify' reports, the points of "
              "sweeps in time are judged, and one is above only when its whole interval is. What only one of them "
              "measured is named on standard error.");
  parser.list("-o,--output", "FILE", outputs,
              "Write the comparison to FILE, .txt or .json; - is standard output. May be repeated.");
  parser.value("--format", "FORMAT", format, "Format of standard output: text (the default), json or none.");
  parser.flag("-v,--verbose", diff.verbose, "Show every quantity in text. Default: off.");
  parser.flag("--no-color", no_color, "No colours. Default: colours on a terminal, unless NO_COLOR is set.");
  parser.flag("--json-schema", schema, "Print the JSON Schema of --format json.");
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (auto end = parser.parse(Words(words.begin(), mark))) {
    return *end;
  }
  if (schema) {
    return Options(PrintSchema{"diff"});
  }
  auto files = files_of(parser, mark == words.end() ? Words() : Words(mark + 1, words.end()));
  if (!files) {
    return files.error();
  }
  const bool to_standard_output = take_standard_output(outputs);
  auto written = parse_text_outputs(outputs, "a comparison");
  if (!written) {
    return written.error();
  }
  const auto of_standard_output = parse_format(format, to_standard_output);
  if (!of_standard_output) {
    return of_standard_output.error();
  }
  if (!limits.empty()) {
    const auto limit = parse_percent("--fail-above", limits.back());
    if (!limit) {
      return limit.error();
    }
    diff.fail_above = *limit;
  }
  diff.a = (*files)[0];
  diff.b = (*files)[1];
  if (diff.a == "-" && diff.b == "-") {
    return usage_error("standard input twice", "it holds one report", parser.hint());
  }
  diff.outputs = *std::move(written);
  diff.format = *of_standard_output;
  diff.colour = no_color ? std::optional(false) : std::nullopt;
  return Options(diff);
}

}  // namespace taskcost::commandline
