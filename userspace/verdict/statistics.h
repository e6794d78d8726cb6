// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "taskcost/verdict.h"

namespace taskcost {

// Fixed, so that the same rounds always give the same intervals.
inline constexpr std::uint64_t bootstrap_seed = 0x7461736b636f7374;
// Each side of an interval of 95 % leaves out so much.
inline constexpr double bootstrap_tail = 0.025;
// For intervals that are shown and decide nothing.
inline constexpr std::size_t few_resamples = 1000;

// 95 % percentile bootstrap of the median of a sample that is not empty; fixed seed.
Interval median_interval(const std::vector<double>& sample);

// y over x in several places, each with its rounds.
struct Place {
  double x = 0;
  std::vector<double> rounds;  // not empty
};

struct Slope {
  double slope = 0;
  Interval interval;  // 95 %, the rounds of each place drawn anew
};

// Least squares through the medians. nullopt with fewer than two different x.
std::optional<Slope> slope_through(const std::vector<Place>& places);

}  // namespace taskcost
