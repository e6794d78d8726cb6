// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "verdict/compare/compare.h"

namespace taskcost {
namespace {

constexpr double default_confidence = 0.95;

// Returns how many of `size` sorted values an interval of the median with `confidence` excludes at each end: the number
// of values below the median has a binomial distribution with p = 1/2. nullopt if `size` values are too few.
std::optional<std::size_t> count_left_out(std::size_t size, double confidence) {
  const double tail = (1 - confidence) / 2;
  double log_choose = 0;
  double below = 0;
  std::size_t count = 0;
  for (; count < (size + 1) / 2; ++count) {
    below += std::exp(log_choose - static_cast<double>(size) * std::log(2.0));
    if (below > tail) {
      break;
    }
    log_choose += std::log(static_cast<double>(size - count)) - std::log(static_cast<double>(count + 1));
  }
  return count == 0 ? std::nullopt : std::optional(count - 1);
}

}  // namespace

std::optional<Interval> interval_of_median(std::vector<double> sample, double confidence) {
  const auto left_out = count_left_out(sample.size(), confidence);
  if (!left_out) {
    return std::nullopt;
  }
  std::ranges::sort(sample);
  return Interval{sample[*left_out], sample[sample.size() - 1 - *left_out]};
}

Spread compute_spread(const std::vector<double>& sample) {
  Spread spread;
  const auto size = static_cast<double>(sample.size());
  spread.mean = std::accumulate(sample.begin(), sample.end(), 0.0) / size;
  double squares = 0;
  for (const double value : sample) {
    squares += (value - spread.mean) * (value - spread.mean);
  }
  spread.stddev = sample.size() > 1 ? std::sqrt(squares / (size - 1)) : 0;
  spread.median = median(sample);
  const auto [min, max] = std::ranges::minmax_element(sample);
  spread.min = *min;
  spread.max = *max;
  spread.interval = interval_of_median(sample, default_confidence);
  return spread;
}

}  // namespace taskcost
