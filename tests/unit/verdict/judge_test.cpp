// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "taskcost/verdict.h"

namespace taskcost {
namespace {

using testing::DoubleEq;
using testing::HasSubstr;
using testing::Optional;

const Claim& creation() { return *find_claim("cost.creation"); }
const Claim& own_memory() { return *find_claim("definition.own-memory"); }

Verdict judged(std::vector<double> processes, std::vector<double> threads) {
  return judge_ratio(creation(), {"process (fork)", std::move(processes)}, {"thread", std::move(threads)}, "probes");
}

TEST(Ruling, HasAWordForEach) {
  EXPECT_STREQ(to_string(Ruling::confirmed), "confirmed");
  EXPECT_STREQ(to_string(Ruling::refuted), "refuted");
  EXPECT_STREQ(to_string(Ruling::inconclusive), "inconclusive");
  EXPECT_STREQ(to_string(Ruling::not_measurable), "not measurable");
}

TEST(JudgeRatio, ConfirmsWhenTheWholeIntervalLiesBeyondTheThreshold) {
  const Verdict verdict = judged({48, 49, 50, 49, 49}, {10, 10, 10, 10, 10});
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_EQ(verdict.id, "cost.creation");
  EXPECT_EQ(verdict.statement, "creating a process costs more than creating a thread");
  EXPECT_EQ(verdict.unit, "ns");
  EXPECT_EQ(verdict.left_label, "process (fork)");
  EXPECT_EQ(verdict.right_label, "thread");
  EXPECT_THAT(verdict.left, Optional(DoubleEq(49)));
  EXPECT_THAT(verdict.right, Optional(DoubleEq(10)));
  EXPECT_THAT(verdict.ratio, Optional(DoubleEq(4.9)));
  EXPECT_EQ(verdict.rounds, 5);
  EXPECT_EQ(verdict.evidence, "probes");
  EXPECT_EQ(verdict.meaning, "Creating a process took 4.9 times as long as creating a thread (between 4.8 and 5).");
}

TEST(JudgeRatio, RefutesWhenTheOppositeIsTrue) {
  const Verdict verdict = judged({5, 5, 5, 6, 5}, {10, 11, 10, 10, 10});
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.meaning,
            "Creating a process took only 0.5 times as long as creating a thread (between 0.455 and 0.6): less, not "
            "more.");
}

TEST(JudgeRatio, DoesNotDecideByNoise) {
  const Verdict verdict = judged({8, 12, 9, 14, 10}, {10, 9, 12, 8, 11});
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_THAT(verdict.meaning, HasSubstr("anything between"));
}

TEST(JudgeRatio, DoesNotConfirmADifferenceBelowTheThreshold) {
  const Verdict verdict = judged({103, 103, 103, 103}, {100, 100, 100, 100});
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_THAT(verdict.meaning, HasSubstr("more than 1.05 is not shown"));
}

TEST(JudgeRatio, DoesNotRefuteWhatIsEqual) { EXPECT_EQ(judged({7, 7, 7}, {7, 7, 7}).ruling, Ruling::inconclusive); }

TEST(JudgeRatio, IsNotMeasurableWithoutASide) {
  const Verdict verdict =
      judge_ratio(creation(), {"process (fork)", {}}, {"thread", {1, 2, 3}}, "", "the kernel refused fentry");
  EXPECT_EQ(verdict.ruling, Ruling::not_measurable);
  EXPECT_EQ(verdict.rounds, 0);
  EXPECT_FALSE(verdict.left || verdict.right || verdict.ratio || verdict.interval);
  EXPECT_EQ(verdict.meaning, "Not measured: the kernel refused fentry.");
  EXPECT_EQ(judged({}, {}).meaning, "Not measured: no round delivered the figure.");
}

TEST(JudgeRatio, DoesNotDecideByFewRounds) {
  const Verdict verdict = judged({50, 50}, {10, 10, 10});
  EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
  EXPECT_EQ(verdict.meaning, "Too few rounds to judge by: 2, and 3 are needed.");
  EXPECT_THAT(verdict.ratio, Optional(DoubleEq(5)));
}

TEST(JudgeRatio, ConfirmsSomethingAgainstNothing) {
  const Verdict verdict = judged({50, 60, 55}, {0, 0, 0});
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_FALSE(verdict.ratio);
  EXPECT_FALSE(verdict.interval);
  EXPECT_THAT(verdict.right, Optional(DoubleEq(0)));
  EXPECT_EQ(verdict.meaning,
            "Creating a process took 55 ns, creating a thread 0 ns: there is no ratio, but every round says the same.");
}

TEST(JudgeRatio, DoesNotDecideBetweenSomethingAndMostlyNothing) {
  EXPECT_EQ(judged({50, 60, 55}, {0, 0, 70}).ruling, Ruling::inconclusive);
}

TEST(JudgeRatio, DoesNotDecideBetweenNothingAndNothing) {
  EXPECT_EQ(judged({0, 0, 0}, {0, 0, 0}).ruling, Ruling::inconclusive);
}

TEST(JudgeRatio, RefutesNothingAgainstSomething) {
  const Verdict verdict = judged({0, 0, 0}, {50, 60, 55});
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_THAT(verdict.ratio, Optional(DoubleEq(0)));
}

TEST(JudgeRatio, SpeaksOfAClaimThatIsInNoTable) {
  Claim claim;
  claim.id = "cost.unheard-of";
  EXPECT_EQ(judge_ratio(claim, {"A", {4, 4, 4}}, {"B", {2, 2, 2}}, "").meaning,
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
  EXPECT_EQ(judge_structural(own_memory(), 0, 0, "").meaning, "Not measured: there was no case to look at.");
}

}  // namespace
}  // namespace taskcost
