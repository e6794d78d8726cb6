// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "verdict/diff/diff.h"

namespace taskcost {
namespace {

CostCheck check_cost(const Change& change, double percent) {
  if (!change.a.measured() || !change.b.measured()) {
    return {change, CostCheck::Outcome::not_measured};
  }
  const double limit = 1 + percent / 100;
  bool above = change.b.value > change.a.value * limit;
  if (above && (change.a.interval || change.b.interval)) {
    const double highest_a = change.a.interval ? change.a.interval->high : change.a.value;
    const double lowest_b = change.b.interval ? change.b.interval->low : change.b.value;
    above = lowest_b > highest_a * limit;
  }
  return {change, above ? CostCheck::Outcome::above : CostCheck::Outcome::within};
}

// Returns a change without values if neither report has the quantity.
Change find_or_missing(const Difference& difference, const char* item, const char* aspect) {
  if (const Change* const change = difference.find(Topic::window, item, aspect)) {
    return *change;
  }
  Change missing;
  missing.name = {Topic::window, item, aspect};
  return missing;
}

}  // namespace

Result<std::vector<CostCheck>> check_costs(const Difference& difference, double percent) {
  const Change wall = find_or_missing(difference, "wall", "wall_ns");
  // Reports of `verify` have no window of their own.
  const bool a_lacks_wall = !wall.a.measured() && difference.a.target_mode != "verify";
  const bool b_lacks_wall = !wall.b.measured() && difference.b.target_mode != "verify";
  if (a_lacks_wall || b_lacks_wall) {
    return Error{"cannot check --fail-above", a_lacks_wall ? "A has no wall time" : "B has no wall time",
                 "use complete reports"};
  }
  std::vector<CostCheck> checks;
  if (difference.wall_is_a_cost()) {
    checks.push_back(check_cost(wall, percent));
  }
  if (difference.a.time || difference.b.time) {
    checks.push_back(check_cost(find_or_missing(difference, "all", "running_ns"), percent));
  } else {
    for (const Change& change : difference.changes) {
      if (change.name.topic == Topic::sweep && change.a.unit == Unit::ns && change.b.unit == Unit::ns) {
        checks.push_back(check_cost(change, percent));
      }
    }
  }
  const bool none_measured = std::ranges::all_of(
      checks, [](const CostCheck& check) { return check.outcome == CostCheck::Outcome::not_measured; });
  if (none_measured) {
    return Error{"cannot check --fail-above", "the reports have no cost in common",
                 "use two reports of runs, or of the same claims"};
  }
  return checks;
}

}  // namespace taskcost
