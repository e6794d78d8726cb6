// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "verdict/paired_rounds.h"

namespace taskcost {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::Ge;
using testing::Le;

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

using Pairs = std::vector<Pair>;
using Random = std::mt19937_64;
// A random factor between a round and the true value.
using PairNoise = std::function<double(Random&)>;

double draw_pair_normal(Random& random) { return std::normal_distribution<double>()(random); }
double draw_pair_uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }

PairNoise log_normal(double sigma) {
  return [sigma](Random& random) { return std::exp(sigma * draw_pair_normal(random)); };
}

// Student's t with two degrees of freedom has no variance.
double draw_t2(Random& random) {
  const double normal = draw_pair_normal(random);
  return normal / std::sqrt(-std::log(1 - draw_pair_uniform(random)));
}

double draw_cauchy(Random& random) { return std::tan(3.14159265 * (draw_pair_uniform(random) - 0.5)); }

Pairs draw_rounds(double truth, const PairNoise& noise, std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Pairs rounds(size);
  for (Pair& round : rounds) {
    round = {100 * truth * noise(random), 100 * noise(random)};
  }
  return rounds;
}

// Makes rounds with these log ratios.
Pairs with_logarithms(const std::vector<double>& logarithms) {
  Pairs rounds;
  for (const double each : logarithms) {
    rounds.push_back({std::exp(each), 1});
  }
  return rounds;
}

// Small powers of two, whose pairwise sums all differ.
std::vector<double> powers(std::size_t size) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) {
    values[i] = 1e-9 * std::exp2(static_cast<double>(i));
  }
  return values;
}

double width(const Interval& interval) { return std::log(interval.high) - std::log(interval.low); }

bool covers(const Interval& interval, double truth) { return interval.low <= truth && truth <= interval.high; }

// The smallest count within three standard errors of the nominal coverage.
double least_covered(double share, double experiments) {
  return experiments * share - 3 * std::sqrt(experiments * share * (1 - share));
}

// ---- The estimate and its interval ---------------------------------------------------------------------------------

TEST(PairedRatio, IsTheMedianOfThePairwiseMeansOfLogarithms) {
  // The pairwise means are 0, 0.5, 1, 1.5, 2, 3, of which the middle two are 1 and 1.5.
  const auto result = paired_ratio(with_logarithms({0, 1, 3}), 0.95);
  ASSERT_TRUE(result);
  EXPECT_THAT(std::log(result->ratio), DoubleNear(1.25, 1e-12));
  EXPECT_EQ(result->rounds, 3);
}

TEST(PairedRatio, ReportsTheMedianOfEachSide) {
  const auto result = paired_ratio(Pairs{{30, 10}, {50, 11}, {40, 18}}, 0.95);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->left, DoubleEq(40));
  EXPECT_THAT(result->right, DoubleEq(11));
}

TEST(PairedRatio, OfEqualRoundsHasAnIntervalWithoutWidth) {
  for (const std::size_t size : {3, 9, 51, 208}) {
    const auto result = paired_ratio(Pairs(size, Pair{6, 4}), look_confidence);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->ratio, DoubleNear(1.5, 1e-12));
    EXPECT_THAT(result->interval.low, DoubleNear(1.5, 1e-12));
    EXPECT_THAT(result->interval.high, DoubleNear(1.5, 1e-12));
  }
}

// Two-sided critical values of Wilcoxon's test: the interval excludes that many averages at each end.
TEST(PairedRatio, IntervalHasTheRankOfTheTable) {
  const std::vector<std::pair<std::size_t, std::size_t>> table = {{6, 0},   {7, 2},   {8, 3},   {9, 5},  {10, 8},
                                                                  {12, 13}, {15, 25}, {20, 52}, {25, 89}};
  for (const auto& [size, left_out] : table) {
    const std::vector<double> logarithms = powers(size);
    std::vector<double> averages;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = i; j < size; ++j) {
        averages.push_back((logarithms[i] + logarithms[j]) / 2);
      }
    }
    std::sort(averages.begin(), averages.end());
    const auto result = paired_ratio(with_logarithms(logarithms), 0.95);
    ASSERT_TRUE(result);
    EXPECT_THAT(std::log(result->interval.low), DoubleNear(averages[left_out], 1e-12)) << size;
    EXPECT_THAT(std::log(result->interval.high), DoubleNear(averages[averages.size() - 1 - left_out], 1e-12)) << size;
  }
}

