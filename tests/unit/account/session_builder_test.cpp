// SPDX-License-Identifier: Apache-2.0
// Tests what becomes of a ledger, one task after another.
#include "account/session_builder.h"

#include <gtest/gtest.h>

#include "support/ledger_builder.h"
#include "support/session.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::everything_measured;
using test::finish;
using test::ledger;
using test::LedgerBuilder;
using test::only_task;

Session session_of(const tc_ledger& one, std::chrono::nanoseconds end,
                   const SessionBuilder::Options& options = everything_measured()) {
  SessionBuilder builder(options);
  builder.on_ledger(one);
  return finish(builder, end);
}

Duration cell(const Account& account, tc_activity activity, tc_condition condition) {
  return account.cells[activity][condition];
}

TEST(SessionBuilder, WithoutLedgersIsAnEmptySession) {
  SessionBuilder builder(everything_measured());
  const Session session = finish(builder, 1s);
  EXPECT_TRUE(session.processes.empty());
  EXPECT_EQ(session.task_count, 0U);
  EXPECT_EQ(session.totals.lifetime, 0ns);
  EXPECT_EQ(session.totals.counters[TC_COUNTER_SYSCALLS], 0U);
  EXPECT_TRUE(session.totals.task_stats);
}

TEST(SessionBuilder, AnEndedTaskClosesItsAccount) {
  const Session session = session_of(ledger(1)
                                         .named("worker")
                                         .born_at(10us)
                                         .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 60us)
                                         .cell(TC_ACTIVITY_FUTEX, TC_CONDITION_BLOCKED, 30us)
                                         .entered(TC_ACTIVITY_FUTEX, 2)
                                         .counted(TC_COUNTER_SYSCALLS, 5)
                                         .used(TC_CHANNEL_PIPE, {3, 10, 20, 400})
                                         .ended_at(100us),
                                     1ms);
  const Task& task = only_task(session);
  EXPECT_EQ(task.comm, "worker");
  EXPECT_EQ(task.tid, 1001U);
  EXPECT_TRUE(task.leader);
  EXPECT_EQ(task.origin, TaskOrigin::fork);
  EXPECT_EQ(task.start, Instant{10us});
  EXPECT_EQ(task.end, Instant{100us});
  EXPECT_FALSE(task.open_at_start);
  EXPECT_FALSE(task.open_at_end);
  EXPECT_EQ(task.account->lifetime, 90us);
  EXPECT_EQ(task.account->residual(), 0us);
  EXPECT_EQ(cell(task.account, TC_ACTIVITY_FUTEX, TC_CONDITION_BLOCKED), 30us);
  EXPECT_EQ(task.account->entries[TC_ACTIVITY_FUTEX], 2U);
  EXPECT_EQ(task.account->counters[TC_COUNTER_SYSCALLS], 5U);
  EXPECT_EQ(task.account->channels[TC_CHANNEL_PIPE]->kernel, 400ns);
  EXPECT_EQ(session.totals.lifetime, 90us);
  EXPECT_EQ(session.totals.cells, task.account->cells);
}

// If some calls of a channel lack their bytes, their sum is unknown, in the account of the task and in the totals.
TEST(SessionBuilder, BytesThatAreNotKnownAreNotZero) {
  const Session session = session_of(ledger(1)
                                         .used(TC_CHANNEL_UNIX_SOCKET, {3, 10, 20, 400})
                                         .used(TC_CHANNEL_PIPE, {1, 5, 0, 100})
                                         .uncounted(TC_CHANNEL_UNIX_SOCKET, 2)
                                         .ended_at(100us),
                                     1ms);
  for (const Account& account : {Account(only_task(session).account), session.totals}) {
    EXPECT_EQ(account.channels[TC_CHANNEL_UNIX_SOCKET]->calls, 3U);
    EXPECT_EQ(account.channels[TC_CHANNEL_UNIX_SOCKET]->uncounted, 2U);
    EXPECT_EQ(account.channels[TC_CHANNEL_UNIX_SOCKET]->received(), std::nullopt);
    EXPECT_EQ(account.channels[TC_CHANNEL_UNIX_SOCKET]->sent(), std::nullopt);
    EXPECT_EQ(account.channels[TC_CHANNEL_PIPE]->received(), 5U);
    EXPECT_EQ(account.channels[TC_CHANNEL_PIPE]->sent(), 0U);
  }
}

