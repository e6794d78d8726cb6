// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <utility>

#include "taskcost/verdict.h"

namespace taskcost {
namespace {

constexpr std::size_t resamples = 4000;
// Of 95 %, on either side.
constexpr double tail = 0.025;
// Fixed, so that the same rounds always give the same verdict.
constexpr std::uint64_t seed = 0x7461736b636f7374;

// Reorders `sample`, which is not empty.
double median_in_place(std::vector<double>& sample) {
  const auto middle = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2);
  std::nth_element(sample.begin(), middle, sample.end());
  if (sample.size() % 2 == 1) {
    return *middle;
  }
  const double below = *std::max_element(sample.begin(), middle);
  return below + (*middle - below) / 2;
}

// A drawn right median of 0 makes the ratio boundless, and that is what the interval has to say.
double ratio_of(double left, double right) {
  if (right > 0) {
    return left / right;
  }
  return left > 0 ? std::numeric_limits<double>::infinity() : 1;
}

class Resampler {
 public:
  Resampler(const std::vector<double>& sample, std::mt19937_64& random)
      : sample_(sample), drawn_(sample.size()), index_(0, sample.size() - 1), random_(random) {}

  double median() {
    for (double& value : drawn_) {
      value = sample_[index_(random_)];
    }
    return median_in_place(drawn_);
  }

 private:
  const std::vector<double>& sample_;
  std::vector<double> drawn_;
  std::uniform_int_distribution<std::size_t> index_;
  std::mt19937_64& random_;
};

Interval bootstrap(const std::vector<double>& left, const std::vector<double>& right) {
  std::mt19937_64 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  Resampler left_resampler(left, random);
  Resampler right_resampler(right, random);
  std::vector<double> ratios(resamples);
  for (double& ratio : ratios) {
    const double drawn_left = left_resampler.median();
    ratio = ratio_of(drawn_left, right_resampler.median());
  }
  std::sort(ratios.begin(), ratios.end());
  const auto cut = static_cast<std::size_t>(std::floor(tail * (resamples - 1)));
  return {ratios[cut], ratios[resamples - 1 - cut]};
}

bool all_finite(const std::vector<double>& sample) {
  return std::all_of(sample.begin(), sample.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

double median(std::vector<double> sample) { return median_in_place(sample); }

std::optional<Ratio> compare(const std::vector<double>& left, const std::vector<double>& right) {
  if (left.empty() || right.empty() || !all_finite(left) || !all_finite(right)) {
    return std::nullopt;
  }
  Ratio result;
  result.left_median = median(left);
  result.right_median = median(right);
  if (result.right_median <= 0) {
    return std::nullopt;
  }
  result.ratio = result.left_median / result.right_median;
  result.interval = bootstrap(left, right);
  return result;
}

}  // namespace taskcost
