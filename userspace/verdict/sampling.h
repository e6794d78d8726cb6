// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "verdict/verdict.h"

namespace taskcost {

// Fixed, so that the same rounds always have the same intervals.
inline constexpr std::uint64_t bootstrap_seed = 0x7461736b636f7374;
// An interval of 95 % excludes this part on each side.
inline constexpr double bootstrap_tail = 0.025;
// For intervals that are displayed and decide nothing.
inline constexpr std::size_t few_resamples = 1000;

// 95 % percentile bootstrap of the median, with a fixed seed. REQUIRES: the sample is not empty.
Interval median_interval(const std::vector<double>& sample);

// The values of all rounds at one x.
struct SizeSample {
  double x = 0;
  std::vector<double> rounds;  // not empty
};

struct Slope {
  double slope = 0;
  Interval interval;  // 95 %, by resampling the rounds at each x
};

// Least squares through the medians. nullopt with fewer than two different values of x.
std::optional<Slope> fit_slope(const std::vector<SizeSample>& samples);

}  // namespace taskcost
