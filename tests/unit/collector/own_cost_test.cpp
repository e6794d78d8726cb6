// SPDX-License-Identifier: Apache-2.0
#include "collector/own_cost.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

#include "collector/clocks.h"
#include "collector/ended_tasks.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

Account account_with(std::uint64_t syscalls, std::uint64_t switches, std::uint64_t wakeups, Duration running = {}) {
  Account account = empty_account();
  account.counters[TC_COUNTER_SYSCALLS] = syscalls;
  account.counters[TC_COUNTER_VOLUNTARY_SWITCHES] = switches;
  account.counters[TC_COUNTER_INVOLUNTARY_SWITCHES] = 1;
  account.counters[TC_COUNTER_FAULTS_TIMED] = 3;
  account.counters[TC_COUNTER_WAKEUPS] = wakeups;
  account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = running;
  return account;
}

TEST(OwnCost, BothEndsOfAnIntervalAreTransitions) {
  EXPECT_EQ(count_transitions(account_with(10, 5, 4)), 2U * (10 + 3 + 5 + 1) + 4U);
  Account unknown = account_with(10, 5, 4);
  unknown.counters[TC_COUNTER_FAULTS_TIMED] = std::nullopt;
  EXPECT_EQ(count_transitions(unknown), 2U * (10 + 5 + 1) + 4U) << "what is not counted adds nothing";
}

// A call has two transitions.
TEST(OwnCost, ATransitionCostsHalfOfWhatACallGetsSlower) {
  OwnCost cost(Instant(1s));
  EXPECT_FALSE(cost.per_transition());
  cost.calibrate({100ns, 400ns}, CallTimes{300ns, 1000ns});
  EXPECT_EQ(cost.per_transition(), 100ns);
  EXPECT_EQ(cost.calibration().per_transition_cold, 300ns);
  cost.calibrate({100ns, 400ns}, CallTimes{300ns, 410ns});
  EXPECT_EQ(cost.calibration().per_transition_cold, 100ns) << "cold calls are not cheaper than warm ones";
}

TEST(OwnCost, ACalibrationThatSaysNothingIsNoneAtAll) {
  OwnCost cost(Instant(1s));
  cost.calibrate({100ns, 400ns}, std::nullopt);
  EXPECT_FALSE(cost.per_transition());
  cost.calibrate({100ns, 400ns}, CallTimes{100ns, 900ns});
  EXPECT_FALSE(cost.per_transition()) << "a probe does not cost nothing";
  cost.open_window(Instant(2s));
  cost.close_window();
  Session session;
  session.start = Instant(2s);
  session.end = Instant(3s);
  session.totals = account_with(10, 5, 4, 1s);
  const Observer summary = cost.summary(session, {}, std::nullopt);
  EXPECT_EQ(summary.share_of_wall, std::nullopt);
  EXPECT_EQ(summary.share_of_cpu, std::nullopt);
  EXPECT_EQ(summary.share_of_cpu_cold, std::nullopt);
  EXPECT_EQ(summary.transitions, 42U);
}

