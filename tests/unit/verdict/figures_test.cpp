// SPDX-License-Identifier: Apache-2.0
#include "verdict/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observed_round.h"

namespace taskcost::test {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::Ge;
using testing::Le;
using testing::Lt;
using testing::Optional;

TEST(Middle, LiesWithinTheBucketOfTheMedian) {
  Histogram histogram;
  for (int i = 0; i < 101; ++i) {
    histogram.add(700ns);
  }
  EXPECT_THAT(interpolate_median(histogram), Optional(AllOf(Ge(672.0), Le(704.0))));
}

TEST(Middle, MovesWithinABucket) {
  Histogram mostly_below;
  Histogram mostly_above;
  for (int i = 0; i < 100; ++i) {
    mostly_below.add(i < 45 ? 600ns : 700ns);
    mostly_above.add(i < 25 ? 600ns : 700ns);
  }
  ASSERT_TRUE(interpolate_median(mostly_below) && interpolate_median(mostly_above));
  EXPECT_THAT(*interpolate_median(mostly_below), Lt(*interpolate_median(mostly_above)));
}

TEST(Middle, IsUnknownWithFewValues) {
  Histogram histogram;
  EXPECT_EQ(interpolate_median(histogram), std::nullopt);
  histogram.add(1us);
  EXPECT_EQ(interpolate_median(histogram), std::nullopt);
}

TEST(Figures, AreUnknownWhereNothingHappened) {
  const Round round = ObservedRound().build();
  EXPECT_EQ(copy_ns(round), std::nullopt);
  EXPECT_EQ(creation_ns(round), std::nullopt);
  EXPECT_EQ(return_ns(round), std::nullopt);
  EXPECT_EQ(child_start_ns(round), std::nullopt);
  EXPECT_EQ(exit_ns(round), std::nullopt);
  EXPECT_EQ(teardown_ns(round), std::nullopt);
  EXPECT_EQ(zombie_ns(round), std::nullopt);
  EXPECT_EQ(page_table_bytes(round), std::nullopt);
  EXPECT_EQ(median_latency(round, TC_HISTOGRAM_SWITCH_SAME), std::nullopt);
  EXPECT_EQ(workers_lifetime_ns(round), std::nullopt);
}

TEST(Figures, LeaveTheWorkloadItselfOut) {
  const Round round = ObservedRound().starts_thread(9us).starts_thread(9us).build();
  EXPECT_THAT(workers_lifetime_ns(round), Optional(DoubleEq(100'000)));
}

TEST(Figures, CountAggregatedTasksAsWorkers) {
  ObservedRound round;
  round.forks(68us);
  round.session().totals.lifetime += 300us;
  EXPECT_THAT(workers_lifetime_ns(round.build(2)), Optional(DoubleEq(200'000)));
}

TEST(Figures, ExitFiguresAreMeansOverTheTasksThatHaveThem) {
  ObservedRound round;
  round.forks(68us).forks(68us).last().tasks[0].exit = std::nullopt;
  round.last().tasks[0].exit_teardown = 12us;
  round.last().zombie = 50us;
  EXPECT_THAT(exit_ns(round.build()), Optional(DoubleEq(20'000)));
  EXPECT_THAT(teardown_ns(round.build()), Optional(DoubleEq(12'000)));
  EXPECT_THAT(zombie_ns(round.build()), Optional(DoubleEq(40'000)));
}

}  // namespace
}  // namespace taskcost::test
