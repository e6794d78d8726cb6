// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "taskcost/verdict.h"

namespace taskcost {

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
