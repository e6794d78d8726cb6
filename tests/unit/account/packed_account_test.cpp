// SPDX-License-Identifier: Apache-2.0
#include "account/packed_account.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

#include "account/account.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Every figure of an account has a value of its own.
Account full_account() {
  Account account = empty_account();
  std::uint64_t next = 0;
  const auto number = [&next] { return ++next * 0x0101'0101'0101U; };
  const auto time = [&number] { return nanoseconds(number()); };
  account.lifetime = time();
  for (auto& row : account.cells) {
    for (Duration& cell : row) {
      cell = time();
    }
  }
  for (auto& entries : account.entries) {
    entries = number();
  }
  for (auto& counter : account.counters) {
    counter = number();
  }
  for (CreationSums& sums : account.creations) {
    sums = {number(), time(), number(), time(), time(), number(), time(), number(), time()};
  }
  for (auto& channel : account.channels) {
    channel = ChannelUse{number(), number(), number(), time(), number()};
  }
  for (WaitSums& sums : account.waits) {
    sums = {number(), time(), number()};
  }
  account.task_stats = TaskStats{number(), number(), number(), number(), time(), time(), time()};
  return account;
}

void expect_equal(const CreationSums& a, const CreationSums& b) {
  EXPECT_TRUE(a.count == b.count && a.copy == b.copy && a.copies == b.copies && a.publish == b.publish &&
              a.returned == b.returned && a.returns == b.returns && a.child_start == b.child_start &&
              a.starts == b.starts && a.running == b.running);
}

void expect_equal(const Account& a, const Account& b) {
  EXPECT_EQ(a.lifetime, b.lifetime);
  EXPECT_EQ(a.cells, b.cells);
  EXPECT_EQ(a.entries, b.entries);
  EXPECT_EQ(a.counters, b.counters);
  for (std::size_t i = 0; i < TC_NR_CREATIONS; ++i) {
    expect_equal(a.creations[i], b.creations[i]);
  }
  for (std::size_t i = 0; i < TC_NR_CHANNELS; ++i) {
    const auto& one = a.channels[i];
    const auto& other = b.channels[i];
    ASSERT_EQ(one.has_value(), other.has_value());
    EXPECT_TRUE(!one ||
                (one->calls == other->calls && one->bytes_in == other->bytes_in && one->bytes_out == other->bytes_out &&
                 one->kernel == other->kernel && one->uncounted == other->uncounted));
  }
  for (std::size_t i = 0; i < TC_NR_WAITS; ++i) {
    EXPECT_TRUE(a.waits[i].count == b.waits[i].count && a.waits[i].blocked == b.waits[i].blocked &&
                a.waits[i].open == b.waits[i].open);
  }
  ASSERT_EQ(a.task_stats.has_value(), b.task_stats.has_value());
  if (a.task_stats) {
    EXPECT_EQ(a.task_stats->voluntary_switches, b.task_stats->voluntary_switches);
    EXPECT_EQ(a.task_stats->involuntary_switches, b.task_stats->involuntary_switches);
    EXPECT_EQ(a.task_stats->faults_minor, b.task_stats->faults_minor);
    EXPECT_EQ(a.task_stats->faults_major, b.task_stats->faults_major);
    EXPECT_EQ(a.task_stats->cpu_time, b.task_stats->cpu_time);
    EXPECT_EQ(a.task_stats->user_time, b.task_stats->user_time);
    EXPECT_EQ(a.task_stats->system_time, b.task_stats->system_time);
  }
}

TEST(PackedAccount, KeepsEveryFigure) {
  expect_equal(PackedAccount(full_account()), full_account());
  expect_equal(PackedAccount(empty_account()), empty_account());
  expect_equal(PackedAccount(Account{}), Account{});
  expect_equal(PackedAccount(), Account{});
}

TEST(PackedAccount, KeepsTheGreatestAndNegativeNumbers) {
  Account account = full_account();
  account.lifetime = -1ns;
  account.waits.back().open = std::numeric_limits<std::uint64_t>::max();
  account.cells.front().front() = Duration::min();
  account.cells.back().back() = Duration::max();
  expect_equal(PackedAccount(account), account);
}

TEST(PackedAccount, KeepsUnknownApartFromZero) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    Account account = full_account();
    for (auto* figures : {account.entries.data(), account.counters.data()}) {
      for (std::size_t i = 0; i < TC_NR_ACTIVITIES; ++i) {
        figures[i] = random() % 3 == 0 ? std::nullopt : std::optional<std::uint64_t>(random() % 2);
      }
    }
    for (auto& channel : account.channels) {
      if (random() % 2 == 0) {
        channel.reset();
      }
    }
    if (random() % 2 == 0) {
      account.task_stats.reset();
    }
    expect_equal(PackedAccount(account), account);
  }
}

TEST(PackedAccount, IsReadAndEditedInPlace) {
  PackedAccount packed = empty_account();
  packed->cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 3us;
  packed->counters[TC_COUNTER_EXECS].reset();
  EXPECT_EQ(packed->total(), 3us);
  EXPECT_EQ(packed->counters[TC_COUNTER_EXECS], std::nullopt);
  const PackedAccount copy = packed;
  packed->lifetime = 1s;
  EXPECT_EQ(copy->lifetime, 0s);
  EXPECT_EQ(copy->total(TC_ACTIVITY_USER), 3us);
}

TEST(PackedAccount, TakesAsManyBytesAsItHasFigures) {
  Account account = empty_account();
  const std::size_t empty = PackedAccount(account).size();
  account.cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 100us;
  account.counters[TC_COUNTER_SYSCALLS] = 5;
  EXPECT_LE(PackedAccount(account).size(), empty + 6);
  EXPECT_LT(empty, 16U);
}

}  // namespace
}  // namespace taskcost
