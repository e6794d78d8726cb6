// SPDX-License-Identifier: Apache-2.0
//
// From rounds to verdicts, by the rules in the table of claims.
#include "verdict/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "verdict/claim_table.h"
#include "verdict/figures.h"
#include "verdict/side_by_side.h"
#include "verdict/sweeps.h"
#include "verdict/tables.h"

namespace taskcost {
namespace {

constexpr std::string_view tasks_were_lost = "tasks or records were lost in all rounds";
constexpr double ns_per_us = 1000;
constexpr std::string_view not_observed = "no round was observed";

// Where a figure comes from, or why there is none.
struct Source {
  std::string text;
  std::string unavailable;
};

std::string reason(const Evidence& evidence) {
  const std::string why = evidence.why.empty() ? "this kernel denies the evidence" : evidence.why;
  return evidence.hint.empty() ? why : fmt::format("{} ({})", why, evidence.hint);
}

Source source_of(const EvidenceList& evidence, std::string_view figure) {
  const auto found = std::ranges::find(evidence, figure, &Evidence::figure);
  if (found == evidence.end()) {
    return {};
  }
  if (found->kind == EvidenceKind::unavailable || found->kind == EvidenceKind::counts) {
    return {"", reason(*found)};
  }
  return {found->kind == EvidenceKind::bound ? found->source + " (a bound)" : found->source, ""};
}

const std::vector<Round>& rounds_of(const Rounds& rounds, std::string_view variant) {
  static const std::vector<Round> none;
  const auto found = rounds.find(variant);
  return found == rounds.end() ? none : found->second;
}

// The class of time on a CPU in which the two sides differ most, by operation: where user space's difference sits.
std::string largest_difference(const std::vector<Round>& left, const std::vector<Round>& right) {
  std::string_view where;
  double largest = 0;
  for (int row = 0; row < TC_NR_ACTIVITIES; ++row) {
    const auto activity = static_cast<tc_activity>(row);
    const auto running = [activity](const Round& round) { return cell_of(round, activity, TC_CONDITION_RUNNING); };
    const double difference = median_over(left, running).value_or(0) - median_over(right, running).value_or(0);
    if (std::abs(difference) > std::abs(largest)) {
      largest = difference;
      where = text_of(activity);
    }
  }
  return where.empty() ? std::string()
                       : fmt::format("On a CPU the sides differ most in {}: {:+.3g} µs an operation.", where,
                                     largest / ns_per_us);
}

std::optional<UserView> user_view(const std::vector<Round>& left, const std::vector<Round>& right) {
  const std::vector<double> left_wall = figures(left, &wall_of);
  const std::vector<double> right_wall = figures(right, &wall_of);
  if (left_wall.empty() || right_wall.empty()) {
    return std::nullopt;
  }
  UserView view;
  view.figure = "wall time of an operation";
  view.unit = "ns";
  view.left = median(left_wall);
  view.right = median(right_wall);
  if (const auto ratio = compare(left_wall, right_wall)) {
    view.ratio = ratio->ratio;
    view.interval = ratio->interval;
  }
  view.remark = largest_difference(left, right);
  return view;
}

// Makes the verdicts, each from its claim, its evidence, and what the rounds say.
class Judge {
 public:
  Judge(const Rounds& rounds, const EvidenceList& evidence) : rounds_(rounds), evidence_(evidence) {}

  // Each claim is judged once, however many others follow from it.
  const Verdict& verdict_of(const ClaimRow& row) {
    const auto known = judged_.find(row.claim.id);
    if (known != judged_.end()) {
      return known->second;
    }
    const Source source = source_of(evidence_, row.evidence);
    Verdict verdict = std::visit([&](const auto& rule) { return judge(row.claim, rule, source); }, row.rule);
    mark_loss(verdict, row);
    return judged_.emplace(row.claim.id, std::move(verdict)).first->second;
  }

