// SPDX-License-Identifier: Apache-2.0
//
// The tables in the formats of hyperfine, with the interval of the paired ratio added.
#include <fmt/format.h>

#include <ostream>
#include <string>

#include "base/escape.h"
#include "report/compare_words.h"
#include "report/render.h"
#include "report/words.h"

namespace taskcost {
namespace {

constexpr double ns_per_ms = 1e6;

std::string csv_text(const std::string& text) {
  std::string valid = valid_utf8(text);
  if (valid.find_first_of(",\"\r\n") == std::string::npos) {
    return valid;
  }
  std::string quoted = "\"";
  for (const char c : valid) {
    quoted += c;
    if (c == '"') {
      quoted += '"';
    }
  }
  return quoted + '"';
}

// Escapes text for a table cell whose content is in backticks.
std::string markdown_text(const std::string& text) {
  std::string escaped;
  const TerminalText safe(text);
  for (const char c : safe.text()) {
    escaped += c == '|' ? "\\|" : c == '`' ? "'" : std::string(1, c);
  }
  return escaped;
}

bool has_runs(const CommandRuns& runs) { return runs.count() > 0; }

std::string relative_text(const Comparison& comparison, std::size_t command) {
  for (const PairComparison& pair : comparison.pairs) {
    if (pair.left == command) {
      return pair.wall.ratio ? ratio_text(pair.wall.ratio->ratio, pair.wall.ratio->interval) : "-";
    }
  }
  return "1.00";
}

}  // namespace

void render_comparison_csv(const Comparison& comparison, std::ostream& out) {
  out << "command,mean,stddev,median,user,system,min,max\n";
  for (const CommandRuns& runs : comparison.experiment.commands) {
    if (has_runs(runs)) {
      const Spread wall = compute_spread(runs.wall);
      out << fmt::format(
          "{},{},{},{},{},{},{},{}\n", csv_text(runs.name), wall.mean / ns_per_second, wall.stddev / ns_per_second,
          wall.median / ns_per_second, compute_spread(runs.user).mean / ns_per_second,
          compute_spread(runs.system()).mean / ns_per_second, wall.min / ns_per_second, wall.max / ns_per_second);
    }
  }
}

void render_comparison_markdown(const Comparison& comparison, std::ostream& out) {
  const auto& commands = comparison.experiment.commands;
  constexpr double second_from = 1e9;
  const bool seconds =
      !commands.empty() && has_runs(commands.front()) && compute_spread(commands.front().wall).median >= second_from;
  const double unit = seconds ? ns_per_second : ns_per_ms;
  const char* const name = seconds ? "s" : "ms";
  const int digits = seconds ? 3 : 1;
  out << fmt::format(
      "| Command | Mean [{0}] | Median [{0}] | User [{0}] | System [{0}] | Min [{0}] | Max [{0}] "
      "| Relative |\n|:---|---:|---:|---:|---:|---:|---:|---:|\n",
      name);
  for (std::size_t command = 0; command < commands.size(); ++command) {
    const CommandRuns& runs = commands[command];
    if (!has_runs(runs)) {
      continue;
    }
    const Spread wall = compute_spread(runs.wall);
    const auto figure = [&](double ns) { return fmt::format("{:.{}f}", ns / unit, digits); };
    out << fmt::format("| `{}` | {} ± {} | {} | {} | {} | {} | {} | {} |\n", markdown_text(runs.name),
                       figure(wall.mean), figure(wall.stddev), figure(wall.median),
                       figure(compute_spread(runs.user).mean), figure(compute_spread(runs.system()).mean),
                       figure(wall.min), figure(wall.max), relative_text(comparison, command));
  }
}

}  // namespace taskcost