TEST(SessionBuilder, ALivingTaskIsClosedAtTheEndOfTheWindow) {
  const Task task = only_task(session_of(ledger(1)
                                             .adopted_at(10us)
                                             .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 30us)
                                             .still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 40us),
                                         100us));
  EXPECT_TRUE(task.open_at_start);
  EXPECT_TRUE(task.open_at_end);
  EXPECT_EQ(task.origin, TaskOrigin::attached);
  EXPECT_EQ(task.end, Instant{100us});
  EXPECT_EQ(task.account->lifetime, 90us);
  EXPECT_EQ(cell(task.account, TC_ACTIVITY_USER, TC_CONDITION_RUNNING), 90us);
  EXPECT_EQ(task.account->residual(), 0us);
}

TEST(SessionBuilder, ASleeperThatWasWokenSplitsItsOpenInterval) {
  const auto sleeper = [](std::chrono::nanoseconds woken) {
    return only_task(
               session_of(ledger(1).born_at(40us).still(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 40us).woken_at(woken),
                          100us))
        .account;
  };
  const Account woken = sleeper(70us);
  EXPECT_EQ(cell(woken, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED), 30us);
  EXPECT_EQ(cell(woken, TC_ACTIVITY_SLEEP, TC_CONDITION_RUNNABLE), 30us);
  EXPECT_EQ(woken.residual(), 0us);
  EXPECT_EQ(cell(sleeper(0us), TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED), 60us) << "never woken";
  EXPECT_EQ(cell(sleeper(40us), TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED), 60us) << "woken for an earlier sleep";
  EXPECT_EQ(cell(sleeper(101us), TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED), 60us) << "woken after the window";
  EXPECT_EQ(cell(sleeper(100us), TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED), 60us) << "woken at its very end";
}

// It adds to the time and to the count, so that no mean is longer than the window.
TEST(SessionBuilder, AWaitThatHasNotEndedIsCounted) {
  const auto waits = [](std::chrono::nanoseconds woken) {
    return only_task(session_of(ledger(1)
                                    .born_at(0us)
                                    .waited(TC_WAIT_OTHER, 1, 30us)
                                    .cell(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 30us)
                                    .waits_for(TC_WAIT_OTHER)
                                    .still(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 30us)
                                    .woken_at(woken),
                                100us))
        .account->waits[TC_WAIT_OTHER];
  };
  EXPECT_EQ(waits(0us).count, 2U);
  EXPECT_EQ(waits(0us).open, 1U);
  EXPECT_EQ(waits(0us).ended(), 1U);
  EXPECT_EQ(waits(0us).blocked, 100us);
  EXPECT_EQ(waits(70us).count, 2U) << "woken, and not yet on a CPU";
  EXPECT_EQ(waits(70us).blocked, 70us);
  // A wait that begins at the end of the window takes no time in it.
  const WaitSums none = only_task(session_of(ledger(1)
                                                 .born_at(0us)
                                                 .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 100us)
                                                 .waits_for(TC_WAIT_OTHER)
                                                 .still(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 100us),
                                             100us))
                            .account->waits[TC_WAIT_OTHER];
  EXPECT_EQ(none.count + none.open, 0U);
}

TEST(SessionBuilder, ATaskAheadOfTheWindowEndsWhereItIs) {
  const Task task = only_task(session_of(ledger(1)
                                             .born_at(0us)
                                             .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 101us)
                                             .still(TC_ACTIVITY_PIPE, TC_CONDITION_RUNNING, 101us),
                                         100us));
  EXPECT_EQ(task.end, Instant{101us});
  EXPECT_EQ(task.account->residual(), 0us);
}

