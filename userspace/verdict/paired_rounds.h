// SPDX-License-Identifier: Apache-2.0
//
// Statistics of paired rounds: two figures are measured one after the other, many times, in random order. Slow changes
// of the machine do not affect the ratio of a pair, because they affect both sides alike.
//
// Rounds are judged at "looks" while measuring continues. The probability of an error is divided among all looks, so
// that the reported interval holds at whichever look the run stopped.
//
// Sources: Hodges and Lehmann 1963 (the estimate), Tukey's Walsh averages with Wilcoxon's signed-rank distribution (its
// interval), Bonferroni (the looks).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "account/observation.h"

namespace taskcost {

// The median of a non-empty sample; if its size is even, the mean of the two middle values.
double median(std::vector<double> sample);

// The quantile q of a non-empty sample, with linear interpolation. q is clamped to [0, 1].
double quantile(std::vector<double> sample, double q);

// The share of the largest 1 % of the values (rounded down) in the sum. nullopt if the sum is not above 0 or not
// finite, or there are fewer than 100 values.
std::optional<double> share_of_slowest(std::vector<double> sample);

// ---- The ratio of two sides ----------------------------------------------------------------------------------------

// One round of both sides.
struct Pair {
  double left = 0;
  double right = 0;
};

struct PairedRatio {
  double left = 0;  // medians over the rounds
  double right = 0;
  double ratio = 0;  // exp of the Hodges-Lehmann estimate of log(left / right)
  Interval interval;
  std::size_t rounds = 0;
};

// `confidence` is that of the interval, for example 0.95. The interval is exact for up to 50 rounds if the distribution
// of the log ratios is symmetric. A confidence of 0.95 takes 6 rounds, look_confidence takes 9. With fewer rounds, the
// interval is the widest possible one, from the smallest to the largest ratio, with a confidence of 1 - 2^(1 - rounds).
//
// nullopt if there are fewer than `least_rounds`, or a value is not finite or not above 0.
inline constexpr std::size_t least_rounds = 3;
std::optional<PairedRatio> paired_ratio(std::span<const Pair> rounds, double confidence);

// ---- Answers -------------------------------------------------------------------------------------------------------

enum class Answer {
  more,      // the whole interval lies above the band
  same,      // within it
  less,      // below it
  undecided  // none of these
};
const char* to_string(Answer answer);  // "more", "the same", "less", "undecided"

// Ratios from 1 / `same` to `same` count as the same.
struct Band {
  double same = 1.05;
};

Answer decide_answer(const Interval& interval, const Band& band);

// The total number of rounds to a decision, if further rounds have the same ratio and scatter; `ratio.rounds` if it is
// decided. REQUIRES: the interval has look_confidence. nullopt if the ratio is on an edge of the band, or so near that
// it takes over a billion rounds.
std::optional<std::size_t> rounds_to_decide(const PairedRatio& ratio, const Band& band);

// ---- Looks ---------------------------------------------------------------------------------------------------------

// The numbers of rounds after which all rounds so far are judged.
inline constexpr std::array<std::size_t, 12> looks = {9, 12, 16, 21, 28, 37, 50, 66, 88, 117, 156, 208};

// The confidence of the interval at each look. All looks together err in at most 5 % of the runs.
inline constexpr double look_confidence = 1 - 0.05 / static_cast<double>(looks.size());

// The first look with at least this many rounds; nullopt if there is none.
std::optional<std::size_t> find_next_look(std::size_t rounds);

// ---- Where a difference comes from ---------------------------------------------------------------------------------

struct PartOfDifference {
  double left = 0;
  double right = 0;
  double difference = 0;  // left - right
  Interval interval;      // of the difference, with 95 % confidence
};

// Means over the rounds whose whole difference lies in the middle half, or over all rounds if there are fewer than
// eight. All means are over the same rounds, so that the parts add up to the whole.
struct Decomposition {
  PartOfDifference whole;
  std::vector<PartOfDifference> parts;  // in the order of the arguments
  std::size_t rounds = 0;               // number of rounds that the means are over
};

// `left[i]` and `right[i]` are the parts of round i, with the same number of parts in every round. nullopt if there are
// no rounds or parts, the sides do not match, or a value is not finite. The intervals are percentile bootstraps that
// resample and trim whole rounds. With fewer than eight rounds they are too narrow: they cover 82 to 88 %.
std::optional<Decomposition> decompose(std::span<const std::vector<double>> left,
                                       std::span<const std::vector<double>> right);

// ---- Two modes -----------------------------------------------------------------------------------------------------

// The two modes of a sample of times, for example if some operations involve another CPU.
struct Modes {
  double split = 0;       // values below it belong to the lower mode
  double low = 0;         // median of the lower mode
  double high = 0;        // median of the higher mode
  double high_share = 0;  // share of the values in the higher mode
};

// nullopt if there is one mode, whatever its tail, or fewer than 40 values, or a value that is not finite or not above
// 0. A mode has at least 5 % of the values; about 1000 values are needed to find such a small one, and 100 to find one
// with a third of them. Modes that are less than 1.5x apart count as one.
std::optional<Modes> find_modes(std::vector<double> sample);

}  // namespace taskcost
