// SPDX-License-Identifier: Apache-2.0
//
// Finds two modes by a valley in the density of the logarithms. A kernel density estimate proposes valleys, each
// between the highest peaks on both sides. Counts then test them: with a single mode, a window around the valley would
// contain about as many values as one around the lower peak. A valley is significant if it has far fewer than both
// peaks.
//
// Logarithms shorten a long tail, and make a log-normal distribution symmetric. Hartigan's dip, the usual test, misses
// a mode of 5 % in a thousand values, because it compares with the uniform distribution.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "verdict/paired_rounds.h"

namespace taskcost {
namespace {

constexpr std::size_t min_values = 40;
constexpr double min_share = 0.05;
constexpr double max_share_missing = 0.015;
// The ratio of two peaks is at least this.
constexpr double min_peak_ratio = 1.5;
// A valley contains at most this part of the values of its lower peak.
constexpr double max_in_valley = 0.6;
// A peak exceeds the valley by at least this many standard deviations. The limit is high, because a valley may appear
// by chance in many places.
constexpr double min_significance = 3.1;
// The width of a window, as a part of the distance between a peak and the valley.
constexpr double window_part = 2.0 / 3;
constexpr double min_bandwidth = 0.06;
constexpr double max_bandwidth = 0.2;
constexpr std::size_t cells_per_bandwidth = 4;
constexpr std::size_t kernel_bandwidths = 4;

// Equal values come from a coarse clock. They are spread over the width of its step, by at most this in each direction,
// so that the steps do not become valleys.
constexpr double max_spread = 1.0 / 16;

void spread_equal_values(std::vector<double>& sorted) {
  double previous = -std::numeric_limits<double>::infinity();
  for (std::size_t first = 0; first < sorted.size();) {
    const double value = sorted[first];
    std::size_t end = first + 1;
    while (end < sorted.size() && sorted[end] == value) {
      ++end;
    }
    const double next = end < sorted.size() ? sorted[end] : std::numeric_limits<double>::infinity();
    const double low = value - std::min((value - previous) / 2, max_spread);
    const double high = value + std::min((next - value) / 2, max_spread);
    const auto count = static_cast<double>(end - first);
    for (std::size_t i = first; count > 1 && i < end; ++i) {
      sorted[i] = std::lerp(low, high, (static_cast<double>(i - first) + 0.5) / count);
    }
    previous = value;
    first = end;
  }
}

// Silverman's rule. REQUIRES: the values are sorted.
double choose_bandwidth(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  const double spread = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
  return std::clamp(0.9 * spread / 1.34 * std::pow(n, -0.2), min_bandwidth, max_bandwidth);
}

// A Gaussian kernel density estimate on a grid, without its constant factor.
class Density {
 public:
  // REQUIRES: `sorted` is not empty.
  explicit Density(const std::vector<double>& sorted) {
    const double bandwidth = choose_bandwidth(sorted);
    constexpr std::size_t reach = cells_per_bandwidth * kernel_bandwidths;
    cell_ = bandwidth / cells_per_bandwidth;
    start_ = sorted.front();
    std::vector<double> counts(static_cast<std::size_t>((sorted.back() - start_) / cell_) + 1, 0.0);
    for (const double value : sorted) {
      ++counts[std::min(static_cast<std::size_t>((value - start_) / cell_), counts.size() - 1)];
    }
    height_.assign(counts.size(), 0.0);
    for (std::size_t cell = 0; cell < counts.size(); ++cell) {
      if (counts[cell] == 0) {
        continue;
      }
      const std::size_t first = cell < reach ? 0 : cell - reach;
      const std::size_t last = std::min(cell + reach, counts.size() - 1);
      for (std::size_t near = first; near <= last; ++near) {
        const double distance = (static_cast<double>(near) - static_cast<double>(cell)) / cells_per_bandwidth;
        height_[near] += counts[cell] * std::exp(-distance * distance / 2);
      }
    }
  }

  [[nodiscard]] const std::vector<double>& height() const { return height_; }
  [[nodiscard]] double center(double cell) const { return start_ + (cell + 0.5) * cell_; }

