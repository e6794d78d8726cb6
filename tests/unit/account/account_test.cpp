// SPDX-License-Identifier: Apache-2.0
#include "account/account.h"

#include <gtest/gtest.h>

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

Account life_with_a_futex() {
  Account account = empty_account();
  account.lifetime = 100us;
  account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 40us;
  account.cells[TC_ACTIVITY_USER][TC_CONDITION_PREEMPTED] = 5us;
  account.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_RUNNING] = 10us;
  account.cells[TC_ACTIVITY_FUTEX][TC_CONDITION_BLOCKED] = 30us;
  account.cells[TC_ACTIVITY_PAGE_FAULT][TC_CONDITION_RUNNING] = 14us;
  account.entries[TC_ACTIVITY_FUTEX] = 2;
  account.counters[TC_COUNTER_VOLUNTARY_SWITCHES] = 3;
  account.counters[TC_COUNTER_INVOLUNTARY_SWITCHES] = 1;
  account.creations[TC_CREATION_THREAD] = {2, 8us, 2, 2us, 1us, 1, 6us, 2};
  account.channels[TC_CHANNEL_PIPE] = ChannelUse{4, 100, 50, 7us};
  account.task_stats = TaskStats{3, 1, 9, 0, 64us, 60us, 4us};
  return account;
}

TEST(Account, TotalsRunOverRowsAndColumns) {
  const Account account = life_with_a_futex();
  EXPECT_EQ(account.total(), 99us);
  EXPECT_EQ(account.total(TC_ACTIVITY_FUTEX), 40us);
  EXPECT_EQ(account.total(TC_CONDITION_RUNNING), 64us);
  EXPECT_EQ(account.total(TC_CONDITION_RUNNABLE), 0us);
  EXPECT_EQ(account.kernel_running(), 24us);
  EXPECT_EQ(account.switches(), 4U);
}

TEST(Account, TheResidualIsWhatNoCellHolds) {
  Account account = life_with_a_futex();
  EXPECT_EQ(account.residual(), 1us);
  account.cells[TC_ACTIVITY_SLEEP][TC_CONDITION_BLOCKED] = 3us;
  EXPECT_EQ(account.residual(), -2us);
}

TEST(Account, TheEmptyAccountChangesNothing) {
  Account sum = empty_account();
  add(sum, life_with_a_futex());
  const Account one = life_with_a_futex();
  EXPECT_EQ(sum.lifetime, one.lifetime);
  EXPECT_EQ(sum.cells, one.cells);
  EXPECT_EQ(sum.entries, one.entries);
  EXPECT_EQ(sum.counters, one.counters);
  EXPECT_EQ(sum.task_stats->cpu_time, 64us);
}

TEST(Account, SumsEveryFigure) {
  Account sum = life_with_a_futex();
  add(sum, life_with_a_futex());
  EXPECT_EQ(sum.lifetime, 200us);
  EXPECT_EQ(sum.residual(), 2us);
  EXPECT_EQ(sum.entries[TC_ACTIVITY_FUTEX], 4U);
  EXPECT_EQ(sum.switches(), 8U);
  const CreationSums& threads = sum.creations[TC_CREATION_THREAD];
  EXPECT_EQ(threads.count, 4U);
  EXPECT_EQ(threads.copy, 16us);
  EXPECT_EQ(threads.publish, 4us);
  EXPECT_EQ(threads.returned, 2us);
  EXPECT_EQ(threads.returns, 2U);
  EXPECT_EQ(threads.child_start, 12us);
  EXPECT_EQ(threads.starts, 4U);
  const ChannelUse& pipe = *sum.channels[TC_CHANNEL_PIPE];
  EXPECT_EQ(pipe.calls, 8U);
  EXPECT_EQ(pipe.bytes_in, 200U);
  EXPECT_EQ(pipe.bytes_out, 100U);
  EXPECT_EQ(pipe.kernel, 14us);
  ASSERT_TRUE(sum.task_stats);
  EXPECT_EQ(sum.task_stats->voluntary_switches, 6U);
  EXPECT_EQ(sum.task_stats->involuntary_switches, 2U);
  EXPECT_EQ(sum.task_stats->faults_minor, 18U);
  EXPECT_EQ(sum.task_stats->cpu_time, 128us);
  EXPECT_EQ(sum.task_stats->user_time, 120us);
  EXPECT_EQ(sum.task_stats->system_time, 8us);
}

TEST(Account, WhatOneLacksTheSumLacks) {
  Account blind = life_with_a_futex();
  blind.counters[TC_COUNTER_FAULTS_COW].reset();
  blind.task_stats.reset();
  Account sum = life_with_a_futex();
  add(sum, blind);
  EXPECT_FALSE(sum.counters[TC_COUNTER_FAULTS_COW]);
  EXPECT_FALSE(sum.task_stats);
  EXPECT_EQ(sum.counters[TC_COUNTER_SYSCALLS], 0U) << "measured, and none";
  add(sum, life_with_a_futex());
  EXPECT_FALSE(sum.counters[TC_COUNTER_FAULTS_COW]) << "and never gets it back";
}

TEST(Losses, AnyCoversEveryKind) {
  EXPECT_FALSE(Losses{}.any());
  Losses dropped;
  dropped.counts[TC_LOSS_DROPPED_EVENTS] = 1;
  EXPECT_TRUE(dropped.any());
  EXPECT_TRUE((Losses{.counts = {}, .skipped_probes = 1}).any());
  EXPECT_TRUE((Losses{.counts = {}, .missed_switches = 1}).any());
}

}  // namespace
}  // namespace taskcost