TEST(SessionBuilder, AFaultThatTheWindowInterruptsIsPageFaultTime) {
  const Account account = only_task(session_of(ledger(1)
                                                   .born_at(0us)
                                                   .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 50us)
                                                   .cell(TC_ROW_FAULT_PENDING, TC_CONDITION_RUNNING, 10us)
                                                   .interrupted(TC_ACTIVITY_USER)
                                                   .still(TC_ROW_FAULT_PENDING, TC_CONDITION_BLOCKED, 60us),
                                               100us))
                              .account;
  EXPECT_EQ(cell(account, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING), 10us);
  EXPECT_EQ(cell(account, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_BLOCKED), 40us);
  EXPECT_EQ(account.entries[TC_ACTIVITY_PAGE_FAULT], 0U) << "not resolved, so not counted";
  EXPECT_EQ(account.residual(), 0us);
}

TEST(SessionBuilder, AFaultThatTheEndOfItsTaskInterruptsBelongsToWhatItBroke) {
  const Account account = only_task(session_of(ledger(1)
                                                   .born_at(0us)
                                                   .cell(TC_ACTIVITY_FILE, TC_CONDITION_RUNNING, 50us)
                                                   .cell(TC_ROW_FAULT_PENDING, TC_CONDITION_RUNNING, 10us)
                                                   .interrupted(TC_ACTIVITY_FILE)
                                                   .ended_at(60us),
                                               100us))
                              .account;
  EXPECT_EQ(cell(account, TC_ACTIVITY_FILE, TC_CONDITION_RUNNING), 60us);
  EXPECT_EQ(cell(account, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING), 0us);
}

TEST(SessionBuilder, CountersWithoutASourceAreUnknown) {
  auto options = everything_measured();
  options.measured[TC_COUNTER_TLB_FLUSHES_ON_SWITCH] = false;
  const Session session =
      session_of(ledger(1).counted(TC_COUNTER_MIGRATIONS, 0).born_at(1us).ended_at(2us), 3us, options);
  EXPECT_FALSE(only_task(session).account->counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH]);
  EXPECT_EQ(only_task(session).account->counters[TC_COUNTER_MIGRATIONS], 0U);
  EXPECT_FALSE(session.totals.counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH]);
}

tc_task_stats task_stats(std::uint64_t nvcsw, std::uint64_t nivcsw, std::uint64_t min_flt, std::uint64_t maj_flt) {
  return {nvcsw, nivcsw, min_flt, maj_flt, 0, 0, 0};
}

TEST(SessionBuilder, FaultsAreCountedByTheKernelAndTimedByTheProbes) {
  auto one =
      ledger(1).born_at(1us).counted(TC_COUNTER_FAULTS_MINOR, 40).counted(TC_COUNTER_FAULTS_MAJOR, 2).ended_at(2us);
  const auto counters_with = [&one](bool latency) {
    auto options = everything_measured();
    options.fault_latency = latency;
    return only_task(session_of(one, 3us, options)).account->counters;
  };
  EXPECT_EQ(counters_with(true)[TC_COUNTER_FAULTS_MINOR], 40U) << "no task stats: what the probes saw";
  EXPECT_FALSE(counters_with(false)[TC_COUNTER_FAULTS_MINOR]);
  EXPECT_FALSE(counters_with(false)[TC_COUNTER_FAULTS_MAJOR]);

  one.task_stats(task_stats(0, 0, 100, 1), task_stats(0, 0, 150, 4));
  EXPECT_EQ(counters_with(true)[TC_COUNTER_FAULTS_MINOR], 50U);
  EXPECT_EQ(counters_with(true)[TC_COUNTER_FAULTS_MAJOR], 3U);
  EXPECT_EQ(counters_with(true)[TC_COUNTER_FAULTS_TIMED], 42U);
  EXPECT_FALSE(counters_with(false)[TC_COUNTER_FAULTS_TIMED]);
  EXPECT_EQ(counters_with(false)[TC_COUNTER_FAULTS_MINOR], 50U);
}

