// SPDX-License-Identifier: Apache-2.0
#include "verdict/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "verdict/figures.h"
#include "verdict/prices.h"
#include "verdict/side_by_side.h"
#include "verdict/structure.h"
#include "verdict/sweeps.h"
#include "verdict/tables.h"

namespace taskcost {
namespace {

constexpr std::string_view tasks_were_lost = "tasks or records were lost in all rounds";
constexpr std::string_view not_observed = "no round was observed";

// The source of a figure, or why it is unavailable.
struct Source {
  std::string text;
  std::string unavailable;
};

std::string reason(const Evidence& evidence) {
  const std::string why = evidence.why.empty() ? "this kernel does not provide it" : evidence.why;
  return evidence.hint.empty() ? why : fmt::format("{} ({})", why, evidence.hint);
}

Source find_source(const EvidenceList& evidence, std::string_view figure) {
  const auto found = std::ranges::find(evidence, figure, &Evidence::figure);
  if (found == evidence.end()) {
    return {};
  }
  if (found->kind == EvidenceKind::unavailable || found->kind == EvidenceKind::counts) {
    return {"", reason(*found)};
  }
  return {found->kind == EvidenceKind::bound ? found->source + " (a bound)" : found->source, ""};
}

const std::vector<Round>& find_rounds(const Rounds& rounds, std::string_view variant) {
  static const std::vector<Round> none;
  const auto found = rounds.find(variant);
  return found == rounds.end() ? none : found->second;
}

const Series& find_series(const Readings& readings, std::string_view variant, MeasureId measure) {
  static const Series none;
  const auto by_measure = readings.find(variant);
  if (by_measure == readings.end()) {
    return none;
  }
  const auto found = by_measure->second.find(measure);
  return found == by_measure->second.end() ? none : found->second;
}

// One measure of both sides of a rule.
struct BothSeries {
  const Series& left;
  const Series& right;
};

BothSeries find_both(const Readings& readings, const RatioRule& rule, MeasureId measure) {
  return {find_series(readings, rule.left, measure), find_series(readings, rule.right, measure)};
}

// Calls `look` with both readings of each round that both sides have.
template <typename Look>
void for_each_pair(const BothSeries& both, Look look) {
  auto right = both.right.readings.begin();
  for (const Reading& left : both.left.readings) {
    while (right != both.right.readings.end() && right->round < left.round) {
      ++right;
    }
    if (right != both.right.readings.end() && right->round == left.round) {
      look(left, *right);
    }
  }
}

std::vector<RoundOfBoth> typical_pairs(const BothSeries& both) {
  std::vector<RoundOfBoth> pairs;
  for_each_pair(both, [&pairs](const Reading& left, const Reading& right) {
    if (left.typical && right.typical) {
      pairs.push_back({left.round, {*left.typical, *right.typical}});
    }
  });
  return pairs;
}

std::vector<Pair> to_pairs(const std::vector<RoundOfBoth>& rounds) {
  std::vector<Pair> pairs;
  std::ranges::transform(rounds, std::back_inserter(pairs), &RoundOfBoth::figures);
  return pairs;
}

std::optional<UserView> user_view(const BothSeries& wall) {
  const std::vector<RoundOfBoth> pairs = typical_pairs(wall);
  if (pairs.empty()) {
    return std::nullopt;
  }
  UserView view;
  view.figure = "wall time of an operation";
  view.unit = Unit::ns;
  if (const auto ratio = paired_ratio(to_pairs(pairs), look_confidence)) {
    view.left = ratio->left;
    view.right = ratio->right;
    view.ratio = ratio->ratio;
    view.interval = ratio->interval;
  }
  return view;
}

std::vector<double> sum_parts(const std::vector<std::vector<double>>& operations) {
  std::vector<double> sums;
  sums.reserve(operations.size());
  for (const std::vector<double>& parts : operations) {
    sums.push_back(std::accumulate(parts.begin(), parts.end(), 0.0));
  }
  return sums;
}

std::optional<Total> compute_total(const Series& series) {
  std::vector<double> means;
  for (const Reading& reading : series.readings) {
    if (reading.mean) {
      means.push_back(*reading.mean);
    }
  }
  if (means.empty()) {
    return std::nullopt;
  }
  return Total{median(std::move(means)), share_of_slowest(sum_parts(series.operations))};
}

std::optional<Breakdown> compute_breakdown(const Measure& measure, const BothSeries& both) {
  std::vector<std::vector<double>> left;
  std::vector<std::vector<double>> right;
  for_each_pair(both, [&](const Reading& left_reading, const Reading& right_reading) {
    if (!left_reading.parts.empty() && !right_reading.parts.empty()) {
      left.push_back(left_reading.parts);
      right.push_back(right_reading.parts);
    }
  });
  const auto decomposed = decompose(left, right);
  if (!decomposed) {
    return std::nullopt;
  }
  Breakdown breakdown{std::string(measure.parts_title), decomposed->whole, {}, decomposed->rounds};
  for (std::size_t i = 0; i < decomposed->parts.size(); ++i) {
    const PartOfDifference& part = decomposed->parts[i];
    if (part.left != 0 || part.right != 0) {
      breakdown.parts.push_back({measure.parts[i].name, part});
    }
  }
  std::ranges::stable_sort(breakdown.parts, std::greater(),
                           [](const Breakdown::Part& part) { return std::abs(part.figures.difference); });
  return breakdown;
}

// Finds the part whose median differs most between the two modes.
TwoModes describe_modes(const Measure& measure, const std::vector<std::vector<double>>& operations,
                        const Modes& modes) {
  TwoModes explained{"", modes, "", 0};
  for (std::size_t i = 0; i < measure.parts.size(); ++i) {
    std::vector<double> low;
    std::vector<double> high;
    for (const std::vector<double>& parts : operations) {
      const double all = std::accumulate(parts.begin(), parts.end(), 0.0);
      (all < modes.split ? low : high).push_back(parts[i]);
    }
    const double difference = low.empty() || high.empty() ? 0 : median(high) - median(low);
    if (std::abs(difference) > std::abs(explained.difference)) {
      explained.part = measure.parts[i].name;
      explained.difference = difference;
    }
  }
  return explained;
}

void add_modes(Verdict& verdict, const Measure& measure, const Series& series, const std::string& label) {
  if (const auto modes = find_modes(sum_parts(series.operations))) {
    verdict.modes.push_back(describe_modes(measure, series.operations, *modes));
    verdict.modes.back().label = label;
  }
}

// Judges each claim by its evidence and its rounds.
class Judge {
 public:
  Judge(const Rounds& rounds, const Readings& readings, const EvidenceList& evidence)
      : rounds_(rounds), readings_(readings), evidence_(evidence) {}

