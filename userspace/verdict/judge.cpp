// SPDX-License-Identifier: Apache-2.0
//
// The rules, and the sentence of each ruling.
//
// If a side is 0 in a round, there is no ratio. Then the claim is confirmed if every left value is above every right
// value, refuted if it is below, and inconclusive otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "verdict/claim_words.h"
#include "verdict/verdict.h"

namespace taskcost {
namespace {

std::string figure_text(double value, Unit unit) {
  constexpr double three_digits = 100;
  const std::string number =
      std::abs(value) < three_digits ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
  return unit == Unit::count ? number : fmt::format("{} {}", number, key_of(unit));
}

std::string interval_text(const Interval& interval) {
  return fmt::format("between {} and {}", figure_text(interval.low, Unit::count),
                     figure_text(interval.high, Unit::count));
}

std::string not_measured_text(std::string_view unavailable, std::string_view otherwise) {
  return fmt::format("Not measured: {}.", unavailable.empty() ? otherwise : unavailable);
}

Verdict make_verdict(const Claim& claim, std::string_view source) {
  Verdict verdict;
  verdict.id = claim.id;
  verdict.statement = claim.statement;
  verdict.chapter = claim.chapter;
  verdict.condition = claim.condition;
  verdict.unit = claim.unit;
  verdict.evidence = source;
  return verdict;
}

RatioWords words_for(const Claim& claim, const Sides& sides) {
  const RatioWords* words = ratio_words(claim.id);
  return words != nullptr ? *words : RatioWords{sides.left_label, "came to", "as much as", sides.right_label, ""};
}

std::vector<double> collect_side(const Sides& sides, double Pair::*side) {
  std::vector<double> values;
  values.reserve(sides.rounds.size());
  for (const RoundOfBoth& round : sides.rounds) {
    values.push_back(round.figures.*side);
  }
  return values;
}

// Returns whether every value of `one` is above every value of `other`.
bool lies_above(const std::vector<double>& one, const std::vector<double>& other) {
  return *std::ranges::min_element(one) > *std::ranges::max_element(other);
}

void judge_without_ratio(Verdict& verdict, const std::vector<double>& left, const std::vector<double>& right,
                         const RatioWords& words) {
  const bool above = lies_above(left, right);
  const bool below = lies_above(right, left);
  verdict.answer = above ? Answer::more : below ? Answer::less : Answer::undecided;
  verdict.ruling = above ? Ruling::confirmed : below ? Ruling::refuted : Ruling::inconclusive;
  verdict.meaning =
      fmt::format("{} {} {}, {} {}{}: no ratio, because a side is 0, {}.", words.left, words.verb,
                  figure_text(*verdict.left, verdict.unit), words.right, figure_text(*verdict.right, verdict.unit),
                  words.where, above || below ? "but all rounds agree" : "and the rounds overlap");
}

Ruling to_ruling(Answer answer) {
  switch (answer) {
    case Answer::more:
      return Ruling::confirmed;
    case Answer::same:
    case Answer::less:
      return Ruling::refuted;
    case Answer::undecided:
      break;
  }
  return Ruling::inconclusive;
}

std::string too_few_rounds(const Verdict& verdict) {
  return verdict.rounds_to_decide
             ? fmt::format("about {} rounds would decide it, {} were run", *verdict.rounds_to_decide, verdict.rounds)
             : "it is at the edge of what counts as the same, where more rounds may not help";
}

std::string ratio_meaning(const Verdict& verdict, const RatioWords& words) {
  const std::string sentence =
      fmt::format("{} {} {} times {} {}{} ({})", words.left, words.verb, figure_text(*verdict.ratio, Unit::count),
                  words.measure, words.right, words.where, interval_text(*verdict.interval));
  switch (*verdict.answer) {
    case Answer::more:
      return sentence + ".";
    case Answer::same:
      return fmt::format("{}: the same, within {:.0f} %.", sentence, 100 * (verdict_band.same - 1));
    case Answer::less:
      return sentence + ": less, not more.";
    case Answer::undecided:
      break;
  }
  return fmt::format("{}: undecided, {}.", sentence, too_few_rounds(verdict));
}

void judge_with_ratio(Verdict& verdict, const PairedRatio& ratio, const RatioWords& words) {
  verdict.ratio = ratio.ratio;
  verdict.interval = ratio.interval;
  verdict.answer = ratio.rounds < looks.front() ? Answer::undecided : decide_answer(ratio.interval, verdict_band);
  verdict.ruling = to_ruling(*verdict.answer);
  if (verdict.answer == Answer::undecided) {
    const auto needed = rounds_to_decide(ratio, verdict_band);
    verdict.rounds_to_decide = needed ? std::optional(std::max(*needed, looks.front())) : std::nullopt;
  }
  verdict.meaning = ratio_meaning(verdict, words);
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

const char* to_string(Condition condition) {
  switch (condition) {
    case Condition::none:
      return "";
    case Condition::same_cpu:
      return "same CPU";
    case Condition::across_cpus:
      return "across CPUs";
  }
  return "";
}

Verdict judge_ratio(const Claim& claim, Sides sides, std::string_view source, std::string_view unavailable) {
  Verdict verdict = make_verdict(claim, source);
  verdict.left_label = sides.left_label;
  verdict.right_label = sides.right_label;
  verdict.rounds = sides.rounds.size();
  if (verdict.rounds == 0) {
    verdict.ruling = Ruling::not_measurable;
    verdict.meaning = not_measured_text(unavailable, "no round has the figure");
    return verdict;
  }
  const RatioWords words = words_for(claim, sides);
  const std::vector<double> left = collect_side(sides, &Pair::left);
  const std::vector<double> right = collect_side(sides, &Pair::right);
  verdict.left = median(left);
  verdict.right = median(right);
  std::vector<Pair> pairs;
  std::ranges::transform(sides.rounds, std::back_inserter(pairs), &RoundOfBoth::figures);
  if (verdict.rounds < least_rounds) {
    verdict.ruling = Ruling::inconclusive;
    verdict.answer = Answer::undecided;
    verdict.meaning = fmt::format("Too few rounds: {} of at least {}.", verdict.rounds, looks.front());
  } else if (const auto ratio = paired_ratio(pairs, look_confidence)) {
    judge_with_ratio(verdict, *ratio, words);
  } else {
    judge_without_ratio(verdict, left, right, words);
  }
  verdict.pairs = std::move(sides.rounds);
  return verdict;
}

Verdict judge_structural(const Claim& claim, std::uint64_t observed, std::uint64_t counter_examples,
                         std::string_view source, std::string_view unavailable) {
  Verdict verdict = make_verdict(claim, source);
  if (observed == 0) {
    verdict.ruling = Ruling::not_measurable;
    verdict.meaning = not_measured_text(unavailable, "no case was observed");
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