TEST(SessionBuilder, WithoutProbesEntriesIntoFaultsAreNotCounted) {
  auto options = everything_measured();
  const auto entries = [&options] {
    const auto one = ledger(1).born_at(1us).entered(TC_ACTIVITY_PAGE_FAULT, 7).ended_at(2us);
    return only_task(session_of(one, 3us, options)).account->entries[TC_ACTIVITY_PAGE_FAULT];
  };
  EXPECT_EQ(entries(), 7U);
  options.calls = false;
  EXPECT_EQ(entries(), 7U);
  options.fault_latency = false;
  EXPECT_FALSE(entries());
}

TEST(SessionBuilder, TaskStatsAreThoseOfTheWindow) {
  const Session session =
      session_of(ledger(1)
                     .adopted_at(1us)
                     .task_stats({10, 20, 30, 40, 5000, 6000, 7000}, {11, 22, 33, 44, 5005, 6006, 7007})
                     .ended_at(2us),
                 3us);
  const auto found = only_task(session).account->task_stats;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->voluntary_switches, 1U);
  EXPECT_EQ(found->involuntary_switches, 2U);
  EXPECT_EQ(found->faults_minor, 3U);
  EXPECT_EQ(found->faults_major, 4U);
  EXPECT_EQ(found->cpu_time, 5ns);
  EXPECT_EQ(found->user_time, 6ns);
  EXPECT_EQ(found->system_time, 7ns);
  EXPECT_EQ(session.totals.task_stats->cpu_time, 5ns);
}

TEST(SessionBuilder, TheSumLacksTaskStatsWhenATaskExitedWithoutThem) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).born_at(1us).task_stats({}, {}).ended_at(2us));
  builder.on_ledger(ledger(2).born_at(1us).ended_at(2us));
  const Session session = finish(builder, 3us);
  EXPECT_TRUE(session.processes[0].tasks[0].account->task_stats);
  EXPECT_FALSE(session.processes[1].tasks[0].account->task_stats);
  EXPECT_FALSE(session.totals.task_stats);
}

TEST(SessionBuilder, SwitchesThatOnlyTheKernelCountedAreALoss) {
  SessionBuilder builder(everything_measured());
  const auto switched = [](std::uint64_t id, std::uint64_t counted) {
    return ledger(id)
        .born_at(1us)
        .counted(TC_COUNTER_VOLUNTARY_SWITCHES, counted)
        .counted(TC_COUNTER_INVOLUNTARY_SWITCHES, 1)
        .task_stats({}, task_stats(10, 1, 0, 0));
  };
  builder.on_ledger(switched(1, 7).ended_at(2us));
  builder.on_ledger(switched(2, 12).ended_at(2us));                 // more than nvcsw and nivcsw: no negative loss
  builder.on_ledger(switched(3, 0).adopted_at(1us).ended_at(2us));  // may have switched during its adoption
  builder.on_ledger(switched(4, 0));                                // may switch while its task stats are read
  builder.on_ledger(ledger(5).born_at(1us).ended_at(2us));          // no task stats
  const Session session = builder.finish(Instant{}, Instant{3us}, {}, 9);
  EXPECT_EQ(session.losses.missed_switches, 3U);
  EXPECT_EQ(session.losses.skipped_probes, 9U);
}

TEST(SessionBuilder, TimesTheStepsOfACreation) {
  const Task task = only_task(session_of(
      ledger(1).born_at(99us).copied_in(25us).published(100us, 104us).first_ran_at(111us).ended_at(500us), 1ms));
  EXPECT_EQ(task.copy, 25us);
  EXPECT_EQ(task.publish, 4us);
  EXPECT_EQ(task.child_start, 7us);
}