TEST(OwnCost, SharesAreOfTheWindowAndOfTheTasks) {
  OwnCost cost(Instant(1s));
  cost.calibrate({100ns, 100ns}, CallTimes{300ns, 1'100ns});
  cost.open_window(Instant(1s + 250ms));
  cost.open_window(Instant(9s));
  cost.close_window();
  Session session;
  session.start = Instant(9s);
  session.end = Instant(10s);
  session.totals = account_with(10, 5, 4, 20us);         // 42 transitions
  session.kernel_totals = account_with(0, 50, 0, 10us);  // 108 transitions
  const Observer summary = cost.summary(session, std::vector<ProbeCost>(2), 5us);
  EXPECT_EQ(summary.attach_time, 250ms) << "until the first window";
  EXPECT_EQ(summary.probes.size(), 2U);
  EXPECT_EQ(summary.transitions, 150U);
  EXPECT_EQ(summary.stack_time, 5us);
  ASSERT_TRUE(summary.userspace_cpu && summary.share_of_wall && summary.share_of_cpu);
  const Duration of_tasks = 150 * 100ns + 5us;
  EXPECT_DOUBLE_EQ(*summary.share_of_wall, in_ns(of_tasks + *summary.userspace_cpu) / in_ns(1s));
  EXPECT_DOUBLE_EQ(*summary.share_of_cpu, in_ns(of_tasks) / in_ns(30us));
  EXPECT_EQ(summary.share_of_cpu_cold, std::nullopt) << "80 us of 30 us would be more than all";
}

// Another clock has the CPU time of this process as well.
TEST(OwnCost, TheWindowHasTheCpuTimeOfThisProcess) {
  const auto cpu_clock = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return Duration(std::chrono::seconds(time.tv_sec)) + std::chrono::nanoseconds(time.tv_nsec);
  };
  OwnCost cost(Instant(1s));
  cost.open_window(Instant(1s));
  const Duration before = cpu_clock();
  while (cpu_clock() - before < 20ms) {
  }
  EXPECT_GE(cost.cpu_so_far(), 10ms) << "less two ticks of rounding";
  cost.close_window();
  Session session;
  session.end = Instant(1s);
  EXPECT_LE(cost.summary(session, {}, std::nullopt).userspace_cpu.value_or(Duration::max()), cpu_clock());
}

TEST(Clocks, OneAnchorHasAllClocks) {
  const std::uint64_t before = now_ns();
  const ClockAnchor anchor = read_clocks();
  const std::uint64_t after = now_ns();
  EXPECT_LE(before, anchor.monotonic_ns);
  EXPECT_LE(anchor.monotonic_ns, after);
  EXPECT_EQ(to_instant(anchor), instant(anchor.monotonic_ns));
  EXPECT_GE(anchor.boottime_ns, anchor.monotonic_ns - (after - before)) << "it has the time of sleep besides";
  EXPECT_GE(std::time(nullptr), static_cast<std::time_t>(anchor.realtime_ns / 1'000'000'000 - 1));
}

TEST(Clocks, StealTimeNeverGoesBack) {
  const auto first = steal_time();
  const auto second = steal_time();
  ASSERT_EQ(first.has_value(), second.has_value());
  if (first) {
    EXPECT_GE(*first, Duration::zero());
    EXPECT_GE(*second, *first);
  }
}

Glance::Task ended_task(std::uint64_t id, std::uint64_t syscalls) {
  Glance::Task task;
  task.id = id;
  task.comm = "worker";
  task.account = account_with(syscalls, 0, 0, 1us);
  return task;
}

TEST(EndedTasks, AreTakenOnceAndTheirTransitionsCountForGood) {
  EndedTasks ended;
  EXPECT_FALSE(ended.wanted());
  EXPECT_TRUE(ended.take().tasks.empty());
  EXPECT_TRUE(ended.wanted());
  ended.keep(ended_task(7, 10));
  const auto taken = ended.take();
  ASSERT_EQ(taken.tasks.size(), 1U);
  EXPECT_EQ(taken.tasks[0].id, 7U);
  EXPECT_EQ(taken.transitions, count_transitions(taken.tasks[0].account));
  const auto later = ended.take();
  EXPECT_TRUE(later.tasks.empty());
  EXPECT_EQ(later.transitions, taken.transitions);
}

// The live view may be slow, and a machine may end millions of tasks.
TEST(EndedTasks, TooManyAreSummedUp) {
  EndedTasks ended;
  constexpr std::uint64_t kept = 4096;
  constexpr std::uint64_t more = 100;
  std::uint64_t syscalls = 0;
  for (std::uint64_t i = 0; i < kept + more; ++i) {
    ended.keep(ended_task(i + 1, i));
    syscalls += i;
  }
  const auto taken = ended.take();
  ASSERT_EQ(taken.tasks.size(), kept);
  EXPECT_EQ(taken.tasks.back().comm, "(others)");
  EXPECT_EQ(taken.tasks[kept - 2].comm, "worker");
  Account sum = empty_account();
  for (const Glance::Task& task : taken.tasks) {
    add(sum, task.account);
  }
  EXPECT_EQ(sum.counters[TC_COUNTER_SYSCALLS], syscalls);
  EXPECT_EQ(sum.total(TC_CONDITION_RUNNING), Duration(1us) * (kept + more));
  EXPECT_EQ(taken.transitions, count_transitions(sum));
}

}  // namespace
}  // namespace taskcost
