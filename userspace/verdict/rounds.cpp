// SPDX-License-Identifier: Apache-2.0
#include "verdict/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "verdict/side_by_side.h"
#include "verdict/sides.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

constexpr std::string_view tasks_were_lost = "tasks or records were lost in all rounds";
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
  const auto found =
      std::find_if(evidence.begin(), evidence.end(), [figure](const Evidence& each) { return each.figure == figure; });
  if (found == evidence.end()) {
    return {};
  }
  if (found->kind == EvidenceKind::unavailable || found->kind == EvidenceKind::counts) {
    return {"", reason(*found)};
  }
  return {found->kind == EvidenceKind::bound ? found->source + " (a bound)" : found->source, ""};
}

std::size_t rounds_with_loss(const RoundsOfBothModels& rounds) {
  const auto lossy = [](const Round& round) { return lost_tasks(round.session); };
  return static_cast<std::size_t>(std::count_if(rounds.processes.begin(), rounds.processes.end(), lossy) +
                                  std::count_if(rounds.threads.begin(), rounds.threads.end(), lossy));
}

// Makes the verdicts of one workload: each from its claim, its evidence, and what the rounds say.
class Judge {
 public:
  Judge(const RoundsOfBothModels& rounds, const EvidenceList& evidence, std::vector<Verdict>& verdicts)
      : rounds_(rounds), evidence_(evidence), verdicts_(verdicts), lossy_(rounds_with_loss(rounds)) {}

  void ratio(std::string_view id, std::string_view evidence, const Side& left, const Side& right) {
    const Source source = source_of(evidence_, evidence);
    verdicts_.push_back(judge_ratio(*find_claim(id), left, right, source.text, source.unavailable));
    mark_loss(verdicts_.back());
  }

  Verdict& structure(std::string_view id, std::string_view evidence, Cases cases, std::size_t rounds) {
    const Source source = source_of(evidence_, evidence);
    verdicts_.push_back(judge_structural(*find_claim(id), cases.observed, cases.counter_examples, source.text,
                                         source.unavailable.empty() ? why_no_cases(rounds) : source.unavailable));
    verdicts_.back().rounds = rounds;
    mark_loss(verdicts_.back());
    return verdicts_.back();
  }

 private:
  [[nodiscard]] std::string_view why_no_cases(std::size_t rounds) const {
    if (rounds == 0) {
      return not_observed;
    }
    return lossy_ > 0 ? tasks_were_lost : std::string_view{};
  }

  void mark_loss(Verdict& verdict) const {
    if (lossy_ > 0 && verdict.ruling != Ruling::not_measurable) {
      verdict.evidence += fmt::format("; tasks or records were lost in {} of {} rounds", lossy_,
                                      rounds_.processes.size() + rounds_.threads.size());
    }
  }

  const RoundsOfBothModels& rounds_;
  const EvidenceList& evidence_;
  std::vector<Verdict>& verdicts_;
  std::size_t lossy_;
};

Side fork_side(const RoundsOfBothModels& rounds, const Figure& figure) {
  return {fork_label, figures(rounds.processes, figure)};
}

Side thread_side(const RoundsOfBothModels& rounds, const Figure& figure) {
  return {thread_label, figures(rounds.threads, figure)};
}

// The medians beside the exact ruling.
void show_sides(Verdict& verdict, const Side& left, const Side& right) {
  verdict.left_label = left.label;
  verdict.right_label = right.label;
  verdict.left = left.rounds.empty() ? std::nullopt : std::optional(median(left.rounds));
  verdict.right = right.rounds.empty() ? std::nullopt : std::optional(median(right.rounds));
}

void judge_new_memory(Judge& judge, const RoundsOfBothModels& rounds) {
  const bool both = !rounds.processes.empty() && !rounds.threads.empty();
  const Cases cases = both ? new_memory(rounds.processes) + new_memory(rounds.threads) : Cases{};
  Verdict& verdict = judge.structure("cost.new-memory", "page_table_bytes", cases,
                                     std::min(rounds.processes.size(), rounds.threads.size()));
  show_sides(verdict, fork_side(rounds, &page_tables_of), thread_side(rounds, &page_tables_of));
}

void judge_creation(Judge& judge, const RoundsOfBothModels& rounds) {
  judge.ratio("cost.creation", "creation",
              fork_side(rounds, [](const Round& round) { return creation_of(round, TC_CREATION_FORK); }),
              thread_side(rounds, [](const Round& round) { return creation_of(round, TC_CREATION_THREAD); }));
}

}  // namespace

Findings findings_of_create(const RoundsOfBothModels& rounds, const EvidenceList& evidence) {
  Findings findings;
  Judge judge(rounds, evidence, findings.verdicts);
  const std::size_t processes = rounds.processes.size();
  const std::size_t threads = rounds.threads.size();
  judge.structure("definition.own-memory", "ledger", own_memory(rounds.processes), processes);
  judge.structure("definition.main-thread", "ledger", main_thread(rounds.processes) + main_thread(rounds.threads),
                  processes + threads);
  judge.structure("definition.many-threads", "ledger", many_threads(rounds.threads), threads);
  judge.structure("definition.thread-shares", "ledger", thread_shares(rounds.threads), threads);
  judge_creation(judge, rounds);
  judge_new_memory(judge, rounds);
  findings.comparisons.push_back(side_by_side_of_create(rounds));
  return findings;
}

Findings findings_of_switch(const RoundsOfBothModels& rounds, const EvidenceList& evidence) {
  Findings findings;
  Judge judge(rounds, evidence, findings.verdicts);
  judge.ratio("cost.switch", "switch_latency", {process_label, figures(rounds.processes, &latency_across)},
              {thread_label, figures(rounds.threads, &latency_within)});
  findings.comparisons.push_back(side_by_side_of_switch(rounds));
  return findings;
}

}  // namespace taskcost