TEST(PairedRatio, OfTooFewRoundsForTheConfidenceReachesFromTheSmallestToTheLargest) {
  const auto result = paired_ratio(with_logarithms({0.1, -0.2, 0.3, 0.05, -0.1, 0, 0.2, 0.15}), look_confidence);
  ASSERT_TRUE(result);
  EXPECT_THAT(std::log(result->interval.low), DoubleNear(-0.2, 1e-12));
  EXPECT_THAT(std::log(result->interval.high), DoubleNear(0.3, 1e-12));
}

TEST(PairedRatio, GrowsNoWiderWhereTheNormalDistributionTakesOver) {
  for (const double confidence : {0.95, look_confidence}) {
    double exact = 0;
    double normal = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Pairs rounds = draw_rounds(1, log_normal(0.1), 51, seed);
      exact += width(paired_ratio(std::span(rounds).first(50), confidence)->interval);
      normal += width(paired_ratio(rounds, confidence)->interval);
    }
    EXPECT_THAT(normal / exact, DoubleNear(0.99, 0.02));
  }
}

TEST(PairedRatio, SwapsWithItsSides) {
  const Pairs rounds = draw_rounds(1.3, log_normal(0.2), 21, 1);
  Pairs swapped;
  for (const Pair& round : rounds) {
    swapped.push_back({round.right, round.left});
  }
  const auto result = paired_ratio(rounds, look_confidence);
  const auto inverse = paired_ratio(swapped, look_confidence);
  ASSERT_TRUE(result && inverse);
  EXPECT_THAT(result->ratio * inverse->ratio, DoubleNear(1, 1e-12));
  EXPECT_THAT(result->interval.low * inverse->interval.high, DoubleNear(1, 1e-12));
}

TEST(PairedRatio, IsNotWidenedByDriftOfBothSides) {
  const Pairs rounds = draw_rounds(1.2, log_normal(0.05), 28, 2);
  Pairs drifting = rounds;
  Random random(3);
  double walk = 0;
  for (Pair& round : drifting) {
    walk += 0.5 * draw_pair_normal(random);
    round.left *= std::exp(walk);
    round.right *= std::exp(walk);
  }
  const auto still = paired_ratio(rounds, look_confidence);
  const auto moved = paired_ratio(drifting, look_confidence);
  ASSERT_TRUE(still && moved);
  EXPECT_THAT(moved->ratio, DoubleNear(still->ratio, 1e-9));
  EXPECT_THAT(moved->interval.low, DoubleNear(still->interval.low, 1e-9));
  EXPECT_THAT(moved->interval.high, DoubleNear(still->interval.high, 1e-9));
}

TEST(PairedRatio, IsNotMovedByAnOutlier) {
  Pairs rounds = draw_rounds(1.2, log_normal(0.02), 28, 4);
  rounds[7].left *= 1e9;
  const auto result = paired_ratio(rounds, look_confidence);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->ratio, DoubleNear(1.2, 0.03));
  EXPECT_THAT(width(result->interval), Le(0.1));
}

TEST(PairedRatio, OfExtremeValuesDoesNotOverflow) {
  const double huge = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  const auto result = paired_ratio(Pairs{{huge, huge}, {tiny, tiny}, {huge, huge}}, 0.95);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->ratio, DoubleEq(1));
}

TEST(PairedRatio, TakesAnyConfidence) {
  const Pairs rounds = draw_rounds(1, log_normal(0.1), 60, 5);
  for (const std::size_t size : {3, 4, 50, 51, 60}) {
    const auto part = std::span(rounds).first(size);
    const auto none = paired_ratio(part, 0);
    const auto all = paired_ratio(part, 1);
    ASSERT_TRUE(none && all);
    EXPECT_THAT(none->ratio, Ge(none->interval.low));
    EXPECT_THAT(none->ratio, Le(none->interval.high));
    EXPECT_THAT(width(all->interval), Ge(width(none->interval)));
    EXPECT_TRUE(paired_ratio(part, -1));
    EXPECT_TRUE(paired_ratio(part, nan));
  }
}

