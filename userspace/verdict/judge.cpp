// SPDX-License-Identifier: Apache-2.0
//
// The two rules, and the sentence that goes with each ruling.
//
// A ratio of nothing: when the right median is 0 there is no ratio. Then rounds that do not overlap decide (the smaller
// left one above the larger right one: confirmed), anything else is inconclusive. A left median of 0 against a positive
// right one is a ratio of 0, and follows the rule.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "taskcost/verdict.h"
#include "verdict/claim_words.h"

namespace taskcost {
namespace {

// With fewer there is no telling how much rounds scatter.
constexpr std::size_t min_rounds = 3;

std::string figure_text(double value, std::string_view unit) {
  constexpr double three_digits = 100;
  const std::string number =
      std::abs(value) < three_digits ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
  return unit.empty() || unit == "count" ? number : fmt::format("{} {}", number, unit);
}

std::string interval_text(const Interval& interval) {
  return fmt::format("between {} and {}", figure_text(interval.low, ""), figure_text(interval.high, ""));
}

std::string not_measured_text(std::string_view unavailable, std::string_view otherwise) {
  return fmt::format("Not measured: {}.", unavailable.empty() ? otherwise : unavailable);
}

Verdict blank(const Claim& claim, std::string_view source) {
  Verdict verdict;
  verdict.id = claim.id;
  verdict.statement = claim.statement;
  verdict.unit = claim.unit;
  verdict.evidence = source;
  return verdict;
}

RatioWords words_for(const Claim& claim, const Side& left, const Side& right) {
  const RatioWords* words = ratio_words(claim.id);
  return words != nullptr ? *words : RatioWords{left.label, "came to", "as much as", right.label};
}

// Every left round above every right one.
bool lies_apart(const Side& left, const Side& right) {
  return *std::min_element(left.rounds.begin(), left.rounds.end()) >
         *std::max_element(right.rounds.begin(), right.rounds.end());
}

void judge_without_ratio(Verdict& verdict, const Side& left, const Side& right, const RatioWords& words) {
  verdict.ruling = lies_apart(left, right) ? Ruling::confirmed : Ruling::inconclusive;
  verdict.meaning =
      fmt::format("{} {} {}, {} {}: there is no ratio{}.", words.left, words.verb,
                  figure_text(*verdict.left, verdict.unit), words.right, figure_text(*verdict.right, verdict.unit),
                  verdict.ruling == Ruling::confirmed ? ", but every round says the same" : ", and the rounds overlap");
}

Ruling ruling_of(const Interval& interval, double threshold) {
  if (interval.low > threshold) {
    return Ruling::confirmed;
  }
  return interval.high < 1 ? Ruling::refuted : Ruling::inconclusive;
}

std::string ratio_meaning(const Verdict& verdict, const RatioWords& words, double threshold) {
  const std::string ratio = figure_text(*verdict.ratio, "");
  const std::string range = interval_text(*verdict.interval);
  switch (verdict.ruling) {
    case Ruling::confirmed:
      return fmt::format("{} {} {} times {} {} ({}).", words.left, words.verb, ratio, words.measure, words.right,
                         range);
    case Ruling::refuted:
      return fmt::format("{} {} only {} times {} {} ({}): less, not more.", words.left, words.verb, ratio,
                         words.measure, words.right, range);
    default:
      return fmt::format("{} {} {} times {} {}, but anything {} is possible: more than {} is not shown.", words.left,
                         words.verb, ratio, words.measure, words.right, range, figure_text(threshold, ""));
  }
}

void judge_with_ratio(Verdict& verdict, const Ratio& ratio, const RatioWords& words, double threshold) {
  verdict.ratio = ratio.ratio;
  verdict.interval = ratio.interval;
  verdict.ruling = ruling_of(ratio.interval, threshold);
  verdict.meaning = ratio_meaning(verdict, words, threshold);
}

}  // namespace

const char* to_string(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed:
      return "confirmed";
    case Ruling::refuted:
      return "refuted";
    case Ruling::inconclusive:
      return "inconclusive";
    case Ruling::not_measurable:
      return "not measurable";
  }
  return "";
}

Verdict judge_ratio(const Claim& claim, const Side& left, const Side& right, std::string_view source,
                    std::string_view unavailable) {
  Verdict verdict = blank(claim, source);
  verdict.left_label = left.label;
  verdict.right_label = right.label;
  verdict.rounds = std::min(left.rounds.size(), right.rounds.size());
  if (verdict.rounds == 0) {
    verdict.ruling = Ruling::not_measurable;
    verdict.meaning = not_measured_text(unavailable, "no round delivered the figure");
    return verdict;
  }
  const RatioWords words = words_for(claim, left, right);
  verdict.left = median(left.rounds);
  verdict.right = median(right.rounds);
  const auto ratio = compare(left.rounds, right.rounds);
  if (ratio) {
    judge_with_ratio(verdict, *ratio, words, claim.threshold);
  } else {
    judge_without_ratio(verdict, left, right, words);
  }
  if (verdict.rounds < min_rounds) {
    verdict.ruling = Ruling::inconclusive;
    verdict.meaning = fmt::format("Too few rounds to judge by: {}, and {} are needed.", verdict.rounds, min_rounds);
  }
  return verdict;
}

Verdict judge_structural(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                         std::string_view source, std::string_view unavailable) {
  Verdict verdict = blank(claim, source);
  if (observed == 0) {
    verdict.ruling = Ruling::not_measurable;
    verdict.meaning = not_measured_text(unavailable, "there was no case to look at");
    return verdict;
  }
  verdict.left_label = "hold";
  verdict.left = static_cast<double>(observed - std::min(observed, counter_examples));
  verdict.right_label = "cases";
  verdict.right = static_cast<double>(observed);
  const StructuralWords* words = structural_words(claim.id);
  verdict.ruling = counter_examples == 0 ? Ruling::confirmed : Ruling::refuted;
  verdict.meaning = fmt::format("{}{} of {} {} {}.", counter_examples == 0 ? "" : "Only ",
                                observed - std::min(observed, counter_examples), observed,
                                words != nullptr ? words->cases : "cases", words != nullptr ? words->hold : "agree");
  return verdict;
}

Verdict judge_existence(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                        std::string_view source, std::string_view unavailable) {
  Verdict verdict = judge_structural(claim, observed, counter_examples, source, unavailable);
  if (verdict.ruling == Ruling::refuted) {
    verdict.ruling = counter_examples < observed ? Ruling::confirmed : Ruling::inconclusive;
    if (verdict.meaning.starts_with("Only ")) {
      verdict.meaning.erase(0, std::string_view("Only ").size());
    }
  }
  return verdict;
}

}  // namespace taskcost