  // Judges each claim once, even if several others follow from it.
  const Verdict& judge_claim(const ClaimRow& row) {
    const auto known = judged_.find(row.claim.id);
    if (known != judged_.end()) {
      return known->second;
    }
    Source source = find_source(evidence_, row.evidence);
    if (row.claim.condition == Condition::across_cpus) {
      source.unavailable += find_source(evidence_, "across_cpus").unavailable;
    }
    Verdict verdict = std::visit([&](const auto& rule) { return judge(row.claim, rule, source); }, row.rule);
    mark_loss(verdict, row);
    return judged_.emplace(row.claim.id, std::move(verdict)).first->second;
  }

 private:
  Verdict judge(const Claim& claim, const RatioRule& rule, const Source& source) {
    const BothSeries both = find_both(readings_, rule, rule.measure);
    const Measure& compared = measure(rule.measure);
    // An unavailable figure is not judged, even if the rounds contain a number for it.
    const bool measurable = source.unavailable.empty();
    Verdict verdict =
        judge_ratio(claim,
                    {std::string(rule.left_label), std::string(rule.right_label),
                     measurable ? typical_pairs(both) : std::vector<RoundOfBoth>{}},
                    source.text, why_unavailable(source, both.left.readings.size() + both.right.readings.size()));
    if (measurable) {
      verdict.left_total = compute_total(both.left);
      verdict.right_total = compute_total(both.right);
      verdict.breakdown = compute_breakdown(compared, both);
      add_modes(verdict, compared, both.left, verdict.left_label);
      add_modes(verdict, compared, both.right, verdict.right_label);
    }
    if (rule.measure != MeasureId::wall) {
      verdict.user_space = user_view(find_both(readings_, rule, MeasureId::wall));
    }
    return verdict;
  }

  Verdict judge(const Claim& claim, const StructuralRule& rule, const Source& source) {
    std::size_t count = 0;
    for (const std::string_view variant : rule.variants) {
      count += find_rounds(rounds_, variant).size();
    }
    const Cases cases = source.unavailable.empty() ? rule.cases(rounds_) : Cases{};
    const auto judge_cases = rule.one_is_enough ? judge_existence : judge_structural;
    Verdict verdict =
        judge_cases(claim, cases.observed, cases.counter_examples, source.text, why_unavailable(source, count));
    verdict.rounds = count;
    return verdict;
  }