TEST(SessionBuilder, ReportsWhereATaskStarted) {
  const auto started = [](std::uint32_t flags) {
    return only_task(session_of(ledger(1).born_at(1us).first_ran_at(2us).flag(flags).ended_at(9us), 9us))
        .started_elsewhere;
  };
  EXPECT_EQ(started(TC_LEDGER_START_SEEN), false);
  EXPECT_EQ(started(TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE), true);
  EXPECT_EQ(started(0), std::nullopt) << "its first switch-in was not seen";
}

TEST(SessionBuilder, UnseenStepsOfACreationAreUnknown) {
  const Task adopted = only_task(session_of(ledger(1).adopted_at(1us).first_ran_at(1us).ended_at(2us), 3us));
  EXPECT_FALSE(adopted.copy);
  EXPECT_FALSE(adopted.publish);
  EXPECT_FALSE(adopted.child_start);
  const Task launched = only_task(session_of(ledger(1).launched().born_at(1us).published(2us, 3us).ended_at(9us), 9us));
  EXPECT_FALSE(launched.copy) << "its creator is not observed";
  EXPECT_EQ(launched.publish, 1us);
}

TEST(SessionBuilder, TimesTheStepsOfAnExit) {
  const auto end_of = [](LedgerBuilder builder) { return only_task(session_of(builder, 1ms)); };
  const Task ended = end_of(ledger(1).born_at(1us).began_exit_at(80us).tore_down_at(95us).ended_at(100us));
  EXPECT_EQ(ended.exit, 20us);
  EXPECT_EQ(ended.exit_teardown, 15us);
  EXPECT_FALSE(end_of(ledger(1).born_at(1us).began_exit_at(80us).ended_at(100us)).exit_teardown);
  EXPECT_FALSE(end_of(ledger(1).born_at(1us).began_exit_at(80us)).exit) << "still exiting";
  EXPECT_FALSE(end_of(ledger(1).adopted_at(80us).began_exit_at(80us).ended_at(100us)).exit)
      << "adopted in the middle of it";
}

TEST(SessionBuilder, TimesTheStepsOfAnExec) {
  auto options = everything_measured();
  const auto shell = ledger(1).born_at(1us).ran_exec(2, 10us, 20us, 3us).ended_at(100us);
  const Task task = only_task(session_of(shell, 1ms, options));
  EXPECT_EQ(task.execs, 2U);
  EXPECT_EQ(task.exec_prepare, 10us);
  EXPECT_EQ(task.exec_replace, 20us);
  EXPECT_EQ(task.exec_return, 3us);

  options.exec_prepare = false;
  EXPECT_FALSE(only_task(session_of(shell, 1ms, options)).exec_prepare);
  const Task without = only_task(session_of(ledger(1).born_at(1us).ended_at(2us), 1ms));
  EXPECT_EQ(without.execs, 0U);
  EXPECT_FALSE(without.exec_replace);
}

LedgerBuilder child(std::uint64_t id, tc_creation kind, std::chrono::nanoseconds start) {
  return ledger(id)
      .child_of(1)
      .created_as(kind)
      .born_at(5us)
      .published(5us, 6us)
      .first_ran_at(6us + start)
      .ended_at(50us);
}

TEST(SessionBuilder, CreatorsLearnFromTheirChildrenHowLongTheirStartTook) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(child(2, TC_CREATION_FORK, 10us));
  builder.on_ledger(child(3, TC_CREATION_FORK, 20us));
  builder.on_ledger(child(4, TC_CREATION_VFORK, 1us));
  builder.on_ledger(ledger(1).born_at(1us).created(TC_CREATION_FORK, {3, 30'000, 6'000, 4'000, 2, 0}).ended_at(60us));
  builder.on_ledger(child(5, TC_CREATION_FORK, 30us));  // outlived its creator
  const Session session = finish(builder, 1ms);
  const Account& creator = session.processes[0].tasks[0].account;
  const CreationSums& forks = creator.creations[TC_CREATION_FORK];
  EXPECT_EQ(forks.count, 3U);
  EXPECT_EQ(forks.copy, 30us);
  EXPECT_EQ(forks.publish, 6us);
  EXPECT_EQ(forks.returned, 4us);
  EXPECT_EQ(forks.returns, 2U);
  EXPECT_EQ(forks.starts, 3U);
  EXPECT_EQ(forks.child_start, 60us);
  EXPECT_EQ(creator.creations[TC_CREATION_VFORK].child_start, 1us);
  EXPECT_EQ(session.totals.creations[TC_CREATION_FORK].starts, 3U);
  EXPECT_EQ(session.totals.creations[TC_CREATION_FORK].child_start, 60us);
  EXPECT_EQ(session.totals.creations[TC_CREATION_FORK].count, 3U);
}

TEST(SessionBuilder, ALivingCreatorLearnsFromLivingChildrenToo) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).adopted_at(1us).still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 1us));
  builder.on_ledger(ledger(2).child_of(1).born_at(5us).published(5us, 6us).first_ran_at(9us).still(
      TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 9us));
  const Session session = finish(builder, 1ms);
  EXPECT_EQ(session.processes[0].tasks[0].account->creations[TC_CREATION_FORK].child_start, 3us);
}

