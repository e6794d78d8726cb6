// SPDX-License-Identifier: Apache-2.0
#include "verdict/sweeps.h"

#include <gtest/gtest.h>

#include "observed_round.h"
#include "verdict/sampling.h"

namespace taskcost::test {
namespace {

TEST(Slope, IsThatOfALine) {
  const auto slope = fit_slope({{0, {100, 100, 100}}, {10, {150, 150, 150}}, {20, {200, 200, 200}}});
  ASSERT_TRUE(slope);
  EXPECT_DOUBLE_EQ(slope->slope, 5);
  EXPECT_DOUBLE_EQ(slope->interval.low, 5);
  EXPECT_DOUBLE_EQ(slope->interval.high, 5);
}

TEST(Slope, ScattersWithItsRounds) {
  const auto slope = fit_slope({{0, {90, 100, 110}}, {10, {140, 150, 160}}});
  ASSERT_TRUE(slope);
  EXPECT_LT(slope->interval.low, slope->slope);
  EXPECT_GT(slope->interval.high, slope->slope);
}

TEST(Slope, NeedsTwoPlaces) {
  EXPECT_FALSE(fit_slope({}));
  EXPECT_FALSE(fit_slope({{5, {1, 2}}}));
  EXPECT_FALSE(fit_slope({{5, {1, 2}}, {5, {3, 4}}}));
}

Round fork_of(Duration copy) { return ObservedRound().forks(copy).build(); }

TEST(Sweeps, AreDrawnBySize) {
  const Rounds rounds = {{"sweep/resident/fork/0", {fork_of(50us), fork_of(52us), fork_of(51us)}},
                         {"sweep/resident/fork/128", {fork_of(2000us), fork_of(2002us), fork_of(2001us)}},
                         {"sweep/resident/fork/16", {fork_of(300us), fork_of(302us), fork_of(301us)}}};
  const auto sweeps = make_sweeps(rounds);
  ASSERT_EQ(sweeps.size(), 2U) << "creation, and page tables";
  const Sweep& sweep = sweeps[0];
  EXPECT_EQ(sweep.id, "creation-by-resident");
  ASSERT_EQ(sweep.series.size(), 1U);
  EXPECT_EQ(sweep.series[0].label, "fork");
  ASSERT_EQ(sweep.series[0].points.size(), 3U);
  EXPECT_EQ(sweep.series[0].points[1].x, 16);
  EXPECT_DOUBLE_EQ(sweep.series[0].points[1].y, 302'000);
  EXPECT_EQ(sweep.series[0].points[1].rounds, 3U);
  ASSERT_TRUE(sweep.series[0].slope);
  EXPECT_NEAR(*sweep.series[0].slope, 15'230, 100);
}

TEST(Sweeps, NeedRounds) { EXPECT_TRUE(make_sweeps({}).empty()); }

}  // namespace
}  // namespace taskcost::test
