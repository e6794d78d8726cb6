// SPDX-License-Identifier: Apache-2.0
// Tests every structural claim about sharing, execution and crashes with a round that agrees and one that contradicts.
#include <gtest/gtest.h>

#include <algorithm>

#include <functional>

#include "observed_round.h"
#include "verdict/claim_table.h"

namespace taskcost::test {
namespace {

using Facts = std::map<std::string, double, std::less<>>;

constexpr PerShared<bool> nothing_shared{};
constexpr PerShared<bool> all_shared{true, true, true, true, true, true};

Round with_facts(const ObservedRound& observed, Facts facts) {
  Round round = observed.build(1);
  round.facts = std::move(facts);
  return round;
}

// A child that wrote to 256 pages and changed everything else.
Round shared_round(bool forked, bool seen, std::uint64_t copies, std::uint64_t faults, const PerShared<bool>& shares) {
  ObservedRound observed;
  forked ? observed.forks(60us) : observed.starts_thread(9us);
  Task& worker = forked ? observed.last().tasks[0] : observed.main().tasks.back();
  worker.shares = shares;
  worker.account->counters[TC_COUNTER_FAULTS_COW] = copies;
  worker.account->counters[TC_COUNTER_FAULTS_MINOR] = faults;
  worker.account->counters[TC_COUNTER_SYSCALLS] = 9;
  const double see = seen ? 1 : 0;
  return with_facts(observed, {{"pages", 256},
                               {"pages_seen", seen ? 256 : 0},
                               {"write_seen", see},
                               {"file_seen", see},
                               {"directory_seen", see},
                               {"limit_seen", see},
                               {"handler_seen", see}});
}

Round channel_round(tc_channel channel, std::uint64_t accounted, double sent) {
  ObservedRound observed;
  observed.session().totals.channels[channel] = ChannelUse{10, accounted, accounted, 1us};
  return with_facts(observed, {{"bytes", sent}, {"received_ok", 1}});
}

struct TestSlice {
  bool of_second;
  std::uint32_t cpu;
  Duration start;
  Duration end;
};

// Two threads beside the main task.
Round round_of_slices(std::initializer_list<TestSlice> cpu_slices) {
  ObservedRound observed;
  observed.starts_thread(9us).starts_thread(9us);
  const std::vector<Task>& tasks = observed.main().tasks;
  observed.session().cpu_slices.emplace();
  for (const TestSlice& cpu_slice : cpu_slices) {
    observed.session().cpu_slices->push_back(
        {tasks[cpu_slice.of_second ? 2 : 1].id, cpu_slice.cpu, Instant(cpu_slice.start), Instant(cpu_slice.end)});
  }
  return observed.build(1);
}

Round crash_round(std::uint64_t ended, std::uint64_t ran_on, double survivors, double expected, double turns) {
  ObservedRound observed;
  SignalDeath death;
  death.tasks_ended = ended;
  death.others_ran_on = ran_on;
  observed.session().signal_deaths.push_back(death);
  return with_facts(observed,
                    {{"survivors", survivors}, {"survivors_expected", expected}, {"turns_after", turns}, {"tasks", 4}});
}

Round wild_round(bool harmed) {
  return with_facts(ObservedRound(),
                    {{"neighbour_harmed", harmed ? 1 : 0}, {"survivors", 4}, {"survivors_expected", 4}});
}

struct Case {
  const char* claim;
  const char* variant;
  std::function<Round()> agrees;
  std::function<Round()> contradicts;
};

const std::vector<Case> cases = {
    // NOLINT(cert-err58-cpp)
    {"memory.separate", "share/process", [] { return shared_round(true, false, 256, 300, nothing_shared); },
     [] { return shared_round(true, true, 256, 300, nothing_shared); }},
    {"memory.separate", "share/process", [] { return shared_round(true, false, 256, 300, nothing_shared); },
     [] { return shared_round(true, false, 255, 300, nothing_shared); }},
    {"memory.sharing-needs-ipc", "share/process", [] { return shared_round(true, false, 256, 300, nothing_shared); },
     [] { return shared_round(true, true, 256, 300, nothing_shared); }},
    {"memory.sharing-needs-ipc", "channel/process/pipe", [] { return channel_round(TC_CHANNEL_PIPE, 4096, 4096); },
     [] { return channel_round(TC_CHANNEL_PIPE, 4095, 4096); }},
    {"memory.sharing-needs-ipc", "channel/process/message-queue",
     [] { return channel_round(TC_CHANNEL_MESSAGE_QUEUE, 4096, 4096); },
     [] { return channel_round(TC_CHANNEL_PIPE, 4096, 4096); }},
    {"memory.sharing-needs-ipc", "channel/process/shared-memory",
     [] { return channel_round(TC_CHANNEL_SHARED_MEMORY, 0, 4096); },
     [] { return channel_round(TC_CHANNEL_PIPE, 0, 4096); }},
    {"resources.independent", "share/process", [] { return shared_round(true, false, 256, 300, nothing_shared); },
     [] { return shared_round(true, false, 256, 300, all_shared); }},
    {"resources.independent", "share/process", [] { return shared_round(true, false, 256, 300, nothing_shared); },
     [] { return shared_round(true, true, 256, 300, nothing_shared); }},
    {"resources.shared", "share/thread", [] { return shared_round(false, true, 0, 9, all_shared); },
     [] { return shared_round(false, false, 0, 9, all_shared); }},
    {"resources.shared", "share/thread", [] { return shared_round(false, true, 0, 9, all_shared); },
     [] { return shared_round(false, true, 0, 9, nothing_shared); }},
    {"cost.new-resources", "create/fork", [] { return shared_round(true, false, 0, 9, nothing_shared); },
     [] { return shared_round(true, false, 0, 9, all_shared); }},
    {"cost.thread-reuses", "create/thread", [] { return shared_round(false, true, 0, 9, all_shared); },
     [] { return shared_round(false, true, 0, 9, nothing_shared); }},
    {"execution.one-at-a-time", "cpu-slices/threads",
     [] {
       return round_of_slices({{false, 0, 0us, 10us}, {false, 1, 10us, 20us}});
     },
     [] {
       return round_of_slices({{false, 0, 0us, 10us}, {false, 1, 9us, 20us}});
     }},
    {"bake.serial", "cpu-slices/serial",
     [] {
       return round_of_slices({{false, 0, 0us, 10us}, {false, 1, 12us, 20us}});
     },
     [] {
       return round_of_slices({{false, 0, 0us, 10us}, {true, 1, 12us, 20us}});
     }},
    {"isolation.memory", "crash/process/wild-write", [] { return wild_round(false); }, [] { return wild_round(true); }},
    {"isolation.thread", "crash/thread/wild-write", [] { return wild_round(true); }, [] { return wild_round(false); }},
    {"failure.process", "crash/process/segv", [] { return crash_round(1, 4, 3, 3, 90); },
     [] { return crash_round(1, 4, 2, 3, 90); }},
    {"failure.process", "crash/process/kill", [] { return crash_round(1, 4, 3, 3, 90); },
     [] { return crash_round(1, 1, 3, 3, 90); }},
    {"failure.thread", "crash/thread/abort", [] { return crash_round(5, 1, 0, 0, 0); },
     [] { return crash_round(4, 1, 0, 0, 0); }},
    {"failure.thread", "crash/thread/kill", [] { return crash_round(5, 1, 0, 0, 0); },
     [] { return crash_round(5, 1, 1, 0, 7); }},
};

class StructuralClaim : public ::testing::TestWithParam<Case> {
 protected:
  static Verdict judged(std::vector<Round> rounds) {
    const auto row = std::ranges::find(claim_table(), std::string_view(GetParam().claim),
                                       [](const ClaimRow& each) { return each.claim.id; });
    const EvidenceList evidence = {{std::string(row->evidence), "probes", EvidenceKind::exact, "", ""}};
    return findings_of({{GetParam().variant, std::move(rounds)}}, evidence, {GetParam().claim}).verdicts.at(0);
  }
};

TEST_P(StructuralClaim, IsConfirmedByRoundsThatAgree) {
  const Verdict verdict = judged({GetParam().agrees(), GetParam().agrees()});
  EXPECT_EQ(verdict.ruling, Ruling::confirmed) << verdict.meaning;
}

TEST_P(StructuralClaim, IsRefutedByOneThatContradicts) {
  const Verdict verdict = judged({GetParam().agrees(), GetParam().contradicts()});
  EXPECT_EQ(verdict.ruling, Ruling::refuted) << verdict.meaning;
}

TEST_P(StructuralClaim, IsNotMeasurableWithoutRounds) { EXPECT_EQ(judged({}).ruling, Ruling::not_measurable); }

INSTANTIATE_TEST_SUITE_P(Table, StructuralClaim, ::testing::ValuesIn(cases),
                         [](const auto& each) { return "case_" + std::to_string(each.index); });

// The rounds with writes are compared with rounds without writes.
TEST(SharedMemory, NeedsNoHelpOfTheKernel) {
  const EvidenceList evidence = {{"page_fault_latency", "probes", EvidenceKind::exact, "", ""}};
  const auto ruling = [&](std::uint64_t faults, bool seen) {
    return findings_of({{"share/thread/none", {shared_round(false, false, 0, 9, all_shared)}},
                        {"share/thread", {shared_round(false, seen, 0, faults, all_shared)}}},
                       evidence, {"memory.shared"})
        .verdicts.at(0)
        .ruling;
  };
  EXPECT_EQ(ruling(11, true), Ruling::confirmed);
  EXPECT_EQ(ruling(265, true), Ruling::refuted) << "a fault for every page";
  EXPECT_EQ(ruling(11, false), Ruling::refuted);
}

// A busy machine may not show the parallel run: that is inconclusive.
TEST(Parallel, IsConfirmedBySeeingItOnce) {
  const Round together = round_of_slices({{false, 0, 0us, 10us}, {true, 1, 9us, 20us}});
  const Round in_turn = round_of_slices({{false, 0, 0us, 10us}, {true, 1, 10us, 20us}});
  const Round on_one_cpu = round_of_slices({{false, 0, 0us, 10us}, {true, 0, 9us, 20us}});
  const EvidenceList evidence = {{"cpu_slices", "probes", EvidenceKind::exact, "", ""}};
  const auto ruling = [&](std::vector<Round> rounds) {
    return findings_of({{"cpu-slices/threads", std::move(rounds)}}, evidence, {"execution.parallel"})
        .verdicts.at(0)
        .ruling;
  };
  EXPECT_EQ(ruling({in_turn, together}), Ruling::confirmed);
  EXPECT_EQ(ruling({in_turn, on_one_cpu}), Ruling::inconclusive);
  EXPECT_EQ(ruling({}), Ruling::not_measurable);
}

TEST(Summary, FollowsFromItsClaims) {
  const EvidenceList evidence = {{"ledger", "probes", EvidenceKind::exact, "", ""}};
  const auto summary = [&](const Rounds& rounds) { return findings_of(rounds, evidence, {"summary"}).verdicts.at(0); };
  EXPECT_EQ(summary({}).ruling, Ruling::inconclusive);
  EXPECT_EQ(summary({{"crash/thread/wild-write", {wild_round(false)}}}).ruling, Ruling::inconclusive)
      << "crashes are not in its sentence";
  EXPECT_EQ(summary({{"share/process", {shared_round(true, true, 0, 0, all_shared)}}}).ruling, Ruling::refuted);
}

}  // namespace
}  // namespace taskcost::test
