// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "verdict/paired_rounds.h"

namespace taskcost {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::Ge;
using testing::Le;

// The parts of one side, round by round.
using Parts = std::vector<std::vector<double>>;

struct DrawnSides {
  Parts left;
  Parts right;
};

// Three parts under drift of both sides: the left side has 500 more, the same, and 100 less.
DrawnSides draw_sides(std::size_t rounds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  DrawnSides sides;
  double drift = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    drift += 30 * normal(random);
    const auto part = [&](double middle, double deviation) { return middle + drift + deviation * normal(random); };
    sides.left.push_back({part(1500, 50), part(2000, 20), part(300, 5)});
    sides.right.push_back({part(1000, 50), part(2000, 20), part(400, 5)});
  }
  return sides;
}

void expect_to_add_up(const Decomposition& decomposition) {
  PartOfDifference sum;
  for (const PartOfDifference& part : decomposition.parts) {
    EXPECT_EQ(part.difference, part.left - part.right);
    sum.left += part.left;
    sum.right += part.right;
    sum.difference += part.difference;
  }
  EXPECT_THAT(sum.left, DoubleEq(decomposition.whole.left));
  EXPECT_THAT(sum.right, DoubleEq(decomposition.whole.right));
  EXPECT_THAT(sum.difference, DoubleEq(decomposition.whole.difference));
  EXPECT_THAT(decomposition.whole.left - decomposition.whole.right, DoubleNear(sum.difference, 1e-9));
}

TEST(Decompose, AddsUpToTheWhole) {
  for (const std::size_t rounds : {1, 2, 3, 7, 8, 9, 50, 208}) {
    const DrawnSides sides = draw_sides(rounds, rounds);
    const auto decomposition = decompose(sides.left, sides.right);
    ASSERT_TRUE(decomposition);
    ASSERT_EQ(decomposition->parts.size(), 3);
    expect_to_add_up(*decomposition);
  }
}

TEST(Decompose, KeepsTheOrderOfTheParts) {
  const DrawnSides sides = draw_sides(50, 1);
  const auto decomposition = decompose(sides.left, sides.right);
  ASSERT_TRUE(decomposition);
  EXPECT_THAT(decomposition->parts[0].difference, DoubleNear(500, 40));
  EXPECT_THAT(decomposition->parts[1].difference, DoubleNear(0, 20));
  EXPECT_THAT(decomposition->parts[2].difference, DoubleNear(-100, 5));
  EXPECT_THAT(decomposition->whole.difference, DoubleNear(400, 40));
}

TEST(Decompose, AveragesAllOfFewRounds) {
  const auto decomposition = decompose(Parts{{1}, {2}, {3}, {4}, {5}, {6}, {700}}, Parts(7, {0}));
  ASSERT_TRUE(decomposition);
  EXPECT_EQ(decomposition->rounds, 7);
  EXPECT_THAT(decomposition->whole.difference, DoubleEq(103));
}

TEST(Decompose, AveragesTheMiddleHalfOfEightRounds) {
  // By the whole difference, the middle four are 3, 4, 5 and 6.
  const auto decomposition =
      decompose(Parts{{900, 1}, {1, 5}, {3, 2}, {0, 3}, {4, 0}, {0, 1}, {1, 1}, {2, 5}}, Parts(8, {0, 0}));
  ASSERT_TRUE(decomposition);
  EXPECT_EQ(decomposition->rounds, 4);
  EXPECT_THAT(decomposition->whole.difference, DoubleEq(4.5));
  EXPECT_THAT(decomposition->parts[0].difference, DoubleEq(2));
  EXPECT_THAT(decomposition->parts[1].difference, DoubleEq(2.5));
}

TEST(Decompose, IsNotMovedByAnOutlier) {
  DrawnSides sides = draw_sides(20, 2);
  const auto before = decompose(sides.left, sides.right);
  sides.left[5][0] += 1e9;
  const auto after = decompose(sides.left, sides.right);
  ASSERT_TRUE(before && after);
  EXPECT_THAT(after->whole.difference, DoubleNear(before->whole.difference, 40));
  expect_to_add_up(*after);
}

TEST(Decompose, GivesTheSameIntervalsEachTime) {
  const DrawnSides sides = draw_sides(20, 3);
  const auto first = decompose(sides.left, sides.right);
  const auto second = decompose(sides.left, sides.right);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->whole.interval.low, second->whole.interval.low);
  EXPECT_EQ(first->parts[1].interval.high, second->parts[1].interval.high);
}

TEST(Decompose, OfEqualRoundsHasIntervalsWithoutWidth) {
  const auto decomposition = decompose(Parts(12, {3, 5}), Parts(12, {1, 6}));
  ASSERT_TRUE(decomposition);
  EXPECT_THAT(decomposition->whole.interval.low, DoubleEq(1));
  EXPECT_THAT(decomposition->whole.interval.high, DoubleEq(1));
  EXPECT_THAT(decomposition->parts[1].interval.low, DoubleEq(-1));
  EXPECT_THAT(decomposition->parts[1].interval.high, DoubleEq(-1));
}

// A percentile bootstrap of 21 rounds covers slightly less than 95 %.
TEST(Decompose, IntervalsCoverTheTruth) {
  constexpr unsigned experiments = 100;
  std::vector<unsigned> covered(4);
  const std::vector<double> truth = {500, 0, -100, 400};
  for (unsigned experiment = 0; experiment < experiments; ++experiment) {
    const DrawnSides sides = draw_sides(21, experiment);
    auto decomposition = decompose(sides.left, sides.right);
    ASSERT_TRUE(decomposition);
    decomposition->parts.push_back(decomposition->whole);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const Interval& interval = decomposition->parts[i].interval;
      covered[i] += interval.low <= truth[i] && truth[i] <= interval.high ? 1 : 0;
    }
  }
  EXPECT_THAT(covered, testing::Each(Ge(87)));
}

TEST(Decompose, IsImpossibleWithoutRoundsOrPartsOrWithSidesThatDiffer) {
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  const double huge = std::numeric_limits<double>::max();
  EXPECT_FALSE(decompose(Parts{}, Parts{}));
  EXPECT_FALSE(decompose(Parts{{}}, Parts{{}}));
  EXPECT_FALSE(decompose(Parts{{1}, {1}}, Parts{{1}}));
  EXPECT_FALSE(decompose(Parts{{1, 2}}, Parts{{1}}));
  EXPECT_FALSE(decompose(Parts{{1}, {1, 2}}, Parts{{1}, {1, 2}}));
  EXPECT_FALSE(decompose(Parts{{nan}}, Parts{{1}}));
  EXPECT_FALSE(decompose(Parts{{1}}, Parts{{infinity}}));
  EXPECT_FALSE(decompose(Parts{{infinity}}, Parts{{infinity}}));
  EXPECT_FALSE(decompose(Parts{{huge, huge}}, Parts{{0, 0}}));
}

TEST(Decompose, TakesZeroAndNegativeValues) {
  const auto decomposition = decompose(Parts(9, {0, -5}), Parts(9, {0, 5}));
  ASSERT_TRUE(decomposition);
  EXPECT_THAT(decomposition->whole.difference, DoubleEq(-10));
  EXPECT_THAT(decomposition->parts[0].difference, DoubleEq(0));
}

}  // namespace
}  // namespace taskcost
