// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/diff.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/load_report.h"
#include "cli/log.h"
#include "cli/outputs.h"
#include "collector/privileges.h"
#include "report/render.h"

namespace taskcost {
namespace {

// Lists the costs above the limit, and those that could not be checked.
Result<int> check_limit(const Difference& difference, double percent) {
  const auto checks = check_costs(difference, percent);
  if (!checks) {
    return checks.error();
  }
  if (!difference.wall_is_a_cost() && difference.a.time && difference.b.time) {
    log_line("wall time is not checked: a window ended before its target did");
  }
  int status = 0;
  std::map<std::string, unsigned> missing_points;  // sweep points that one report lacks, by report
  for (const CostCheck& check : *checks) {
    const Change& change = check.change;
    if (check.outcome == CostCheck::Outcome::not_measured) {
      const char* const where = change.a.measured() ? "B" : change.b.measured() ? "A" : "both";
      if (change.name.topic == Topic::sweep) {
        ++missing_points[where];
      } else {
        log_line("{} is not checked: not measured in {}", cost_text(change), where);
      }
    } else if (check.outcome == CostCheck::Outcome::above) {
      log_line("{} is more than {} % above A: {}", cost_text(change), percent, cost_figures_text(change));
      status = exit_above_limit;
    }
  }
  for (const auto& [where, count] : missing_points) {
    log_line("{} points of sweeps are not checked: not measured in {}", count, where);
  }
  return status;
}

Result<Report> load_with_stacks(const std::string& path) {
  if (path == "-") {
    return Error{"cannot compare the stacks of standard input", "it was read already", "name a file"};
  }
  auto report = load_report(path);
  if (report && !report->stacks) {
    return with_report_name({"cannot compare stacks", "the report has none", "observe with --stacks"}, path);
  }
  return report;
}

// Both reports with their stacks, for outputs of stacks; empty if there is none. A page can do without.
Result<std::vector<Report>> load_stacks(const DiffCommand& command) {
  const auto writes = [&command](OutputFormat format) {
    return std::ranges::any_of(command.outputs, [format](const OutputFile& file) { return file.format == format; });
  };
  std::vector<Report> reports;
  const bool needed = writes(OutputFormat::folded);
  if (!needed && !writes(OutputFormat::html)) {
    return reports;
  }
  for (const std::string& path : {command.a, command.b}) {
    auto report = load_with_stacks(path);
    if (!report) {
      return needed ? Result<std::vector<Report>>(report.error()) : std::vector<Report>();
    }
    reports.push_back(*std::move(report));
  }
  return reports;
}

}  // namespace

Result<int> diff(const DiffCommand& command, const Environment& environment) {
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  auto a = load_figures(command.a);
  if (!a) {
    return a.error();
  }
  auto b = load_figures(command.b);
  if (!b) {
    return b.error();
  }
  const auto with_stacks = load_stacks(command);
  if (!with_stacks) {
    return with_stacks.error();
  }
  auto outputs = Outputs::open(command, environment);
  if (!outputs) {
    return outputs.error();
  }
  const Difference difference = diff_reports(*std::move(a), *std::move(b));
  const auto render = [&](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    if (format == OutputFormat::folded) {
      render_folded_difference(with_stacks->front(), with_stacks->back(), out);
    } else if (format == OutputFormat::html) {
      const bool some = !with_stacks->empty();
      render_difference_html(difference, some ? &with_stacks->front() : nullptr, some ? &with_stacks->back() : nullptr,
                             out);
    } else if (format == OutputFormat::json) {
      render_difference_json(difference, out);
    } else {
      render_difference_text(difference, out, text);
    }
    return Done{};
  };
  if (auto status = outputs->write(render); !status) {
    return status.error();
  }
  return command.fail_above ? check_limit(difference, *command.fail_above) : Result<int>(0);
}

}  // namespace taskcost
