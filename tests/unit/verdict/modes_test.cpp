// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
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

using Random = std::mt19937_64;
using Sample = std::vector<double>;
using Draw = std::function<double(Random&)>;

double draw_normal(Random& random) { return std::normal_distribution<double>()(random); }
double draw_uniform(Random& random) { return 1 - std::uniform_real_distribution<double>()(random); }
double draw_log_normal(Random& random, double sigma) { return 1e4 * std::exp(sigma * draw_normal(random)); }

Sample draw_sample(const Draw& draw, std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Sample sample(size);
  std::generate(sample.begin(), sample.end(), [&] { return draw(random); });
  return sample;
}

// ---- One mode ------------------------------------------------------------------------------------------------------

struct OneMode : testing::TestWithParam<std::pair<std::string, Draw>> {};

TEST_P(OneMode, IsNotTakenForTwo) {
  for (const std::size_t size : {100, 500}) {
    unsigned found = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      found += find_modes(draw_sample(GetParam().second, size, seed)) ? 1 : 0;
    }
    EXPECT_THAT(found, Le(3)) << size;
  }
}

double draw_with_outliers(Random& random, double share, double factor) {
  const double value = draw_log_normal(random, 0.1);
  return draw_uniform(random) < share ? value * factor : value;
}

// The middle of the histogram bucket that contains the value.
double put_into_bucket(double value) {
  const double power = std::exp2(std::floor(std::log2(value)));
  return power * (1 + (std::floor((value / power - 1) * 8) + 0.5) / 8);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, OneMode,
    testing::Values(
        std::pair("NarrowLogNormal", Draw([](Random& random) { return draw_log_normal(random, 0.1); })),
        std::pair("WideLogNormal", Draw([](Random& random) { return draw_log_normal(random, 1); })),
        std::pair("HeavyTail",
                  Draw([](Random& random) { return draw_log_normal(random, 0.2) / std::sqrt(draw_uniform(random)); })),
        std::pair("HeavierTail", Draw([](Random& random) { return 1e4 * (1 + 0.1 / draw_uniform(random)); })),
        std::pair("OutliersFarAway", Draw([](Random& random) { return draw_with_outliers(random, 0.01, 100); })),
        std::pair("ScatteredOutliers", Draw([](Random& random) {
                    return draw_with_outliers(random, 0.02, 5 * std::pow(10, draw_uniform(random)));
                  })),
        std::pair("Uniform", Draw([](Random& random) { return draw_uniform(random); })),
        std::pair("UniformAwayFromZero", Draw([](Random& random) { return 1 + draw_uniform(random); })),
        std::pair("Exponential", Draw([](Random& random) { return -std::log(draw_uniform(random)) + 1e-12; })),
        std::pair("Normal", Draw([](Random& random) { return 1 + 0.1 * draw_normal(random); })),
        std::pair("Buckets", Draw([](Random& random) { return put_into_bucket(draw_log_normal(random, 0.3)); })),
        std::pair("UniformBuckets",
                  Draw([](Random& random) { return put_into_bucket(1e4 * (1 + 4 * draw_uniform(random))); }))),
    [](const auto& shape) { return shape.param.first; });

// ---- Two modes -----------------------------------------------------------------------------------------------------

struct Mixture {
  Sample sample;
  double high_share = 0;  // the actual share in this sample
};

Mixture mix(double apart, double high_share, double sigma, std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Mixture mixture;
  std::size_t high = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const bool is_high = draw_uniform(random) <= high_share;
    high += is_high ? 1 : 0;
    mixture.sample.push_back(draw_log_normal(random, sigma) * (is_high ? apart : 1));
  }
  mixture.high_share = static_cast<double>(high) / static_cast<double>(size);
  return mixture;
}

struct ModeShares : testing::TestWithParam<double> {};

TEST_P(ModeShares, AreFoundWithTheirShare) {
  unsigned found = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mixture mixture = mix(2.5, GetParam(), 0.1, 1000, seed);
    const auto modes = find_modes(mixture.sample);
    if (!modes) {
      continue;
    }
    ++found;
    EXPECT_THAT(modes->high_share, DoubleNear(mixture.high_share, 0.03));
    EXPECT_THAT(modes->low, DoubleNear(1e4, 1000));
    EXPECT_THAT(modes->high, DoubleNear(2.5e4, 2500));
    EXPECT_GT(modes->split, modes->low);
    EXPECT_LT(modes->split, modes->high);
  }
  EXPECT_THAT(found, Ge(95));
}

INSTANTIATE_TEST_SUITE_P(Shares, ModeShares, testing::Values(0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95));

TEST(FindModes, FindsWideModesOfAThird) {
  unsigned found = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Mixture mixture = mix(2.5, 0.33, 0.2, 1000, seed);
    const auto modes = find_modes(mixture.sample);
    found += modes && std::abs(modes->high_share - mixture.high_share) < 0.03 ? 1 : 0;
  }
  EXPECT_THAT(found, Ge(97));
}

TEST(FindModes, TakesModesThatAreNearForOne) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_FALSE(find_modes(mix(1.3, 0.5, 0.02, 1000, seed).sample));
  }
}

TEST(FindModes, FindsModesInBuckets) {
  Mixture mixture = mix(2.5, 0.3, 0.1, 1000, 1);
  std::transform(mixture.sample.begin(), mixture.sample.end(), mixture.sample.begin(), put_into_bucket);
  const auto modes = find_modes(mixture.sample);
  ASSERT_TRUE(modes);
  EXPECT_THAT(modes->high_share, DoubleNear(mixture.high_share, 0.01));
}

TEST(FindModes, FindsTwoValues) {
  Sample sample(90, 10.0);
  sample.resize(100, 30.0);
  const auto modes = find_modes(sample);
  ASSERT_TRUE(modes);
  EXPECT_THAT(modes->low, DoubleEq(10));
  EXPECT_THAT(modes->high, DoubleEq(30));
  EXPECT_THAT(modes->high_share, DoubleEq(0.1));
}

TEST(FindModes, FindsModesOfDifferentWidth) {
  Random random(1);
  Sample sample;
  for (int i = 0; i < 600; ++i) {
    sample.push_back(draw_log_normal(random, 0.02));
  }
  for (int i = 0; i < 400; ++i) {
    sample.push_back(20 * draw_log_normal(random, 0.6));
  }
  const auto modes = find_modes(sample);
  ASSERT_TRUE(modes);
  EXPECT_THAT(modes->high_share, DoubleNear(0.4, 0.01));
}

TEST(FindModes, NeedsFortyPositiveValues) {
  Sample sample(20, 10.0);
  sample.resize(39, 30.0);
  EXPECT_FALSE(find_modes(sample));
  sample.resize(40, 30.0);
  EXPECT_TRUE(find_modes(sample));
  for (const double value :
       {0.0, -1.0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::nan("")}) {
    sample[7] = value;
    EXPECT_FALSE(find_modes(sample)) << value;
  }
  EXPECT_FALSE(find_modes({}));
}

TEST(FindModes, FindsOneInEqualValues) {
  EXPECT_FALSE(find_modes(Sample(1000, 5.0)));
  EXPECT_FALSE(find_modes(Sample(40, std::numeric_limits<double>::denorm_min())));
}

TEST(FindModes, TakesTheWidestRange) {
  Sample sample(50, std::numeric_limits<double>::denorm_min());
  sample.resize(100, std::numeric_limits<double>::max());
  const auto modes = find_modes(sample);
  ASSERT_TRUE(modes);
  EXPECT_THAT(modes->high_share, DoubleEq(0.5));
}

}  // namespace
}  // namespace taskcost
