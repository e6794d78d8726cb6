// SPDX-License-Identifier: Apache-2.0
#include "taskcost/diff.h"

#include <map>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/load_report.h"
#include "cli/outputs.h"
#include "cli/say.h"

namespace taskcost {
namespace {

// What is above the limit, and what could not be judged, on standard error.
Result<int> judge(const Difference& difference, double percent) {
  const auto checks = check_costs(difference, percent);
  if (!checks) {
    return checks.error();
  }
  if (!difference.wall_is_a_cost() && difference.a.time && difference.b.time) {
    say("wall time is not judged: a window ended before its target did");
  }
  int status = 0;
  std::map<std::string, unsigned> missing_points;  // of sweeps, by where they are missing
  for (const CostCheck& check : *checks) {
    const Change& change = check.change;
    if (check.outcome == CostCheck::Outcome::not_measured) {
      const char* const where = change.a.measured() ? "B" : change.b.measured() ? "A" : "both";
      if (change.name.topic == Topic::sweep) {
        ++missing_points[where];
      } else {
        say("{} is not judged: not measured in {}", cost_text(change), where);
      }
    } else if (check.outcome == CostCheck::Outcome::above) {
      say("{} is more than {} % above A: {}", cost_text(change), percent, cost_figures_text(change));
      status = status_above;
    }
  }
  for (const auto& [where, count] : missing_points) {
    say("points of sweeps that are not judged, not measured in {}: {}", where, count);
  }
  return status;
}

}  // namespace

Result<int> diff(const DiffCommand& command, const Surroundings& surroundings) {
  auto a = load_figures(command.a);
  if (!a) {
    return a.error();
  }
  auto b = load_figures(command.b);
  if (!b) {
    return b.error();
  }
  auto outputs = Outputs::open(output_options(command), surroundings);
  if (!outputs) {
    return outputs.error();
  }
  const Difference difference = difference_of(*std::move(a), *std::move(b));
  const auto render = [&difference](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    if (format == OutputFormat::json) {
      render_difference_json(difference, out);
    } else {
      render_difference_text(difference, out, text);
    }
    return Done{};
  };
  if (auto status = outputs->write(render); !status) {
    return status.error();
  }
  return command.fail_above ? judge(difference, *command.fail_above) : Result<int>(0);
}

}  // namespace taskcost