  // The summary follows from its parts. A condition that this machine does not have is left out.
  Verdict judge(const Claim& claim, const DerivedRule& rule, const Source& source) {
    Verdict verdict;
    verdict.id = claim.id;
    verdict.statement = claim.statement;
    verdict.chapter = claim.chapter;
    verdict.unit = claim.unit;
    verdict.evidence = source.text;
    std::uint64_t confirmed = 0;
    std::uint64_t refuted = 0;
    std::uint64_t all = 0;
    for (const ClaimRow& row : claim_table()) {
      if (std::holds_alternative<DerivedRule>(row.rule) || !follows_from(rule, row.claim.id)) {
        continue;
      }
      const Ruling ruling = judge_claim(row).ruling;
      if (ruling == Ruling::not_measurable && row.claim.condition == Condition::across_cpus) {
        continue;
      }
      ++all;
      confirmed += ruling == Ruling::confirmed ? 1 : 0;
      refuted += ruling == Ruling::refuted ? 1 : 0;
    }
    verdict.ruling = refuted > 0 ? Ruling::refuted : confirmed == all ? Ruling::confirmed : Ruling::inconclusive;
    verdict.meaning = fmt::format("{} of its {} claims are confirmed, {} refuted: {}.", confirmed, all, refuted,
                                  refuted > 0        ? "it does not fully hold on this machine"
                                  : confirmed == all ? "it holds on this machine"
                                                     : "the others are undecided");
    return verdict;
  }

  static std::string_view why_unavailable(const Source& source, std::size_t rounds) {
    if (!source.unavailable.empty()) {
      return source.unavailable;
    }
    return rounds == 0 ? not_observed : tasks_were_lost;
  }

  void mark_loss(Verdict& verdict, const ClaimRow& row) const {
    std::size_t lossy = 0;
    std::size_t all = 0;
    if (const auto* ratio = std::get_if<RatioRule>(&row.rule)) {
      const BothSeries both = find_both(readings_, *ratio, ratio->measure);
      lossy = both.left.lossy_rounds + both.right.lossy_rounds;
      all = both.left.readings.size() + both.right.readings.size();
    } else if (std::holds_alternative<StructuralRule>(row.rule)) {
      for (const auto& [variant, rounds] : rounds_) {
        if (needs(row, variant)) {
          lossy += static_cast<std::size_t>(
              std::ranges::count_if(rounds, [](const Round& round) { return lost_tasks(round.session); }));
          all += rounds.size();
        }
      }
    }
    if (lossy > 0 && verdict.ruling != Ruling::not_measurable) {
      verdict.evidence += fmt::format("; tasks or records were lost in {} of {} rounds", lossy, all);
    }
  }

  const Rounds& rounds_;
  const Readings& readings_;
  const EvidenceList& evidence_;
  std::map<std::string_view, Verdict> judged_;  // by id
};

// An interval whose high / low is at most this is narrow enough.
constexpr double narrow = 1.2;

}  // namespace

Findings make_findings(const Rounds& rounds, const Readings& readings, const EvidenceList& evidence,
                       const std::vector<std::string>& claims) {
  Findings findings;
  Judge judge(rounds, readings, evidence);
  for (const ClaimRow& row : claim_table()) {
    if (is_wanted(claims, row.claim.id)) {
      findings.verdicts.push_back(judge.judge_claim(row));
    }
  }
  findings.comparisons = make_comparisons(rounds);
  findings.sweeps = make_sweeps(rounds);
  findings.tables = make_tables(rounds);
  findings.prices = make_prices(rounds, findings.sweeps);
  return findings;
}

std::optional<std::size_t> rounds_to_settle(const ClaimRow& row, const Readings& readings) {
  const auto* rule = std::get_if<RatioRule>(&row.rule);
  if (rule == nullptr) {
    return 0;
  }
  const std::vector<RoundOfBoth> pairs = typical_pairs(find_both(readings, *rule, rule->measure));
  const auto ratio = paired_ratio(to_pairs(pairs), look_confidence);
  if (!ratio) {
    return 0;  // a side has a 0, and further rounds do not remove it
  }
  const auto to_decide = rounds_to_decide(*ratio, verdict_band);
  if (!to_decide) {
    return std::nullopt;
  }
  const double too_wide = std::max(1.0, std::log(ratio->interval.high / ratio->interval.low) / std::log(narrow));
  const auto to_narrow = std::ceil(static_cast<double>(ratio->rounds) * too_wide * too_wide);
  return std::max(*to_decide, static_cast<std::size_t>(to_narrow)) - ratio->rounds;
}

}  // namespace taskcost
