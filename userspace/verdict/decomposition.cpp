// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <utility>

#include "verdict/paired_rounds.h"
#include "verdict/sampling.h"

namespace taskcost {
namespace {

constexpr std::size_t min_rounds_to_trim = 8;

using RoundsOfParts = std::span<const std::vector<double>>;

// Returns whether both sides have the same number of rounds, and all rounds the same number of parts, at least one.
bool sides_match(RoundsOfParts left, RoundsOfParts right) {
  if (left.empty() || left.size() != right.size() || left.front().empty()) {
    return false;
  }
  const auto has_all_parts = [&](const std::vector<double>& parts) { return parts.size() == left.front().size(); };
  return std::all_of(left.begin(), left.end(), has_all_parts) && std::all_of(right.begin(), right.end(), has_all_parts);
}

// The differences of all rounds, and averages over a selection of them.
class Differences {
 public:
  Differences(RoundsOfParts left, RoundsOfParts right)
      : parts_(left.front().size()), parts_of_rounds_(left.size() * parts_), whole_(left.size(), 0.0) {
    for (std::size_t round = 0; round < left.size(); ++round) {
      double* const differences = &parts_of_rounds_[round * parts_];
      for (std::size_t part = 0; part < parts_; ++part) {
        differences[part] = left[round][part] - right[round][part];
        whole_[round] += differences[part];
      }
    }
  }

  [[nodiscard]] bool finite() const {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    return std::all_of(parts_of_rounds_.begin(), parts_of_rounds_.end(), is_finite) &&
           std::all_of(whole_.begin(), whole_.end(), is_finite);
  }

  // Reorders `rounds`, and returns the middle half by the whole difference.
  std::span<const std::size_t> select_middle(std::vector<std::size_t>& rounds) const {
    if (rounds.size() < min_rounds_to_trim) {
      return rounds;
    }
    const std::size_t quarter = rounds.size() / 4;
    const auto by_whole = [whole = whole_.data()](std::size_t a, std::size_t b) { return whole[a] < whole[b]; };
    std::size_t* const first = rounds.data() + quarter;
    std::size_t* const last = rounds.data() + rounds.size() - quarter;
    std::nth_element(rounds.data(), first, rounds.data() + rounds.size(), by_whole);
    std::nth_element(first, last, rounds.data() + rounds.size(), by_whole);
    return {first, last};
  }

  // Sets `means` to the mean difference of each part over `rounds`, and returns their sum.
  double average(std::span<const std::size_t> rounds, std::vector<double>& means) const {
    std::fill(means.begin(), means.end(), 0.0);
    double* const sums = means.data();
    for (const std::size_t round : rounds) {
      const double* const differences = &parts_of_rounds_[round * parts_];
      for (std::size_t part = 0; part < parts_; ++part) {
        sums[part] += differences[part];
      }
    }
    for (double& mean : means) {
      mean /= static_cast<double>(rounds.size());
    }
    return std::accumulate(means.begin(), means.end(), 0.0);
  }

  [[nodiscard]] std::size_t rounds() const { return whole_.size(); }
  [[nodiscard]] std::size_t parts() const { return parts_; }

 private:
  std::size_t parts_;
  std::vector<double> parts_of_rounds_;  // all parts of the first round, then of the second, ...
  std::vector<double> whole_;            // one per round
};

double average_part(RoundsOfParts side, std::span<const std::size_t> rounds, std::size_t part) {
  double sum = 0;
  for (const std::size_t round : rounds) {
    sum += side[round][part];
  }
  return sum / static_cast<double>(rounds.size());
}

Interval cut_tails(const std::vector<double>& drawn) {
  return {quantile(drawn, bootstrap_tail), quantile(drawn, 1 - bootstrap_tail)};
}

// Bootstrap: resamples the rounds, and trims and averages each sample like the original.
void set_intervals(Decomposition& result, const Differences& differences) {
  std::mt19937_64 random(bootstrap_seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  std::uniform_int_distribution<std::size_t> any_round(0, differences.rounds() - 1);
  std::vector<std::size_t> drawn(differences.rounds());
  std::vector<double> means(differences.parts());
  std::vector<double> whole(few_resamples);
  std::vector<std::vector<double>> parts(differences.parts(), std::vector<double>(few_resamples));
  for (std::size_t redraw = 0; redraw < few_resamples; ++redraw) {
    std::generate(drawn.begin(), drawn.end(), [&] { return any_round(random); });
    whole[redraw] = differences.average(differences.select_middle(drawn), means);
    for (std::size_t part = 0; part < means.size(); ++part) {
      parts[part][redraw] = means[part];
    }
  }
  result.whole.interval = cut_tails(whole);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    result.parts[part].interval = cut_tails(parts[part]);
  }
}

}  // namespace

std::optional<Decomposition> decompose(std::span<const std::vector<double>> left,
                                       std::span<const std::vector<double>> right) {
  if (!sides_match(left, right)) {
    return std::nullopt;
  }
  const Differences differences(left, right);
  if (!differences.finite()) {
    return std::nullopt;
  }
  std::vector<std::size_t> rounds(left.size());
  std::iota(rounds.begin(), rounds.end(), std::size_t{0});
  const std::span<const std::size_t> middle = differences.select_middle(rounds);
  Decomposition result;
  result.rounds = middle.size();
  for (std::size_t part = 0; part < differences.parts(); ++part) {
    PartOfDifference figures;
    figures.left = average_part(left, middle, part);
    figures.right = average_part(right, middle, part);
    figures.difference = figures.left - figures.right;
    result.whole.left += figures.left;
    result.whole.right += figures.right;
    result.whole.difference += figures.difference;
    result.parts.push_back(figures);
  }
  set_intervals(result, differences);
  return result;
}

}  // namespace taskcost
