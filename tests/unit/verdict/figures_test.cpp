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
  EXPECT_THAT(middle_of(histogram), Optional(AllOf(Ge(672.0), Le(704.0))));
}

TEST(Middle, MovesWithinABucket) {
  Histogram mostly_below;
  Histogram mostly_above;
  for (int i = 0; i < 100; ++i) {
    mostly_below.add(i < 45 ? 600ns : 700ns);
    mostly_above.add(i < 25 ? 600ns : 700ns);
  }
  ASSERT_TRUE(middle_of(mostly_below) && middle_of(mostly_above));
  EXPECT_THAT(*middle_of(mostly_below), Lt(*middle_of(mostly_above)));
}

TEST(Middle, IsUnknownWithFewValues) {
  Histogram histogram;
  EXPECT_EQ(middle_of(histogram), std::nullopt);
  histogram.add(1us);
  EXPECT_EQ(middle_of(histogram), std::nullopt);
}

TEST(Figures, AreUnknownWhereNothingHappened) {
  const Round round = ObservedRound().build();
  EXPECT_EQ(copy_of(round), std::nullopt);
  EXPECT_EQ(creation_of(round), std::nullopt);
  EXPECT_EQ(return_of(round), std::nullopt);
  EXPECT_EQ(child_start_of(round), std::nullopt);
  EXPECT_EQ(exit_of(round), std::nullopt);
  EXPECT_EQ(teardown_of(round), std::nullopt);
  EXPECT_EQ(zombie_of(round), std::nullopt);
  EXPECT_EQ(page_tables_of(round), std::nullopt);
  EXPECT_EQ(latency_of(round, "switch_same"), std::nullopt);
  EXPECT_EQ(workers_lifetime_of(round), std::nullopt);
}

TEST(Figures, LeaveTheWorkloadItselfOut) {
  const Round round = ObservedRound().starts_thread(9us).starts_thread(9us).build();
  EXPECT_THAT(workers_lifetime_of(round), Optional(DoubleEq(100'000)));
}

TEST(Figures, CountFoldedTasksAsWorkers) {
  ObservedRound round;
  round.forks(68us);
  round.session().totals.lifetime += 300us;
  EXPECT_THAT(workers_lifetime_of(round.build(2)), Optional(DoubleEq(200'000)));
}

TEST(Figures, OfTheEndAreMeansOfThoseThatHaveThem) {
  ObservedRound round;
  round.forks(68us).forks(68us).last().tasks[0].exit = std::nullopt;
  round.last().tasks[0].exit_teardown = 12us;
  round.last().zombie = 50us;
  EXPECT_THAT(exit_of(round.build()), Optional(DoubleEq(20'000)));
  EXPECT_THAT(teardown_of(round.build()), Optional(DoubleEq(12'000)));
  EXPECT_THAT(zombie_of(round.build()), Optional(DoubleEq(40'000)));
}

}  // namespace
}  // namespace taskcost::test
