// SPDX-License-Identifier: Apache-2.0
// Tests every ratio claim with evidence for it, against it, with scattered evidence, and without any.
#include <gtest/gtest.h>

#include <algorithm>

#include "observed_round.h"
#include "verdict/claim_table.h"

namespace taskcost::test {
namespace {

std::vector<ClaimRow> ratio_claims() {
  std::vector<ClaimRow> claims;
  std::ranges::copy_if(claim_table(), std::back_inserter(claims),
                       [](const ClaimRow& row) { return std::holds_alternative<RatioRule>(row.rule); });
  return claims;
}

// A round in which every cost is multiplied by `scale`.
Round round_at(double scale) {
  const auto scaled = [scale](Duration time) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(time.count()) * scale));
  };
  ObservedRound observed;
  observed.starts_thread(scaled(20us)).switches("switch_same", 100, scaled(2us));
  Account& totals = observed.session().totals;
  totals.cells[TC_ACTIVITY_PIPE][TC_CONDITION_RUNNING] += scaled(800us);
  totals.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] += scaled(100us);
  totals.lifetime += scaled(900us);
  for (const tc_counter counter : {TC_COUNTER_SYSCALLS, TC_COUNTER_WAKEUPS, TC_COUNTER_VOLUNTARY_SWITCHES}) {
    totals.counters[counter] = static_cast<std::uint64_t>(1000 * scale);
  }
  Round round = observed.build(10);
  round.wall = scaled(1ms);
  return round;
}

std::vector<Round> rounds_at(std::initializer_list<double> scales) {
  std::vector<Round> rounds;
  for (const double scale : scales) {
    rounds.push_back(round_at(scale));
  }
  return rounds;
}

std::vector<Round> steady(double scale) {
  return rounds_at({scale, scale * 1.01, scale * 0.99, scale * 1.005, scale * 0.995, scale, scale, scale * 1.002,
                    scale * 0.998, scale});
}

const std::vector<Round> scattered =  // NOLINT(cert-err58-cpp)
    rounds_at({0.5, 2, 0.7, 1.6, 1, 1.3, 0.8, 1.9, 0.6, 1.1});
const std::vector<Round> scattered_otherwise =  // NOLINT(cert-err58-cpp)
    rounds_at({1.9, 0.8, 1.3, 0.5, 1.1, 2, 0.6, 0.7, 1.6, 1});

class RatioClaim : public ::testing::TestWithParam<ClaimRow> {
 protected:
  static Verdict judged(const std::vector<Round>& left, const std::vector<Round>& right,
                        EvidenceKind kind = EvidenceKind::exact) {
    const RatioRule& rule = std::get<RatioRule>(GetParam().rule);
    const EvidenceList evidence = {{std::string(GetParam().evidence), "probes", kind, "", ""}};
    return findings_of({{std::string(rule.left), left}, {std::string(rule.right), right}}, evidence,
                       {std::string(GetParam().claim.id)})
        .verdicts.at(0);
  }
};

TEST_P(RatioClaim, IsConfirmedByMore) {
  const Verdict verdict = judged(steady(3), steady(1));
  EXPECT_EQ(verdict.ruling, Ruling::confirmed) << verdict.meaning;
  EXPECT_EQ(verdict.evidence, "probes");
}

TEST_P(RatioClaim, IsRefutedByLess) { EXPECT_EQ(judged(steady(1), steady(3)).ruling, Ruling::refuted); }

TEST_P(RatioClaim, IsRefutedByTheSame) {
  const Verdict verdict = judged(steady(1), steady(1));
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.answer, Answer::same);
}

TEST_P(RatioClaim, IsInconclusiveOnNoise) {
  const Verdict verdict = judged(scattered, scattered_otherwise);
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_TRUE(verdict.rounds_to_decide);
}

TEST_P(RatioClaim, NeedsBothSides) {
  EXPECT_EQ(judged(steady(3), {}).ruling, Ruling::not_measurable);
  EXPECT_EQ(judged({}, steady(3)).ruling, Ruling::not_measurable);
}

TEST_P(RatioClaim, NeedsItsEvidence) {
  EXPECT_EQ(judged(steady(3), steady(1), EvidenceKind::unavailable).ruling, Ruling::not_measurable);
}

INSTANTIATE_TEST_SUITE_P(Table, RatioClaim, ::testing::ValuesIn(ratio_claims()), [](const auto& row) {
  std::string name(row.param.claim.id);
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

}  // namespace
}  // namespace taskcost::test
