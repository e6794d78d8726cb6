// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "verdict/verdict.h"

namespace taskcost {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

const Claim& creation() { return *find_claim("cost.creation"); }
const Claim& own_memory() { return *find_claim("definition.own-memory"); }

// Makes as many rounds as the shorter side has.
Sides sides_of(const char* left_label, const std::vector<double>& left, const char* right_label,
               const std::vector<double>& right) {
  Sides sides{left_label, right_label, {}};
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    sides.rounds.push_back({static_cast<unsigned>(i), {left[i], right[i]}});
  }
  return sides;
}

Verdict judged(const std::vector<double>& processes, const std::vector<double>& threads) {
  return judge_ratio(creation(), sides_of("process (fork)", processes, "thread", threads), "probes");
}

std::vector<double> times(std::size_t count, double value) { return std::vector<double>(count, value); }

TEST(Ruling, HasAWordForEach) {
  EXPECT_STREQ(to_string(Ruling::confirmed), "confirmed");
  EXPECT_STREQ(to_string(Ruling::refuted), "refuted");
  EXPECT_STREQ(to_string(Ruling::inconclusive), "inconclusive");
  EXPECT_STREQ(to_string(Ruling::not_measurable), "not measurable");
}

TEST(JudgeRatio, ConfirmsWhenTheWholeIntervalLiesAboveTheBand) {
  const Verdict verdict = judged({48, 49, 50, 49, 49, 49, 48, 50, 49}, times(9, 10));
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_EQ(verdict.answer, Answer::more);
  EXPECT_EQ(verdict.id, "cost.creation");
  EXPECT_EQ(verdict.statement, "creating a process costs more than creating a thread");
  EXPECT_EQ(verdict.condition, Condition::same_cpu);
  EXPECT_EQ(verdict.unit, Unit::ns);
  EXPECT_EQ(verdict.left_label, "process (fork)");
  EXPECT_EQ(verdict.right_label, "thread");
  EXPECT_THAT(verdict.left, Optional(DoubleEq(49)));
  EXPECT_THAT(verdict.right, Optional(DoubleEq(10)));
  EXPECT_THAT(verdict.ratio, Optional(DoubleNear(4.9, 0.01)));
  EXPECT_EQ(verdict.rounds, 9);
  EXPECT_EQ(verdict.pairs.size(), 9);
  EXPECT_EQ(verdict.evidence, "probes");
  EXPECT_THAT(verdict.meaning,
              StartsWith("Creating a process took 4.9 times as long as creating a thread on one CPU (between 4.8"));
}

TEST(JudgeRatio, RefutesWhenTheOppositeIsTrue) {
  const Verdict verdict = judged(times(9, 5), times(9, 10));
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.answer, Answer::less);
  EXPECT_EQ(
      verdict.meaning,
      "Creating a process took 0.5 times as long as creating a thread on one CPU (between 0.5 and 0.5): less, not "
      "more.");
}

TEST(JudgeRatio, DoesNotDecideByNoise) {
  const Verdict verdict = judged({8, 12, 9, 14, 10, 8, 11, 13, 9}, {10, 9, 12, 8, 11, 12, 8, 10, 9});
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_EQ(verdict.answer, Answer::undecided);
  ASSERT_TRUE(verdict.rounds_to_decide);
  EXPECT_GT(*verdict.rounds_to_decide, 9);
  EXPECT_THAT(verdict.meaning, HasSubstr("undecided"));
}

TEST(JudgeRatio, RefutesADifferenceWithinTheBand) {
  const Verdict verdict = judged(times(9, 103), times(9, 100));
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.answer, Answer::same);
  EXPECT_THAT(verdict.meaning, EndsWith("the same, within 5 %."));
}

TEST(JudgeRatio, IsNotMeasurableWithoutRounds) {
  const Verdict verdict = judge_ratio(creation(), {"process (fork)", "thread", {}}, "", "the kernel refused fentry");
  EXPECT_EQ(verdict.ruling, Ruling::not_measurable);
  EXPECT_EQ(verdict.rounds, 0);
  EXPECT_FALSE(verdict.left || verdict.right || verdict.ratio || verdict.interval);
  EXPECT_EQ(verdict.meaning, "Not measured: the kernel refused fentry.");
  EXPECT_EQ(judged({}, {}).meaning, "Not measured: no round has the figure.");
}

TEST(JudgeRatio, DoesNotDecideByFewRounds) {
  EXPECT_EQ(judged({50, 50}, {10, 10}).meaning, "Too few rounds: 2 of at least 9.");
  const Verdict verdict = judged(times(8, 50), times(8, 10));
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_THAT(verdict.ratio, Optional(DoubleNear(5, 1e-9)));
  EXPECT_EQ(verdict.rounds_to_decide, 9);
}

TEST(JudgeRatio, ConfirmsSomethingAgainstNothing) {
  const Verdict verdict = judged({50, 60, 55}, {0, 0, 0});
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_FALSE(verdict.ratio);
  EXPECT_FALSE(verdict.interval);
  EXPECT_THAT(verdict.right, Optional(DoubleEq(0)));
  EXPECT_EQ(verdict.meaning,
            "Creating a process took 55 ns, creating a thread 0 ns on one CPU: no ratio, because a side is 0, but all "
            "rounds agree.");
}

TEST(JudgeRatio, DoesNotDecideBetweenSomethingAndMostlyNothing) {
  EXPECT_EQ(judged({50, 60, 55}, {0, 0, 70}).ruling, Ruling::inconclusive);
}

TEST(JudgeRatio, DoesNotDecideBetweenNothingAndNothing) {
  EXPECT_EQ(judged({0, 0, 0}, {0, 0, 0}).ruling, Ruling::inconclusive);
}

TEST(JudgeRatio, RefutesNothingAgainstSomething) { EXPECT_EQ(judged({0, 0, 0}, {50, 60, 55}).ruling, Ruling::refuted); }

TEST(JudgeRatio, DescribesAClaimThatIsInNoTable) {
  Claim claim;
  claim.id = "cost.unheard-of";
  EXPECT_EQ(judge_ratio(claim, sides_of("A", times(9, 4), "B", times(9, 2)), "").meaning,
            "A came to 2 times as much as B (between 2 and 2).");
}

TEST(JudgeStructural, ConfirmsWhenNothingContradicts) {
  const Verdict verdict = judge_structural(own_memory(), 2000, 0, "probes");
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_EQ(verdict.meaning, "2000 of 2000 new processes had a memory space of their own.");
  EXPECT_EQ(verdict.evidence, "probes");
}

TEST(JudgeStructural, IsRefutedByOneCounterExample) {
  const Verdict verdict = judge_structural(own_memory(), 2000, 1, "probes");
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.meaning, "Only 1999 of 2000 new processes had a memory space of their own.");
}

TEST(JudgeStructural, IsNotMeasurableWithoutCases) {
  const Verdict verdict = judge_structural(own_memory(), 0, 0, "", "records were lost");
  EXPECT_EQ(verdict.ruling, Ruling::not_measurable);
  EXPECT_EQ(verdict.meaning, "Not measured: records were lost.");
  EXPECT_EQ(judge_structural(own_memory(), 0, 0, "").meaning, "Not measured: no case was observed.");
}

}  // namespace
}  // namespace taskcost