 private:
  Verdict judge(const Claim& claim, const RatioRule& rule, const Source& source) {
    const std::vector<Round>& left = rounds_of(rounds_, rule.left);
    const std::vector<Round>& right = rounds_of(rounds_, rule.right);
    // What a source cannot tell is not judged, even where a number stands.
    const bool measurable = source.unavailable.empty();
    Verdict verdict = judge_ratio(
        claim, {std::string(rule.left_label), measurable ? figures(left, rule.figure) : std::vector<double>{}},
        {std::string(rule.right_label), measurable ? figures(right, rule.figure) : std::vector<double>{}}, source.text,
        why_nothing(source, left.size() + right.size()));
    if (rule.figure != &wall_of) {
      verdict.user_space = user_view(left, right);
    }
    return verdict;
  }

  Verdict judge(const Claim& claim, const StructuralRule& rule, const Source& source) {
    std::size_t count = 0;
    for (const std::string_view variant : rule.variants) {
      count += rounds_of(rounds_, variant).size();
    }
    const Cases cases = source.unavailable.empty() ? rule.cases(rounds_) : Cases{};
    const auto judge_cases = rule.one_is_enough ? judge_existence : judge_structural;
    Verdict verdict =
        judge_cases(claim, cases.observed, cases.counter_examples, source.text, why_nothing(source, count));
    verdict.rounds = count;
    return verdict;
  }

  // The summary stands and falls with the others.
  Verdict judge(const Claim& claim, const DerivedRule& /*rule*/, const Source& source) {
    Verdict verdict;
    verdict.id = claim.id;
    verdict.statement = claim.statement;
    verdict.unit = claim.unit;
    verdict.evidence = source.text;
    std::uint64_t confirmed = 0;
    std::uint64_t refuted = 0;
    std::uint64_t all = 0;
    for (const ClaimRow& row : claim_table()) {
      if (!std::holds_alternative<DerivedRule>(row.rule)) {
        const Ruling ruling = verdict_of(row).ruling;
        ++all;
        confirmed += ruling == Ruling::confirmed ? 1 : 0;
        refuted += ruling == Ruling::refuted ? 1 : 0;
      }
    }
    verdict.ruling = refuted > 0 ? Ruling::refuted : confirmed == all ? Ruling::confirmed : Ruling::inconclusive;
    verdict.meaning = fmt::format("{} of {} claims are confirmed, {} refuted: {}.", confirmed, all, refuted,
                                  refuted > 0        ? "not all of it holds on this machine"
                                  : confirmed == all ? "it holds on this machine"
                                                     : "the rest was not shown");
    return verdict;
  }

  static std::string_view why_nothing(const Source& source, std::size_t rounds) {
    if (!source.unavailable.empty()) {
      return source.unavailable;
    }
    return rounds == 0 ? not_observed : tasks_were_lost;
  }

  void mark_loss(Verdict& verdict, const ClaimRow& row) const {
    std::size_t lossy = 0;
    std::size_t all = 0;
    for (const auto& [variant, rounds] : rounds_) {
      if (!std::holds_alternative<DerivedRule>(row.rule) && needs(row, variant)) {
        lossy += static_cast<std::size_t>(
            std::ranges::count_if(rounds, [](const Round& round) { return lost_tasks(round.session); }));
        all += rounds.size();
      }
    }
    if (lossy > 0 && verdict.ruling != Ruling::not_measurable) {
      verdict.evidence += fmt::format("; tasks or records were lost in {} of {} rounds", lossy, all);
    }
  }

  const Rounds& rounds_;
  const EvidenceList& evidence_;
  std::map<std::string_view, Verdict> judged_;  // by id
};

}  // namespace

Findings find(const Rounds& rounds, const EvidenceList& evidence, const std::vector<std::string>& claims) {
  Findings findings;
  Judge judge(rounds, evidence);
  for (const ClaimRow& row : claim_table()) {
    if (is_wanted(claims, row.claim.id)) {
      findings.verdicts.push_back(judge.verdict_of(row));
    }
  }
  findings.comparisons = comparisons_of(rounds);
  findings.sweeps = sweeps_of(rounds);
  findings.tables = tables_of(rounds);
  return findings;
}

}  // namespace taskcost
