// SPDX-License-Identifier: Apache-2.0
//
// Statistics of paired rounds: two figures measured one after the other, many times, in an order that was drawn. The
// ratio of a pair is free of what changes slowly, because it changes both sides alike.
//
// Rounds are judged while they are still being made ("looks"). Every look may err, so that each gets a part of the
// error of the whole: the interval that is reported holds at whichever look the run stopped.
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

namespace taskcost {

struct Interval {
  double low = 0;
  double high = 0;
};

// Median of a non-empty sample; the mean of the two middle values when its size is even.
double median(std::vector<double> sample);

// q in [0, 1] of a non-empty sample, linear between neighbors. A q outside is taken as the nearer end.
double quantile(std::vector<double> sample, double q);

// What share of the sum the largest hundredth of the values (rounded down) has; nullopt when the sum is not above 0,
// or not finite, or there are fewer than 100 values.
std::optional<double> share_of_slowest(std::vector<double> sample);

// ---- The ratio of two sides ----------------------------------------------------------------------------------------

// One round of both sides.
struct Pair {
  double left = 0;
  double right = 0;
};

struct PairedRatio {
  double left = 0;  // median over the rounds
  double right = 0;
  double ratio = 0;  // exp of the Hodges-Lehmann estimate of log(left / right)
  Interval interval;
  std::size_t rounds = 0;
};

// `confidence`: of the interval, for example 0.95. The interval is exact for up to 50 rounds whose log ratios scatter
// symmetrically, whatever their distribution. So few rounds may not reach the confidence: 0.95 takes 6 of them,
// look_confidence takes 9. The interval is then the widest that they have, from the smallest ratio to the largest, with
// a confidence of 1 - 2^(1 - rounds).
//
// nullopt with fewer than `least_rounds`, or when a value is not finite, or a side has a value that is 0 or below.
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

// Ratios from 1 / `same` to `same` are the same.
struct Band {
  double same = 1.05;
};

Answer answer_of(const Interval& interval, const Band& band);

// How many rounds in all it would take to decide, if the rounds to come scatter as those so far and the ratio stays
// where it is; `ratio.rounds` when it is decided. The interval is taken for one of look_confidence. nullopt when the
// ratio lies on an edge of the band, or so near that a billion rounds would not do.
std::optional<std::size_t> rounds_to_decide(const PairedRatio& ratio, const Band& band);

// ---- Looks ---------------------------------------------------------------------------------------------------------

// Numbers of rounds after which the rounds so far are judged.
inline constexpr std::array<std::size_t, 12> looks = {9, 12, 16, 21, 28, 37, 50, 66, 88, 117, 156, 208};

// Confidence of the interval at each look, so that all looks together err in 5 of 100 runs at most.
inline constexpr double look_confidence = 1 - 0.05 / static_cast<double>(looks.size());

// The first look with at least so many rounds; nullopt when there is none.
std::optional<std::size_t> look_from(std::size_t rounds);

// ---- Where a difference comes from ---------------------------------------------------------------------------------

struct PartOfDifference {
  double left = 0;
  double right = 0;
  double difference = 0;  // left - right
  Interval interval;      // of the difference, 95 %
};

// The rounds whose whole difference lies in the middle half, all of them with fewer than eight rounds. Every figure is
// a mean over the same rounds, so that the parts add up to the whole.
struct Decomposition {
  PartOfDifference whole;
  std::vector<PartOfDifference> parts;  // in the order in which they were given
  std::size_t rounds = 0;               // that the means are over
};

// `left[i]` and `right[i]` are the parts of round i, equally many in every round. nullopt without rounds or parts, or
// when the sides do not match, or when a value is not finite. The intervals come from a percentile bootstrap, whole
// rounds drawn and trimmed anew. Those of fewer than eight rounds are too narrow: they cover 82 to 88 %.
std::optional<Decomposition> decompose(std::span<const std::vector<double>> left,
                                       std::span<const std::vector<double>> right);

// ---- Two modes -----------------------------------------------------------------------------------------------------

// A sample of times with two modes that are far apart, as where some operations need another CPU's help.
struct Modes {
  double split = 0;  // values below it belong to the lower mode
  double low = 0;    // medians of both
  double high = 0;
  double high_share = 0;  // of the values
};

// nullopt when there is one mode, whatever its tail, or when there are fewer than 40 values, or when a value is not
// finite or not above 0. A mode has at least a twentieth of the values; it takes about 1000 values to see one as small
// as that, and 100 to see one of a third. Modes that are less than 1.5x apart count as one.
std::optional<Modes> find_modes(std::vector<double> sample);

}  // namespace taskcost
