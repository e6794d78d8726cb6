// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "observed_round.h"

namespace taskcost::test {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Optional;

const EvidenceList evidence = {
    {"ledger", "ledger probes", EvidenceKind::exact, "", ""},
    {"creation", "creation probes", EvidenceKind::exact, "", ""},
    {"page_table_bytes", "mm probes", EvidenceKind::exact, "", ""},
    {"switch_latency", "switch probes", EvidenceKind::bound, "fentry was refused", ""},
};

struct RoundsOfBothModels {
  std::vector<Round> processes;
  std::vector<Round> threads;
};

Findings findings_of_create(const RoundsOfBothModels& rounds, const EvidenceList& sources) {
  return findings_of({{"create/fork", rounds.processes}, {"create/thread", rounds.threads}}, sources,
                     {"definition.own-memory", "definition.main-thread", "definition.many-threads",
                      "definition.thread-shares", "cost.creation", "cost.new-memory"});
}

Findings findings_of_switch(const RoundsOfBothModels& rounds, const EvidenceList& sources) {
  return findings_of({{"switch/process", rounds.processes}, {"switch/thread", rounds.threads}}, sources,
                     {"cost.switch"});
}

Verdict verdict_on(const Findings& findings, std::string_view id) {
  const auto found = std::find_if(findings.verdicts.begin(), findings.verdicts.end(),
                                  [id](const Verdict& verdict) { return verdict.id == id; });
  EXPECT_NE(found, findings.verdicts.end()) << id;
  return found == findings.verdicts.end() ? Verdict{} : *found;
}

std::optional<SideBySide::Line> line_of(const Findings& findings, std::string_view name) {
  for (const SideBySide::Line& line : findings.comparisons.at(0).lines) {
    if (line.name == name) {
      return line;
    }
  }
  return std::nullopt;
}

Round fork_round(Duration copy) { return ObservedRound().forks(copy).forks(copy).build(); }
Round thread_round(Duration copy) { return ObservedRound().starts_thread(copy).starts_thread(copy).build(); }

RoundsOfBothModels creations(Duration of_process, Duration of_thread) {
  RoundsOfBothModels rounds;
  for (const Duration noise : {0ns, 10ns, 20ns, 30ns, 40ns, 10ns, 20ns, 30ns, 20ns}) {
    rounds.processes.push_back(fork_round(of_process + noise));
    rounds.threads.push_back(thread_round(of_thread + noise));
  }
  return rounds;
}

// The findings if one round of threads contradicts a claim.
Findings with_thread_round(const ObservedRound& round) {
  RoundsOfBothModels rounds = creations(68us, 9us);
  rounds.threads.push_back(round.build());
  return findings_of_create(rounds, evidence);
}

Findings with_process_round(const ObservedRound& round) {
  RoundsOfBothModels rounds = creations(68us, 9us);
  rounds.processes.push_back(round.build());
  return findings_of_create(rounds, evidence);
}

RoundsOfBothModels hops(Duration of_process, Duration of_thread) {
  RoundsOfBothModels rounds;
  for (const Duration noise : {0ns, 10ns, 20ns, 30ns, 40ns, 10ns, 20ns, 30ns, 20ns}) {
    rounds.processes.push_back(ObservedRound().switches("switch_other", 1000, of_process + noise).build(1000));
    rounds.threads.push_back(ObservedRound().switches("switch_same", 1000, of_thread + noise).build(1000));
  }
  return rounds;
}

TEST(Create, ConfirmsAllClaimsOnWhatTheTextbookSays) {
  const Findings findings = findings_of_create(creations(68us, 9us), evidence);
  EXPECT_EQ(findings.verdicts.size(), 7);
  for (const Verdict& verdict : findings.verdicts) {
    const bool across = verdict.condition == Condition::across_cpus;
    EXPECT_EQ(verdict.ruling, across ? Ruling::not_measurable : Ruling::confirmed)
        << verdict.id << ": " << verdict.meaning;
    EXPECT_FALSE(verdict.evidence.empty()) << verdict.id;
  }
}

TEST(Create, JudgesCreationByCopyAndPublish) {
  const Verdict verdict = verdict_on(findings_of_create(creations(68us, 9us), evidence), "cost.creation");
  EXPECT_THAT(verdict.left, Optional(DoubleEq(69'020)));
  EXPECT_THAT(verdict.right, Optional(DoubleEq(10'020)));
  EXPECT_EQ(verdict.left_label, "process (fork)");
  EXPECT_EQ(verdict.evidence, "creation probes");
  EXPECT_EQ(verdict.rounds, 9);
}

TEST(Create, RefutesWhenThreadsAreDearer) {
  EXPECT_EQ(verdict_on(findings_of_create(creations(9us, 68us), evidence), "cost.creation").ruling, Ruling::refuted);
}

TEST(Create, RefutesWhenBothCostTheSame) {
  const Verdict verdict = verdict_on(findings_of_create(creations(9us, 9us), evidence), "cost.creation");
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.answer, Answer::same);
  EXPECT_THAT(verdict.meaning, EndsWith("the same, within 5 %."));
}

TEST(Create, DividesTheDifferenceByPhase) {
  const Verdict verdict = verdict_on(findings_of_create(creations(68us, 9us), evidence), "cost.creation");
  ASSERT_TRUE(verdict.breakdown);
  ASSERT_EQ(verdict.breakdown->parts.size(), 2);
  EXPECT_EQ(verdict.breakdown->parts[0].name, "copy (system call to task_newtask)");
  EXPECT_DOUBLE_EQ(verdict.breakdown->parts[0].figures.difference, 59'000);
  EXPECT_DOUBLE_EQ(verdict.breakdown->parts[1].figures.difference, 0);
  EXPECT_DOUBLE_EQ(verdict.breakdown->whole.difference, 59'000);
}

TEST(Create, MeasuresNothingWithoutRounds) {
  const Findings findings = findings_of_create({}, evidence);
  EXPECT_EQ(findings.verdicts.size(), 7);
  for (const Verdict& verdict : findings.verdicts) {
    EXPECT_EQ(verdict.ruling, Ruling::not_measurable) << verdict.id;
    EXPECT_THAT(verdict.meaning, testing::StartsWith("Not measured: no round")) << verdict.id;
  }
}

TEST(Create, ProcessInItsParentsMemoryRefutesOwnMemory) {
  ObservedRound round;
  round.forks(68us).last().address_space = 1;
  const Verdict verdict = verdict_on(with_process_round(round), "definition.own-memory");
  EXPECT_EQ(verdict.ruling, Ruling::refuted);
  EXPECT_EQ(verdict.meaning, "Only 18 of 19 new processes had a memory space of their own.");
}

TEST(Create, ProcessWithoutALeaderRefutesMainThread) {
  ObservedRound round;
  round.forks(68us).last().tasks[0].leader = false;
  EXPECT_EQ(verdict_on(with_process_round(round), "definition.main-thread").ruling, Ruling::refuted);
}

TEST(Create, InstantWithoutALivingThreadRefutesMainThread) {
  ObservedRound round;
  round.starts_thread(9us).main().tasks[0].end = Instant(500us);
  EXPECT_EQ(verdict_on(with_thread_round(round), "definition.main-thread").ruling, Ruling::refuted);
}

TEST(Create, LeaderThatEndsFirstDoesNotRefuteMainThread) {
  ObservedRound round;
  round.starts_thread(9us);
  round.main().tasks[0].end = round.main().tasks[1].start;
  round.main().end = round.main().tasks[1].end;
  EXPECT_EQ(verdict_on(with_thread_round(round), "definition.main-thread").ruling, Ruling::confirmed);
}

TEST(Create, ThreadsThatNeverMeetRefuteManyThreads) {
  ObservedRound round;
  round.starts_thread(9us).main().tasks[0].end = Instant(500us);
  EXPECT_EQ(verdict_on(with_thread_round(round), "definition.many-threads").ruling, Ruling::refuted);
}

TEST(Create, ThreadInAMemorySpaceOfItsOwnRefutesSharing) {
  ObservedRound round;
  round.starts_thread(9us, 4096).main().tasks.back().address_space = 99;
  const Findings findings = with_thread_round(round);
  EXPECT_EQ(verdict_on(findings, "definition.thread-shares").ruling, Ruling::refuted);
  EXPECT_EQ(verdict_on(findings, "cost.new-memory").ruling, Ruling::refuted);
}

TEST(Create, ThreadOutsideItsCreatorsProcessRefutesSharing) {
  ObservedRound round;
  round.starts_thread(9us).main().tasks[1].creator = 77;
  EXPECT_EQ(verdict_on(with_thread_round(round), "definition.thread-shares").ruling, Ruling::refuted);
}

TEST(Create, ProcessWithoutPageTablesRefutesNewMemory) {
  EXPECT_EQ(verdict_on(with_process_round(ObservedRound().forks(68us, 0)), "cost.new-memory").ruling, Ruling::refuted);
}

TEST(Create, ShowsHowManyCasesHold) {
  const Verdict verdict = verdict_on(findings_of_create(creations(68us, 9us), evidence), "cost.new-memory");
  EXPECT_THAT(verdict.left, Optional(DoubleEq(36)));
  EXPECT_THAT(verdict.right, Optional(DoubleEq(36)));
  EXPECT_FALSE(verdict.ratio);
}

TEST(Create, NewMemoryNeedsBothModels) {
  RoundsOfBothModels rounds = creations(68us, 9us);
  rounds.threads.clear();
  EXPECT_EQ(verdict_on(findings_of_create(rounds, evidence), "cost.new-memory").ruling, Ruling::not_measurable);
}

TEST(Create, PageTablesThatWereNotMeasuredAreNoEvidence) {
  RoundsOfBothModels rounds = creations(68us, 9us);
  for (auto* model : {&rounds.processes, &rounds.threads}) {
    for (Round& round : *model) {
      for (Process& process : round.session.processes) {
        for (Task& task : process.tasks) {
          task.account->counters[TC_COUNTER_PAGE_TABLE_BYTES] = std::nullopt;
        }
      }
    }
  }
  const EvidenceList denied = {{"page_table_bytes", "", EvidenceKind::unavailable, "the kernel has no such field", ""}};
  const Verdict verdict = verdict_on(findings_of_create(rounds, denied), "cost.new-memory");
  EXPECT_EQ(verdict.ruling, Ruling::not_measurable);
  EXPECT_EQ(verdict.meaning, "Not measured: the kernel has no such field.");
}

TEST(Create, RoundThatLostTasksIsNoCaseButIsMarked) {
  ObservedRound round;
  round.forks(68us).loses(TC_LOSS_DROPPED_EXIT_RECORDS).last().tasks[0].leader = false;
  const Verdict verdict = verdict_on(with_process_round(round), "definition.main-thread");
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_THAT(verdict.evidence, EndsWith("; tasks or records were lost in 1 of 19 rounds"));
}

TEST(Create, RoundsThatAllLostTasksMeasureNothing) {
  RoundsOfBothModels rounds;
  rounds.processes.push_back(ObservedRound().forks(68us).loses(TC_LOSS_MISSED_LEDGERS).build());
  const Verdict verdict = verdict_on(findings_of_create(rounds, evidence), "definition.own-memory");
  EXPECT_EQ(verdict.meaning, "Not measured: tasks or records were lost in all rounds.");
}

TEST(CreateSideBySide, NamesItsSides) {
  const SideBySide sides = findings_of_create(creations(68us, 9us), evidence).comparisons.at(0);
  EXPECT_EQ(sides.workload, "create");
  EXPECT_EQ(sides.left_label, "process (fork)");
  EXPECT_EQ(sides.right_label, "thread");
  EXPECT_EQ(sides.rounds, 9);
}

TEST(CreateSideBySide, HasThePhasesOfALifetime) {
  const Findings findings = findings_of_create(creations(68us, 9us), evidence);
  const auto copy = line_of(findings, "creation: copy");
  ASSERT_TRUE(copy);
  EXPECT_THAT(copy->left, Optional(DoubleEq(68'020)));
  EXPECT_THAT(copy->right, Optional(DoubleEq(9'020)));
  ASSERT_TRUE(copy->ratio);
  EXPECT_THAT(copy->ratio->ratio, DoubleNear(7.54, 0.01));
  EXPECT_THAT(line_of(findings, "creation: publish")->left, Optional(DoubleEq(1000)));
  EXPECT_THAT(line_of(findings, "creation: return to the creator")->left, Optional(DoubleEq(3000)));
  EXPECT_THAT(line_of(findings, "creation: start of the child")->left, Optional(DoubleEq(5000)));
  EXPECT_THAT(line_of(findings, "exit")->left, Optional(DoubleEq(20'000)));
  EXPECT_THAT(line_of(findings, "lifetime of the other tasks")->left, Optional(DoubleEq(100'000)));
}

TEST(CreateSideBySide, CountsPerOperation) {
  const Findings findings = findings_of_create(creations(68us, 9us), evidence);
  const auto bytes = line_of(findings, text_of(TC_COUNTER_PAGE_TABLE_BYTES));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->unit, Unit::bytes);
  EXPECT_THAT(bytes->left, Optional(DoubleEq(4096)));
  EXPECT_THAT(bytes->right, Optional(DoubleEq(0)));
  EXPECT_FALSE(bytes->ratio);
}

TEST(CreateSideBySide, KeepsWhatOneSideLacks) {
  const Findings findings = findings_of_create(creations(68us, 9us), evidence);
  const auto zombie = line_of(findings, "ended, not yet reaped");
  ASSERT_TRUE(zombie);
  EXPECT_THAT(zombie->left, Optional(DoubleEq(30'000)));
  EXPECT_EQ(zombie->right, std::nullopt);
}

TEST(CreateSideBySide, LeavesOutWhatIsZeroButNotWhatIsUnknown) {
  RoundsOfBothModels rounds = creations(68us, 9us);
  for (auto* model : {&rounds.processes, &rounds.threads}) {
    for (Round& round : *model) {
      round.session.totals.counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH] = std::nullopt;
    }
  }
  const Findings findings = findings_of_create(rounds, evidence);
  EXPECT_FALSE(line_of(findings, text_of(TC_COUNTER_MIGRATIONS)));
  EXPECT_FALSE(line_of(findings, "pipe, blocked"));
  const auto unknown = line_of(findings, text_of(TC_COUNTER_TLB_FLUSHES_ON_SWITCH));
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->left, std::nullopt);
  EXPECT_EQ(unknown->right, std::nullopt);
}

TEST(Switch, ConfirmsThatAnotherAddressSpaceIsDearer) {
  const Verdict verdict = verdict_on(findings_of_switch(hops(900ns, 700ns), evidence), "cost.switch");
  EXPECT_EQ(verdict.ruling, Ruling::confirmed);
  EXPECT_EQ(verdict.evidence, "switch probes (a bound)");
  EXPECT_THAT(verdict.meaning, HasSubstr("Switching to another process took 1.2"));
}

TEST(Switch, RefutesTheOpposite) {
  EXPECT_EQ(verdict_on(findings_of_switch(hops(600ns, 900ns), evidence), "cost.switch").ruling, Ruling::refuted);
}

TEST(Switch, RefutesWhenBothCostTheSame) {
  EXPECT_EQ(verdict_on(findings_of_switch(hops(700ns, 700ns), evidence), "cost.switch").ruling, Ruling::refuted);
}

TEST(Switch, IsNotMeasurableWithoutLatencies) {
  RoundsOfBothModels rounds;
  rounds.processes.push_back(ObservedRound().build(1000));
  rounds.threads.push_back(ObservedRound().build(1000));
  const EvidenceList counts = {{"switch_latency", "sched_switch", EvidenceKind::counts, "no hook", "run as root"}};
  const Verdict verdict = verdict_on(findings_of_switch(rounds, counts), "cost.switch");
  EXPECT_EQ(verdict.ruling, Ruling::not_measurable);
  EXPECT_EQ(verdict.meaning, "Not measured: no hook (run as root).");
}

TEST(Switch, TakesNoMedianOfAHandfulOfSwitches) {
  RoundsOfBothModels rounds = hops(900ns, 700ns);
  for (Round& round : rounds.threads) {
    round.session.histograms.clear();
    round.session.histograms["switch_same"].add(700ns);
  }
  EXPECT_EQ(verdict_on(findings_of_switch(rounds, evidence), "cost.switch").ruling, Ruling::not_measurable);
}

TEST(SwitchSideBySide, ShowsBothLatencies) {
  const Findings findings = findings_of_switch(hops(900ns, 700ns), evidence);
  const auto across = line_of(findings, "switch latency, other address space");
  ASSERT_TRUE(across);
  EXPECT_THAT(across->left, Optional(DoubleNear(920, 60)));
  EXPECT_EQ(across->right, std::nullopt);
  const auto within = line_of(findings, "switch latency, same address space");
  ASSERT_TRUE(within);
  EXPECT_THAT(within->right, Optional(DoubleNear(720, 60)));
  EXPECT_EQ(findings.comparisons.at(0).left_label, "process");
}

}  // namespace
}  // namespace taskcost::test