TEST(PairedRatio, IsImpossibleWithFewRoundsOrWithoutPositiveValues) {
  EXPECT_FALSE(paired_ratio(Pairs{}, 0.95));
  EXPECT_FALSE(paired_ratio(Pairs{{1, 1}, {1, 1}}, 0.95));
  for (const double value : {0.0, -1.0, infinity, -infinity, nan}) {
    EXPECT_FALSE(paired_ratio(Pairs{{1, 1}, {1, value}, {1, 1}, {1, 1}}, 0.95)) << value;
    EXPECT_FALSE(paired_ratio(Pairs{{1, 1}, {1, 1}, {1, 1}, {value, 1}}, 0.95)) << value;
  }
}

// ---- Coverage ------------------------------------------------------------------------------------------------------

struct Coverage : testing::TestWithParam<std::pair<std::string, PairNoise>> {};

TEST_P(Coverage, IsWhatTheIntervalPromises) {
  constexpr unsigned experiments = 400;
  constexpr double truth = 1.2;
  for (const std::size_t size : {9, 21}) {
    unsigned covered = 0;
    unsigned covered_at_look = 0;
    for (unsigned experiment = 0; experiment < experiments; ++experiment) {
      const Pairs rounds = draw_rounds(truth, GetParam().second, size, experiment * 1000 + size);
      covered += covers(paired_ratio(rounds, 0.95)->interval, truth) ? 1 : 0;
      covered_at_look += covers(paired_ratio(rounds, look_confidence)->interval, truth) ? 1 : 0;
    }
    EXPECT_THAT(covered, Ge(least_covered(0.95, experiments))) << size;
    EXPECT_THAT(covered_at_look, Ge(least_covered(look_confidence, experiments))) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Noises, Coverage,
    testing::Values(std::pair("Normal", PairNoise([](Random& random) { return 1 + 0.1 * draw_pair_normal(random); })),
                    std::pair("LogNormal", log_normal(0.2)),
                    std::pair("T2", PairNoise([](Random& random) { return std::exp(0.1 * draw_t2(random)); })),
                    std::pair("Cauchy", PairNoise([](Random& random) { return std::exp(0.02 * draw_cauchy(random)); })),
                    std::pair("Skewed",
                              PairNoise([](Random& random) { return 1 - std::log(1 - draw_pair_uniform(random)); })),
                    std::pair("Bimodal", PairNoise([](Random& random) {
                                return (draw_pair_uniform(random) < 0.3 ? 2.5 : 1) *
                                       std::exp(0.05 * draw_pair_normal(random));
                              }))),
    [](const auto& noise) { return noise.param.first; });

TEST(PairedRatio, CoversTheTruthUnderDriftOfBothSides) {
  constexpr unsigned experiments = 400;
  unsigned covered = 0;
  for (unsigned experiment = 0; experiment < experiments; ++experiment) {
    Random random(experiment);
    double walk = 0;
    Pairs rounds(16);
    for (Pair& round : rounds) {
      walk += 0.2 * draw_pair_normal(random);
      round = {1.2 * std::exp(walk + 0.05 * draw_pair_normal(random)),
               std::exp(walk + 0.05 * draw_pair_normal(random))};
    }
    covered += covers(paired_ratio(rounds, 0.95)->interval, 1.2) ? 1 : 0;
  }
  EXPECT_THAT(covered, Ge(least_covered(0.95, experiments)));
}

// Only the left side scatters, and asymmetrically. The interval covers the median of the mean of two rounds, which is
// 0.83917 for exponential logarithms.
TEST(PairedRatio, CoversThePseudomedianOfSkewedRatios) {
  constexpr unsigned experiments = 400;
  unsigned covered = 0;
  for (unsigned experiment = 0; experiment < experiments; ++experiment) {
    Random random(experiment);
    Pairs rounds(21);
    for (Pair& round : rounds) {
      round = {std::pow(1 - draw_pair_uniform(random), -0.1), 1};
    }
    covered += covers(paired_ratio(rounds, 0.95)->interval, std::exp(0.083917)) ? 1 : 0;
  }
  EXPECT_THAT(covered, Ge(least_covered(0.95, experiments)));
}

// ---- Looks ---------------------------------------------------------------------------------------------------------

struct Decision {
  Answer answer = Answer::undecided;
  PairedRatio ratio;
};

Decision look_until_decided(const Pairs& rounds) {
  Decision decision;
  for (const std::size_t look : looks) {
    decision.ratio = *paired_ratio(std::span(rounds).first(look), look_confidence);
    decision.answer = decide_answer(decision.ratio.interval, Band{});
    if (decision.answer != Answer::undecided) {
      break;
    }
  }
  return decision;
}

std::map<Answer, unsigned> count_answers(double truth, double sigma, unsigned experiments) {
  std::map<Answer, unsigned> answers;
  for (unsigned experiment = 0; experiment < experiments; ++experiment) {
    ++answers[look_until_decided(draw_rounds(truth, log_normal(sigma), looks.back(), experiment)).answer];
  }
  return answers;
}

TEST(Looks, FindNoDifferenceWhereThereIsNone) {
  for (const double sigma : {0.02, 0.1, 0.3}) {
    auto answers = count_answers(1, sigma, 100);
    EXPECT_THAT(answers[Answer::more] + answers[Answer::less], Le(1)) << sigma;
  }
}

TEST(Looks, FindTheSameWhereThereIsNoDifference) { EXPECT_THAT(count_answers(1, 0.05, 100)[Answer::same], Ge(95)); }

TEST(Looks, SeldomFindMoreOnTheEdge) { EXPECT_THAT(count_answers(1.05, 0.1, 100)[Answer::more], Le(5)); }

TEST(Looks, FindADifferenceThatThereIs) {
  EXPECT_THAT(count_answers(1.15, 0.1, 100)[Answer::more], Ge(99));
  EXPECT_THAT(count_answers(0.87, 0.1, 100)[Answer::less], Ge(99));
}

TEST(Looks, IntervalHoldsWhereverTheRunStopped) {
  constexpr unsigned runs = 200;
  unsigned covered = 0;
  for (unsigned run = 0; run < runs; ++run) {
    const Decision decision = look_until_decided(draw_rounds(1.12, log_normal(0.05), looks.back(), run));
    covered += covers(decision.ratio.interval, 1.12) ? 1 : 0;
  }
  EXPECT_THAT(covered, Ge(least_covered(0.95, runs)));
}

TEST(Looks, AreFoundFromANumberOfRounds) {
  EXPECT_EQ(find_next_look(0), 9);
  EXPECT_EQ(find_next_look(9), 9);
  EXPECT_EQ(find_next_look(10), 12);
  EXPECT_EQ(find_next_look(208), 208);
  EXPECT_EQ(find_next_look(209), std::nullopt);
}

// ---- Answers -------------------------------------------------------------------------------------------------------

TEST(Answers, FollowFromTheInterval) {
  EXPECT_EQ(decide_answer({1.06, 2}, {}), Answer::more);
  EXPECT_EQ(decide_answer({0.96, 1.04}, {}), Answer::same);
  EXPECT_EQ(decide_answer({0.2, 0.95}, {}), Answer::less);
  EXPECT_EQ(decide_answer({1.04, 1.06}, {}), Answer::undecided);
  EXPECT_EQ(decide_answer({0.9, 1.04}, {}), Answer::undecided);
  EXPECT_EQ(decide_answer({0.5, 2}, {}), Answer::undecided);
}

TEST(Answers, CountTheEdgesToTheBand) {
  EXPECT_EQ(decide_answer({1 / 1.05, 1.05}, {}), Answer::same);
  EXPECT_EQ(decide_answer({1.05, 2}, {}), Answer::undecided);
  EXPECT_EQ(decide_answer({0.5, 1 / 1.05}, {}), Answer::undecided);
  EXPECT_EQ(decide_answer({1.05, 1.05}, {}), Answer::same);
  EXPECT_EQ(decide_answer({std::nextafter(1.05, 2), 2}, {}), Answer::more);
  EXPECT_EQ(decide_answer({0.5, std::nextafter(1 / 1.05, 0)}, {}), Answer::less);
}

TEST(Answers, TakeTheBandThatIsGiven) {
  EXPECT_EQ(decide_answer({1.06, 1.2}, {1.25}), Answer::same);
  EXPECT_EQ(decide_answer({1, 1}, {1}), Answer::same);
  EXPECT_EQ(decide_answer({1.001, 1.002}, {1}), Answer::more);
}

TEST(Answers, AreUndecidedWithoutNumbers) {
  EXPECT_EQ(decide_answer({nan, nan}, {}), Answer::undecided);
  EXPECT_EQ(decide_answer({0, infinity}, {}), Answer::undecided);
}

TEST(Answers, HaveNames) {
  EXPECT_STREQ(to_string(Answer::more), "more");
  EXPECT_STREQ(to_string(Answer::same), "the same");
  EXPECT_STREQ(to_string(Answer::less), "less");
  EXPECT_STREQ(to_string(Answer::undecided), "undecided");
}

// ---- Rounds to decide ----------------------------------------------------------------------------------------------

TEST(RoundsToDecide, AreThoseSoFarWhenItIsDecided) {
  EXPECT_EQ(rounds_to_decide({2, 1, 2, {1.8, 2.2}, 12}, {}), 12);
  EXPECT_EQ(rounds_to_decide({1, 1, 1, {0.99, 1.01}, 5}, {}), 5);
}

TEST(RoundsToDecide, AreNoneOnTheEdge) {
  EXPECT_EQ(rounds_to_decide({1.05, 1, 1.05, {1, 1.1}, 50}, {}), std::nullopt);
  EXPECT_EQ(rounds_to_decide({1, 1.05, 1 / 1.05, {0.9, 1}, 50}, {}), std::nullopt);
  EXPECT_EQ(rounds_to_decide({1.05, 1, 1.05 + 1e-9, {1, 1.1}, 50}, {}), std::nullopt);
  EXPECT_EQ(rounds_to_decide({1, 1, 1, {0.9, 1.1}, 50}, {1}), std::nullopt);
}

TEST(RoundsToDecide, AreNoneWithoutNumbers) {
  EXPECT_EQ(rounds_to_decide({1, 1, 1, {0, infinity}, 9}, {}), std::nullopt);
  EXPECT_EQ(rounds_to_decide({1, 1, nan, {nan, nan}, 9}, {}), std::nullopt);
}

// The width of an interval falls with the square root of the number of rounds.
TEST(RoundsToDecide, AreFourTimesAsManyForAnIntervalTwiceAsWide) {
  const double edge = std::log(1.05);
  const auto rounds = rounds_to_decide({1, 1, 1, {std::exp(-2 * edge), std::exp(2 * edge)}, 100}, {});
  ASSERT_TRUE(rounds);
  EXPECT_THAT(static_cast<double>(*rounds), DoubleNear(400, 20));
}

TEST(RoundsToDecide, AreMoreTheNearerTheEdge) {
  std::size_t previous = 0;
  for (const double ratio : {1.4, 1.3, 1.2, 1.1, 1.06}) {
    const auto rounds = rounds_to_decide({ratio, 1, ratio, {ratio / 1.5, ratio * 1.5}, 16}, {});
    ASSERT_TRUE(rounds);
    EXPECT_GT(*rounds, previous);
    EXPECT_GT(*rounds, 16);
    previous = *rounds;
  }
}

// The prediction at the first look is right within a factor of two, as far as its scatter estimate is.
TEST(RoundsToDecide, ForecastWhenTheLooksDecide) {
  for (const std::size_t from : {9, 28}) {
    std::vector<double> forecasts;
    std::vector<double> needed;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const Pairs rounds = draw_rounds(1, log_normal(0.1), looks.back(), seed);
      auto early = *paired_ratio(std::span(rounds).first(from), look_confidence);
      const double to_truth = early.ratio;
      early.interval.low /= to_truth;
      early.interval.high /= to_truth;
      early.ratio = 1;
      forecasts.push_back(static_cast<double>(rounds_to_decide(early, {}).value_or(0)));
      needed.push_back(static_cast<double>(look_until_decided(rounds).ratio.rounds));
    }
    EXPECT_THAT(median(forecasts) / median(needed), Ge(0.5)) << from;
    EXPECT_THAT(median(forecasts) / median(needed), Le(2)) << from;
  }
}

}  // namespace
}  // namespace taskcost
