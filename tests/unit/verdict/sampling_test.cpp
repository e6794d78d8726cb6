// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "verdict/verdict.h"

namespace taskcost {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::Ge;
using testing::Le;

using Sample = std::vector<double>;

// A normal distribution around `middle`; the same seed gives the same sample.
Sample noisy(double middle, double deviation, std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> distribution(middle, deviation);
  Sample sample(size);
  for (double& value : sample) {
    value = distribution(random);
  }
  return sample;
}

TEST(Median, OfAnOddSampleIsTheMiddle) { EXPECT_THAT(median({9, 1, 5}), DoubleEq(5)); }

TEST(Median, OfAnEvenSampleIsTheMeanOfTheTwoMiddles) { EXPECT_THAT(median({8, 1, 100, 4}), DoubleEq(6)); }

TEST(Median, OfOneValueIsIt) { EXPECT_THAT(median({7}), DoubleEq(7)); }

TEST(Median, IsNotMovedByAnOutlier) { EXPECT_THAT(median({10, 11, 1e12}), DoubleEq(11)); }

TEST(Median, OfHugeValuesDoesNotOverflow) {
  const double huge = std::numeric_limits<double>::max();
  EXPECT_THAT(median({huge, huge}), DoubleEq(huge));
}

TEST(Quantile, IsLinearBetweenNeighbors) {
  const Sample sample = {40, 10, 30, 20};
  EXPECT_THAT(quantile(sample, 0), DoubleEq(10));
  EXPECT_THAT(quantile(sample, 0.5), DoubleEq(25));
  EXPECT_THAT(quantile(sample, 0.25), DoubleEq(17.5));
  EXPECT_THAT(quantile(sample, 1), DoubleEq(40));
}

TEST(Quantile, OfOneValueIsIt) {
  EXPECT_THAT(quantile({7}, 0), DoubleEq(7));
  EXPECT_THAT(quantile({7}, 0.3), DoubleEq(7));
  EXPECT_THAT(quantile({7}, 1), DoubleEq(7));
}

TEST(Quantile, BeyondAnEndIsTheEnd) {
  EXPECT_THAT(quantile({1, 2, 3}, -1), DoubleEq(1));
  EXPECT_THAT(quantile({1, 2, 3}, 1.5), DoubleEq(3));
  EXPECT_THAT(quantile({1, 2, 3}, std::nan("")), DoubleEq(1));
}

TEST(Quantile, OfInfiniteValuesIsInfinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(quantile({1, infinity, infinity}, 0.75), infinity);
}

TEST(ShareOfSlowest, IsOfTheLargestHundredth) {
  Sample sample(200, 1.0);
  sample[17] = 101;
  sample[99] = 101;
  EXPECT_THAT(share_of_slowest(sample), testing::Optional(DoubleEq(202.0 / 400)));
  sample.resize(199);
  EXPECT_THAT(share_of_slowest(sample), testing::Optional(DoubleEq(101.0 / 399)));
  EXPECT_THAT(share_of_slowest(Sample(100, 3.0)), testing::Optional(DoubleNear(0.01, 1e-12)));
}

TEST(ShareOfSlowest, NeedsAHundredValuesAndASum) {
  EXPECT_FALSE(share_of_slowest({}));
  EXPECT_FALSE(share_of_slowest(Sample(99, 1.0)));
  EXPECT_FALSE(share_of_slowest(Sample(100, 0.0)));
  EXPECT_FALSE(share_of_slowest(Sample(100, -1.0)));
  EXPECT_FALSE(share_of_slowest(Sample(100, std::numeric_limits<double>::infinity())));
  EXPECT_FALSE(share_of_slowest(Sample(100, std::numeric_limits<double>::max())));
}

TEST(Compare, TakesLeftOverRight) {
  const auto ratio = compare({30, 20, 40}, {10, 10, 10});
  ASSERT_TRUE(ratio);
  EXPECT_THAT(ratio->left_median, DoubleEq(30));
  EXPECT_THAT(ratio->right_median, DoubleEq(10));
  EXPECT_THAT(ratio->ratio, DoubleEq(3));
  EXPECT_THAT(ratio->interval.low, DoubleEq(2));
  EXPECT_THAT(ratio->interval.high, DoubleEq(4));
}

TEST(Compare, OfSamplesWithoutScatterHasAnIntervalWithoutWidth) {
  const auto ratio = compare({6, 6, 6}, {4, 4, 4});
  ASSERT_TRUE(ratio);
  EXPECT_THAT(ratio->interval.low, DoubleEq(1.5));
  EXPECT_THAT(ratio->interval.high, DoubleEq(1.5));
}

TEST(Compare, GivesTheSameAnswerEachTime) {
  const Sample left = noisy(100, 10, 15, 1);
  const Sample right = noisy(80, 10, 15, 2);
  const auto first = compare(left, right);
  const auto second = compare(left, right);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->interval.low, second->interval.low);
  EXPECT_EQ(first->interval.high, second->interval.high);
}

// The coverage of a 95 % interval, with tolerance for the bias of a bootstrap of few rounds.
TEST(Compare, IntervalCoversTheTruthAboutAsOftenAsItSays) {
  constexpr unsigned trials = 200;
  unsigned covered = 0;
  for (unsigned trial = 0; trial < trials; ++trial) {
    const auto ratio = compare(noisy(120, 6, 15, 2 * trial), noisy(100, 5, 15, 2 * trial + 1));
    ASSERT_TRUE(ratio);
    covered += ratio->interval.low <= 1.2 && 1.2 <= ratio->interval.high ? 1 : 0;
  }
  EXPECT_THAT(covered, Ge(trials * 90 / 100));
  EXPECT_THAT(covered, Le(trials * 995 / 1000));
}

TEST(Compare, IntervalShrinksWithMoreRounds) {
  const auto few = compare(noisy(100, 10, 7, 1), noisy(100, 10, 7, 2));
  const auto many = compare(noisy(100, 10, 200, 1), noisy(100, 10, 200, 2));
  ASSERT_TRUE(few && many);
  EXPECT_LT(many->interval.high - many->interval.low, few->interval.high - few->interval.low);
  EXPECT_THAT(many->ratio, DoubleNear(1, 0.05));
}

TEST(Compare, OfAZeroLeftIsZero) {
  const auto ratio = compare({0, 0, 0}, {5, 6, 7});
  ASSERT_TRUE(ratio);
  EXPECT_EQ(ratio->ratio, 0);
  EXPECT_EQ(ratio->interval.high, 0);
}

TEST(Compare, HasAnOpenEndWhenTheRightMayBeZero) {
  const auto ratio = compare({5, 5, 5}, {0, 0, 1, 1, 1});
  ASSERT_TRUE(ratio);
  EXPECT_TRUE(std::isinf(ratio->interval.high));
}

TEST(Compare, IsImpossibleWithoutASideOrWithoutAPositiveRight) {
  EXPECT_FALSE(compare({}, {1}));
  EXPECT_FALSE(compare({1}, {}));
  EXPECT_FALSE(compare({1, 2, 3}, {0, 0, 4}));
  EXPECT_FALSE(compare({std::nan("")}, {1}));
}

}  // namespace
}  // namespace taskcost