TEST(SessionBuilder, LatenciesOfCreationAndExitBecomeHistograms) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(child(2, TC_CREATION_FORK, 10us).copied_in(30us).began_exit_at(45us));
  builder.on_ledger(child(3, TC_CREATION_SPAWN, 20us).copied_in(7us).began_exit_at(49us));
  builder.on_ledger(child(4, TC_CREATION_FORK, 20us));  // no probe saw the start of its copy
  const Session session = finish(builder, 1ms);
  EXPECT_EQ(session.histograms.at("creation").count(), 2U);
  EXPECT_EQ(session.histograms.at("creation").sum(), 39us);
  EXPECT_EQ(session.histograms.at("creation_fork").sum(), 31us);
  EXPECT_EQ(session.histograms.at("creation_spawn").sum(), 8us);
  EXPECT_EQ(session.histograms.at("creation_thread").count(), 0U);
  EXPECT_EQ(session.histograms.at("child_start").sum(), 50us);
  EXPECT_EQ(session.histograms.at("exit").count(), 2U);
  EXPECT_EQ(session.histograms.at("exit").sum(), 6us);
}

TEST(SessionBuilder, KernelHistogramsOfAllCpusAreMerged) {
  tc_histogram raw{};
  raw.buckets[tc_bucket_of(100)] = 1;
  raw.sum_ns = raw.max_ns = 100;
  raw.min_ns_inverted = ~std::uint64_t{100};
  SessionBuilder builder(everything_measured());
  builder.on_histogram(TC_HISTOGRAM_RUN_QUEUE, raw);
  builder.on_histogram(TC_HISTOGRAM_RUN_QUEUE, raw);
  builder.on_histogram(TC_HISTOGRAM_EXEC, tc_histogram{});
  const Session session = finish(builder, 1ms);
  EXPECT_EQ(session.histograms.at("run_queue").count(), 2U);
  EXPECT_EQ(session.histograms.at("exec").count(), 0U) << "measured, and none";
}

TEST(SessionBuilder, HistogramsWithoutASourceAreAbsent) {
  auto options = everything_measured();
  options.fault_latency = false;
  options.switch_latency = false;
  SessionBuilder builder(options);
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    builder.on_histogram(static_cast<tc_histogram_id>(id), tc_histogram{});
  }
  const Session session = finish(builder, 1ms);
  for (const char* absent : {"fault_minor", "fault_major", "fault_cow", "switch_same", "switch_other"}) {
    EXPECT_FALSE(session.histograms.contains(absent)) << absent;
  }
  EXPECT_TRUE(session.histograms.contains("run_queue"));
  EXPECT_TRUE(session.histograms.contains("exec"));
}

TEST(SessionBuilder, ASnapshotOfATaskThatEndedMeanwhileIsIgnored) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).born_at(1us).ended_at(2us));
  builder.on_ledger(ledger(1).born_at(1us));
  EXPECT_EQ(finish(builder, 3us).task_count, 1U);
}

}  // namespace
}  // namespace taskcost
