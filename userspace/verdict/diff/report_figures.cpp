// SPDX-License-Identifier: Apache-2.0
//
// The figures of a report that are compared, in addition to those of its session.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "verdict/diff/diff.h"
#include "verdict/diff/quantity_table.h"
#include "verdict/diff/session_figures.h"

namespace taskcost {
namespace {

// Infinity and NaN, which JSON lacks, are not measured.
QuantityTable::Figure finite(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

void put_comparisons(QuantityTable& table, const std::vector<SideBySide>& comparisons) {
  for (const SideBySide& sides : comparisons) {
    for (const SideBySide::Line& line : sides.lines) {
      table.put(Topic::comparison, sides.workload + ": " + sides.left_label, line.name, finite(line.left), line.unit);
      table.put(Topic::comparison, sides.workload + ": " + sides.right_label, line.name, finite(line.right), line.unit);
    }
  }
}

void put_sweeps(ReportFigures& figures, const std::vector<Sweep>& sweeps) {
  QuantityTable table(figures.quantities);
  for (const Sweep& sweep : sweeps) {
    const std::string unit = sweep.x_unit == Unit::count ? "" : std::string(" ") + key_of(sweep.x_unit);
    for (const Sweep::Series& series : sweep.series) {
      const std::string item = fmt::format("{}: {}", sweep.id, series.label);
      for (const Sweep::Point& point : series.points) {
        const std::string aspect = fmt::format("{} {}{}", sweep.x_name, point.x, unit);
        table.put(Topic::sweep, item, aspect, finite(point.y), sweep.y_unit);
        if (point.interval.low <= point.interval.high) {
          figures.quantities[{Topic::sweep, item, aspect}].interval = point.interval;
        }
      }
    }
  }
}

}  // namespace

ReportFigures report_figures(const Report& report) {
  ReportFigures figures = session_figures(report.session);
  figures.tool_version = report.tool_version;
  figures.command = report.target.command;
  figures.target_mode = to_string(report.target.mode);
  figures.window_exit = to_string(report.window_end);
  if (report.target.exit_code) {
    figures.ended = fmt::format("exit {}", *report.target.exit_code);
  }
  if (report.target.exit_signal) {
    figures.ended = fmt::format("signal {}", *report.target.exit_signal);
  }
  figures.kernel = report.host.kernel;
  figures.arch = report.host.arch;
  figures.virtualization = report.host.virtualization;
  figures.cpus = report.host.cpus;
  figures.evidence = report.evidence;
  for (const Verdict& claim : report.claims) {
    figures.claims.push_back(
        {claim.id, claim.statement, to_string(claim.ruling), finite(claim.ratio), claim.interval, claim.rounds});
  }
  QuantityTable table(figures.quantities);
  put_comparisons(table, report.comparisons);
  put_sweeps(figures, report.sweeps);
  return figures;
}

}  // namespace taskcost
