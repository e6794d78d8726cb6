// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "verdict/sampling.h"
#include "verdict/verdict.h"

namespace taskcost {
namespace {

constexpr std::size_t resamples = 4000;

// Reorders `sample`. REQUIRES: it is not empty.
double median_in_place(std::vector<double>& sample) {
  const auto middle = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2);
  std::nth_element(sample.begin(), middle, sample.end());
  if (sample.size() % 2 == 1) {
    return *middle;
  }
  const double below = *std::max_element(sample.begin(), middle);
  return below + (*middle - below) / 2;
}

// A resampled right median of 0 makes the ratio infinite, and so the upper end of the interval.
double divide(double left, double right) {
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

// Cuts both tails off the resampled values.
Interval bootstrap_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::size_t>(std::floor(bootstrap_tail * static_cast<double>(values.size() - 1)));
  return {values[cut], values[values.size() - 1 - cut]};
}

Interval bootstrap(const std::vector<double>& left, const std::vector<double>& right) {
  std::mt19937_64 random(bootstrap_seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  Resampler left_resampler(left, random);
  Resampler right_resampler(right, random);
  std::vector<double> ratios(resamples);
  for (double& ratio : ratios) {
    const double drawn_left = left_resampler.median();
    ratio = divide(drawn_left, right_resampler.median());
  }
  return bootstrap_interval(std::move(ratios));
}

std::optional<double> least_squares(const std::vector<SizeSample>& samples, const std::vector<double>& heights) {
  const auto count = static_cast<double>(samples.size());
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    mean_x += samples[i].x / count;
    mean_y += heights[i] / count;
  }
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    products += (samples[i].x - mean_x) * (heights[i] - mean_y);
    squares += (samples[i].x - mean_x) * (samples[i].x - mean_x);
  }
  return squares > 0 ? std::optional(products / squares) : std::nullopt;
}

bool all_finite(const std::vector<double>& sample) {
  return std::all_of(sample.begin(), sample.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

double median(std::vector<double> sample) { return median_in_place(sample); }

double quantile(std::vector<double> sample, double q) {
  const double position = (q > 0 ? std::min(q, 1.0) : 0) * static_cast<double>(sample.size() - 1);
  const auto index = static_cast<std::size_t>(position);
  const auto below = sample.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(sample.begin(), below, sample.end());
  if (below + 1 == sample.end()) {
    return *below;
  }
  const double above = *std::min_element(below + 1, sample.end());
  // lerp of two infinite neighbors would be NaN.
  return above == *below ? above : std::lerp(*below, above, position - static_cast<double>(index));
}

std::optional<double> share_of_slowest(std::vector<double> sample) {
  constexpr std::size_t parts = 100;
  if (sample.size() < parts) {
    return std::nullopt;
  }
  const auto slowest = sample.end() - static_cast<std::ptrdiff_t>(sample.size() / parts);
  std::nth_element(sample.begin(), slowest, sample.end());
  const double of_slowest = std::accumulate(slowest, sample.end(), 0.0);
  const double of_all = std::accumulate(sample.begin(), slowest, of_slowest);
  return std::isfinite(of_all) && of_all > 0 ? std::optional(of_slowest / of_all) : std::nullopt;
}

Interval median_interval(const std::vector<double>& sample) {
  std::mt19937_64 random(bootstrap_seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  Resampler resampler(sample, random);
  std::vector<double> medians(few_resamples);
  std::ranges::generate(medians, [&] { return resampler.median(); });
  return bootstrap_interval(std::move(medians));
}

std::optional<Slope> fit_slope(const std::vector<SizeSample>& samples) {
  std::vector<double> heights(samples.size());
  std::ranges::transform(samples, heights.begin(), [](const SizeSample& sample) { return median(sample.rounds); });
  const auto slope = samples.size() < 2 ? std::nullopt : least_squares(samples, heights);
  if (!slope) {
    return std::nullopt;
  }
  std::mt19937_64 random(bootstrap_seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  std::vector<Resampler> resamplers;
  resamplers.reserve(samples.size());
  for (const SizeSample& sample : samples) {
    resamplers.emplace_back(sample.rounds, random);
  }
  std::vector<double> slopes(few_resamples);
  for (double& drawn : slopes) {
    std::ranges::transform(resamplers, heights.begin(), &Resampler::median);
    drawn = least_squares(samples, heights).value_or(*slope);
  }
  return Slope{*slope, bootstrap_interval(std::move(slopes))};
}

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
