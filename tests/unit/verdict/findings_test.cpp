// SPDX-License-Identifier: Apache-2.0
//
// What readings say of the rounds that are still needed, and of operations with two modes.
#include "verdict/findings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "verdict/claim_table.h"

namespace taskcost {
namespace {

template <typename Rule>
const ClaimRow& first_row_with() {
  for (const ClaimRow& row : claim_table()) {
    if (std::holds_alternative<Rule>(row.rule)) {
      return row;
    }
  }
  throw std::logic_error("no such claim");
}

// `left` times as much on the left side, with a scatter of the rounds that is 0 on the whole.
Readings readings_with(double left, double scatter, unsigned rounds) {
  const auto& rule = std::get<RatioRule>(first_row_with<RatioRule>().rule);
  Readings readings;
  for (unsigned round = 0; round < rounds; ++round) {
    const double swing = std::exp(scatter * (static_cast<double>(round % 5) - 2));
    readings[std::string(rule.left)][rule.measure].readings.push_back({round, 1e4 * left * swing, std::nullopt, {}});
    readings[std::string(rule.right)][rule.measure].readings.push_back({round, 1e4, std::nullopt, {}});
  }
  return readings;
}

std::optional<std::size_t> missing(const Readings& readings) {
  return rounds_to_settle(first_row_with<RatioRule>(), readings);
}

TEST(RoundsToSettle, AreNoneForWhatIsSettled) {
  EXPECT_EQ(missing(readings_with(2, 0.001, 30)), 0U);
  EXPECT_EQ(rounds_to_settle(first_row_with<StructuralRule>(), {}), 0U) << "one counter-example is enough";
  EXPECT_EQ(missing({}), 0U) << "there is nothing to go by";
  EXPECT_EQ(missing(readings_with(0, 0.001, 30)), 0U) << "a side that has none of it stays so";
}

TEST(RoundsToSettle, AreMoreWithMoreScatter) {
  const auto some = missing(readings_with(1.1, 0.1, 10));
  const auto more = missing(readings_with(1.1, 0.2, 10));
  ASSERT_TRUE(some && more);
  EXPECT_GT(*some, 0U);
  EXPECT_GT(*more, *some);
}

// The part that differs most between the modes explains them.
TEST(Findings, TwoModesAreExplainedByTheirPart) {
  const ClaimRow& row = first_row_with<RatioRule>();
  const auto& rule = std::get<RatioRule>(row.rule);
  const Measure& compared = measure(rule.measure);
  ASSERT_GE(compared.parts.size(), 2U);
  Readings readings = readings_with(2, 0.001, 30);
  auto& operations = readings[std::string(rule.left)][rule.measure].operations;
  constexpr unsigned count = 500;
  for (unsigned i = 0; i < count; ++i) {
    std::vector<double> parts(compared.parts.size(), 100);
    parts[0] = 5'000 + i % 97;
    parts[1] = (i % 4 == 0 ? 30'000 : 3'000) + i % 89;
    operations.push_back(parts);
  }
  const Findings findings = make_findings(
      {}, readings, {{std::string(row.evidence), "a source", EvidenceKind::exact, "", ""}}, {row.claim.id});
  ASSERT_EQ(findings.verdicts.size(), 1U);
  const Verdict& verdict = findings.verdicts.front();
  ASSERT_EQ(verdict.modes.size(), 1U) << "the other side has no operations of its own";
  EXPECT_EQ(verdict.modes[0].label, rule.left_label);
  EXPECT_EQ(verdict.modes[0].part, compared.parts[1].name);
  EXPECT_NEAR(verdict.modes[0].difference, 27'000, 200);
  EXPECT_NEAR(verdict.modes[0].modes.high_share, 0.25, 0.02);
}

}  // namespace
}  // namespace taskcost
