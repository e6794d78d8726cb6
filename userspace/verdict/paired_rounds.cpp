// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include "verdict/paired_rounds.h"

namespace taskcost {
namespace {

// With up to this many rounds the interval uses the exact distribution. Beyond, the normal approximation gives the same
// rank within one.
constexpr std::size_t max_exact_rounds = 50;
// rounds_to_decide() treats a ratio that needs more rounds than this as one at the edge.
constexpr std::size_t max_rounds = 1'000'000'000;

std::size_t count_walsh_averages(std::size_t rounds) { return rounds * (rounds + 1) / 2; }

// Wilcoxon's statistic T is the sum of the ranks of the positive values; each value is positive with probability 1/2.
// Returns how many values t = 0, 1, 2, ... have P(T <= t) <= tail.
std::size_t count_exact_tail(std::size_t rounds, double tail) {
  // The distribution is symmetric: the lower half contains the whole tail.
  const std::size_t sums = count_walsh_averages(rounds) / 2 + 1;
  std::vector<double> probability(sums, 0.0);
  double* const p = probability.data();
  p[0] = 1;
  for (std::size_t rank = 1; rank <= rounds; ++rank) {
    for (std::size_t sum = sums; sum-- > rank;) {
      p[sum] = (p[sum] + p[sum - rank]) / 2;
    }
    for (std::size_t sum = 0; sum < std::min(rank, sums); ++sum) {
      p[sum] /= 2;
    }
  }
  double below = 0;
  std::size_t count = 0;
  while (count < sums && below + p[count] <= tail) {
    below += p[count++];
  }
  return count;
}

// The same by the normal approximation with a continuity correction. Its tails are slightly too heavy, which makes the
// interval wider.
std::size_t count_normal_tail(std::size_t rounds, double tail) {
  const auto n = static_cast<double>(rounds);
  const double mean = n * (n + 1) / 4;
  const double deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  std::size_t within = 0;  // P(T <= t) <= tail for each t below it
  std::size_t beyond = count_walsh_averages(rounds) / 2 + 1;
  while (within < beyond) {
    const std::size_t t = within + (beyond - within) / 2;
    const double z = (static_cast<double>(t) + 0.5 - mean) / deviation;
    if (std::erfc(-z / std::numbers::sqrt2) / 2 <= tail) {
      within = t + 1;
    } else {
      beyond = t;
    }
  }
  return within;
}

// Returns how many of the sorted Walsh averages the interval excludes at each end.
std::size_t count_left_out(std::size_t rounds, double confidence) {
  const double tail = (1 - confidence) / 2;
  const std::size_t count =
      rounds <= max_exact_rounds ? count_exact_tail(rounds, tail) : count_normal_tail(rounds, tail);
  // The interval runs from the average of rank `count` to the symmetric one. With a count of 0 the confidence is not
  // reachable, and the interval has its maximal width.
  const std::size_t rank = std::clamp<std::size_t>(count, 1, (count_walsh_averages(rounds) + 1) / 2);
  return rank - 1;
}

std::vector<double> average_all_pairs(const std::vector<double>& values) {
  std::vector<double> averages(count_walsh_averages(values.size()));
  double* next = averages.data();
  const double* const end = values.data() + values.size();
  for (const double* first = values.data(); first != end; ++first) {
    const double half = *first / 2;
    for (const double* second = first; second != end; ++second) {
      *next++ = half + *second / 2;
    }
  }
  return averages;
}

bool is_positive(double value) { return std::isfinite(value) && value > 0; }

// Half the width of Student's t interval with look_confidence, in standard deviations of a round. It differs from
// Wilcoxon's interval by a few percent. The quantile of t is a Cornish-Fisher expansion.
double half_width_for(std::size_t rounds) {
  constexpr double z = 2.8653;  // normal quantile of 1 - 0.05 / 24
  constexpr double first = (z * z * z + z) / 4;
  constexpr double second = (5 * z * z * z * z * z + 16 * z * z * z + 3 * z) / 96;
  const auto freedom = static_cast<double>(rounds - 1);
  return (z + first / freedom + second / (freedom * freedom)) / std::sqrt(freedom + 1);
}

// Returns the factor by which the interval must shrink around the estimate until it lies on one side of an edge or
// between both. All arguments are logarithms. 0 if the estimate is on an edge.
double shrink_to_decide(double estimate, double low, double high, double edge) {
  const auto part = [](double room, double width) { return width <= room ? 1 : room / width; };
  const double to_low = estimate - low;
  const double to_high = high - estimate;
  if (estimate > edge) {
    return part(estimate - edge, to_low);
  }
  if (estimate < -edge) {
    return part(-edge - estimate, to_high);
  }
  return std::min(part(estimate + edge, to_low), part(edge - estimate, to_high));
}

}  // namespace

std::optional<PairedRatio> paired_ratio(std::span<const Pair> rounds, double confidence) {
  const bool usable = std::all_of(rounds.begin(), rounds.end(),
                                  [](const Pair& pair) { return is_positive(pair.left) && is_positive(pair.right); });
  if (rounds.size() < least_rounds || !usable) {
    return std::nullopt;
  }
  std::vector<double> left;
  std::vector<double> right;
  std::vector<double> logarithms;
  left.reserve(rounds.size());
  right.reserve(rounds.size());
  logarithms.reserve(rounds.size());
  for (const Pair& pair : rounds) {
    left.push_back(pair.left);
    right.push_back(pair.right);
    logarithms.push_back(std::log(pair.left) - std::log(pair.right));
  }
  std::vector<double> averages = average_all_pairs(logarithms);
  // Only a few ranks are needed. Each nth_element leaves the greater values behind its rank.
  double* const ranks = averages.data();
  const auto select = [&](std::size_t from, std::size_t rank) {
    std::nth_element(ranks + from, ranks + rank, ranks + averages.size());
    return ranks[rank];
  };
  const std::size_t last = averages.size() - 1;
  const std::size_t left_out = count_left_out(rounds.size(), confidence);
  const double low = select(0, left_out);
  const double below_middle = select(left_out, last / 2);
  const double above_middle = select(last / 2, last - last / 2);
  const double high = select(last - last / 2, last - left_out);
  PairedRatio result;
  result.left = median(std::move(left));
  result.right = median(std::move(right));
  result.ratio = std::exp((below_middle + above_middle) / 2);
  result.interval = {std::exp(low), std::exp(high)};
  result.rounds = rounds.size();
  return result;
}

const char* to_string(Answer answer) {
  switch (answer) {
    case Answer::more:
      return "more";
    case Answer::same:
      return "the same";
    case Answer::less:
      return "less";
    case Answer::undecided:
      break;
  }
  return "undecided";
}

Answer decide_answer(const Interval& interval, const Band& band) {
  const double high_edge = band.same;
  const double low_edge = 1 / band.same;
  if (interval.low > high_edge) {
    return Answer::more;
  }
  if (interval.high < low_edge) {
    return Answer::less;
  }
  return interval.low >= low_edge && interval.high <= high_edge ? Answer::same : Answer::undecided;
}

std::optional<std::size_t> rounds_to_decide(const PairedRatio& ratio, const Band& band) {
  if (decide_answer(ratio.interval, band) != Answer::undecided) {
    return ratio.rounds;
  }
  // Before the first look, the confidence is not reachable, and the interval is about as wide as at that look.
  const std::size_t rounds = std::max(ratio.rounds, looks.front());
  const double shrink = shrink_to_decide(std::log(ratio.ratio), std::log(ratio.interval.low),
                                         std::log(ratio.interval.high), std::log(band.same));
  const double wanted = half_width_for(rounds) * shrink;
  // Negated, so that NaN returns here too.
  if (!(wanted >= half_width_for(max_rounds))) {
    return std::nullopt;
  }
  std::size_t enough = max_rounds;
  for (std::size_t too_few = std::max(ratio.rounds, rounds - 1); enough - too_few > 1;) {
    const std::size_t between = too_few + (enough - too_few) / 2;
    (half_width_for(between) <= wanted ? enough : too_few) = between;
  }
  return enough;
}

std::optional<std::size_t> find_next_look(std::size_t rounds) {
  const auto* const look = std::lower_bound(looks.begin(), looks.end(), rounds);
  return look == looks.end() ? std::nullopt : std::optional(*look);
}

}  // namespace taskcost