 private:
  double start_ = 0;
  double cell_ = 0;
  std::vector<double> height_;
};

struct Valley {
  double at = 0;
  double left_peak = 0;
  double right_peak = 0;
};

// Returns every local minimum (the middle of a flat one) with the highest peaks on both sides.
std::vector<Valley> propose_valleys(const Density& density) {
  const std::vector<double>& height = density.height();
  std::vector<std::size_t> right_peaks(height.size(), height.size() - 1);
  for (std::size_t cell = height.size() - 1; cell-- > 0;) {
    const std::size_t peak = right_peaks[cell + 1];
    right_peaks[cell] = height[cell] > height[peak] ? cell : peak;
  }
  std::vector<Valley> valleys;
  std::size_t left_peak = 0;
  for (std::size_t first = 1; first + 1 < height.size();) {
    std::size_t last = first;
    while (last + 1 < height.size() && height[last + 1] == height[first]) {
      ++last;
    }
    if (last + 1 < height.size() && height[first - 1] > height[first] && height[last + 1] > height[first]) {
      const double middle = (static_cast<double>(first) + static_cast<double>(last)) / 2;
      valleys.push_back({density.center(middle), density.center(static_cast<double>(left_peak)),
                         density.center(static_cast<double>(right_peaks[last]))});
    }
    left_peak = height[first] > height[left_peak] ? first : left_peak;
    first = last + 1;
  }
  return valleys;
}

std::size_t count_below(const std::vector<double>& sorted, double bound) {
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), bound) - sorted.begin());
}

double count_around(const std::vector<double>& sorted, double center, double width) {
  return static_cast<double>(count_below(sorted, center + width / 2) - count_below(sorted, center - width / 2));
}

// Returns by how many standard deviations the peak's count exceeds the valley's, in windows of the same width; 0 if the
// valley is too shallow.
double exceed_valley(const std::vector<double>& sorted, double peak, double valley) {
  const double width = std::abs(peak - valley) * window_part;
  const double at_peak = count_around(sorted, peak, width);
  const double in_valley = count_around(sorted, valley, width);
  return in_valley <= max_in_valley * at_peak && at_peak > 0 ? (at_peak - in_valley) / std::sqrt(at_peak + in_valley)
                                                             : 0;
}

// A mode with 5 % of all operations may have fewer in a sample: by up to two standard deviations, but not more than
// max_share_missing.
bool is_large_enough(std::size_t values, std::size_t all) {
  const auto n = static_cast<double>(all);
  const double missing = std::min(2 * std::sqrt(min_share * (1 - min_share) / n), max_share_missing);
  return static_cast<double>(values) / n >= min_share - missing;
}

// Returns the significance of the valley; 0 if it does not separate two modes.
double judge_valley(const std::vector<double>& sorted, const Valley& valley) {
  const std::size_t below = count_below(sorted, valley.at);
  if (valley.right_peak - valley.left_peak < std::log(min_peak_ratio) || !is_large_enough(below, sorted.size()) ||
      !is_large_enough(sorted.size() - below, sorted.size())) {
    return 0;
  }
  const double significance =
      std::min(exceed_valley(sorted, valley.left_peak, valley.at), exceed_valley(sorted, valley.right_peak, valley.at));
  return significance >= min_significance ? significance : 0;
}

}  // namespace

std::optional<Modes> find_modes(std::vector<double> sample) {
  const auto is_time = [](double value) { return std::isfinite(value) && value > 0; };
  if (sample.size() < min_values || !std::all_of(sample.begin(), sample.end(), is_time)) {
    return std::nullopt;
  }
  std::sort(sample.begin(), sample.end());
  std::vector<double> logarithms(sample.size());
  std::transform(sample.begin(), sample.end(), logarithms.begin(), [](double value) { return std::log(value); });
  spread_equal_values(logarithms);
  double best = 0;
  double split = 0;
  for (const Valley& valley : propose_valleys(Density(logarithms))) {
    const double significance = judge_valley(logarithms, valley);
    if (significance > best) {
      best = significance;
      split = valley.at;
    }
  }
  if (best == 0) {
    return std::nullopt;
  }
  Modes modes;
  modes.split = std::exp(split);
  const auto border = std::lower_bound(sample.begin(), sample.end(), modes.split);
  modes.low = median({sample.begin(), border});
  modes.high = median({border, sample.end()});
  modes.high_share = static_cast<double>(sample.end() - border) / static_cast<double>(sample.size());
  return modes;
}

}  // namespace taskcost
