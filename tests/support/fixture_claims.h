// SPDX-License-Identifier: Apache-2.0
//
// A report with every claim, judged from made-up rounds.
#pragma once

#include <cmath>
#include <optional>

#include "verdict/report.h"

namespace taskcost::test {

// The rounds' ratios lie around `ratio`: half of them above it, half below.
inline Sides fixture_sides(double right, double ratio, unsigned rounds = 12) {
  Sides sides{"left side", "right side", {}};
  for (unsigned i = 0; i < rounds; ++i) {
    const double speed = 1 + 0.2 * std::sin(i);  // the machine's speed, the same for both sides
    const double apart = 1 + (i % 2 == 0 ? 0.01 : -0.01);
    sides.rounds.push_back({i, {right * speed * ratio * apart, right * speed}});
  }
  return sides;
}

inline Breakdown fixture_breakdown(double left, double right) {
  const auto part = [](double on_left, double on_right) {
    const double difference = on_left - on_right;
    const double spread = 0.1 * std::abs(difference);
    return PartOfDifference{on_left, on_right, difference, {difference - spread, difference + spread}};
  };
  return {"By phase",
          part(left, right),
          {{"copy", part(left * 0.9, right * 0.5)},
           {"publish", part(left * 0.2, right * 0.3)},
           {"what overlaps", part(-left * 0.1, right * 0.2)}},
          6};
}

// The ratio is 0.5, 1, 2, ... in turn. One claim cannot be measured in either condition.
inline Verdict fixture_verdict(const Claim& claim, unsigned turn) {
  if (claim.structural) {
    return judge_structural(claim, 900, claim.id == "isolation.memory" ? 1 : 0, "sched_switch");
  }
  if (claim.id.starts_with("cost.switch.hop")) {
    return judge_ratio(claim, {"left side", "right side", {}}, "", "this kernel has no tracepoint sched_switch");
  }
  const double right = 1'000 * (turn + 1);
  const double ratio = std::pow(2.0, turn % 6) / 2;
  Verdict verdict = judge_ratio(claim, fixture_sides(right, ratio), "sched_switch");
  verdict.left_total = Total{right * ratio * 1.1, 0.04};
  verdict.right_total = Total{right * 1.2, std::nullopt};
  verdict.breakdown = fixture_breakdown(right * ratio, right);
  if (claim.id == "cost.creation.vfork") {
    verdict.modes = {{"right side", {right * 2, right, right * 3, 0.31}, "publish", right * 1.5}};
  }
  return verdict;
}

inline Report fixture_claims() {
  Report report;
  report.target.mode = TargetMode::verify;
  report.target.command = "verify";
  unsigned turn = 0;
  for (const Claim& claim : claims()) {
    report.claims.push_back(fixture_verdict(claim, turn++));
  }
  const auto price = [](const char* id, const char* group, const char* name, Condition condition,
                        std::optional<double> value) {
    const auto interval = value ? std::optional(Interval{*value * 0.9, *value * 1.1}) : std::nullopt;
    return Price{id, group, name, "one", Unit::ns, condition, value, interval, 9};
  };
  report.prices = {price("create.thread", "create", "thread", Condition::same_cpu, 24'000),
                   price("create.thread.across-cpus", "create", "thread", Condition::across_cpus, 31'000),
                   price("create.per-mib", "create", "fork, for each MiB", Condition::none, 27'000),
                   price("fault.major", "fault", "major fault", Condition::same_cpu, std::nullopt)};
  return report;
}

}  // namespace taskcost::test
