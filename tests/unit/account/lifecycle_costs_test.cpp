// SPDX-License-Identifier: Apache-2.0
// Tests the later costs of a creation, and which tasks a fatal signal ends.
#include <gtest/gtest.h>

#include "account/session_builder.h"
#include "support/ledger_builder.h"
#include "support/session.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::everything_measured;
using test::finish;
using test::ledger;
using test::reap_of;

constexpr int segv = 11;
constexpr int kill_signal = 9;

TEST(Prices, AreAddedToTheKindThatWasCreated) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(2)
                        .child_of(1)
                        .born_at(10us)
                        .cell(TC_ACTIVITY_CREATE, TC_CONDITION_RUNNING, 2us)
                        .cell(TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING, 5us)
                        .cell(TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING, 30us)
                        .ended_at(100us));
  builder.on_reap(reap_of(1, 1002, 110us, 4us));
  builder.on_ledger(
      ledger(3).thread_of(1).born_at(120us).cell(TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING, 7us).ended_at(150us));
  builder.on_ledger(ledger(1)
                        .adopted_at(1us)
                        .counted(TC_COUNTER_FAULTS_COW_NS, 900)
                        .created(TC_CREATION_FORK, {1, 0, 0, 0, 1, 60'000})
                        .created(TC_CREATION_THREAD, {1, 0, 0, 0, 1, 8'000})
                        .ended_at(200us));
  const Session session = finish(builder, 1ms);
  const LifecycleCost& fork = session.lifecycle_costs[TC_CREATION_FORK];
  EXPECT_EQ(fork.count, 1U);
  EXPECT_EQ(fork.create, 60us);
  EXPECT_EQ(fork.start, 2us);
  EXPECT_EQ(fork.faults, 5us);
  EXPECT_EQ(fork.exit, 30us);
  EXPECT_EQ(fork.reap, 4us);
  EXPECT_EQ(fork.copy_on_write, 900ns);
  const LifecycleCost& thread = session.lifecycle_costs[TC_CREATION_THREAD];
  EXPECT_EQ(thread.count, 1U);
  EXPECT_EQ(thread.create, 8us);
  EXPECT_EQ(thread.exit, 7us);
  EXPECT_EQ(thread.reap, 0us);
  EXPECT_EQ(thread.copy_on_write, 0us);
}

TEST(Prices, AreOfWholeLivesOnly) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).adopted_at(1us).created(TC_CREATION_FORK, {2, 0, 0, 0, 2, 50'000}).ended_at(90us));
  builder.on_ledger(ledger(2).child_of(1).born_at(10us).ended_at(50us));
  builder.on_ledger(ledger(3).child_of(1).born_at(10us).still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 20us));
  const Session session = finish(builder, 1ms);
  EXPECT_EQ(session.lifecycle_costs[TC_CREATION_FORK].count, 1U);
  EXPECT_EQ(session.lifecycle_costs[TC_CREATION_FORK].create, 25us) << "the mean of both";
}

// A process of three tasks is killed; task 9 belongs to another process.
class SignalDeaths : public ::testing::Test {
 protected:
  void neighbor(tc_condition condition, std::chrono::nanoseconds since) {
    builder_.on_ledger(ledger(9).adopted_at(1us).first_ran_at(1us).still(TC_ACTIVITY_SLEEP, condition, since));
  }
  SessionBuilder builder_{everything_measured()};
};

TEST_F(SignalDeaths, CountTheTasksThatEndedAndThatRanOn) {
  builder_.on_ledger(ledger(2).thread_of(1).born_at(2us).got_signal(segv, 100us).ended_at(130us));
  builder_.on_ledger(ledger(3).thread_of(1).born_at(2us).ended_at(150us));
  builder_.on_ledger(ledger(4).thread_of(1).born_at(2us).ended_at(50us));  // it exited earlier, for another reason
  builder_.on_ledger(ledger(1).born_at(1us).with_status(segv).with_group_status(segv).ended_at(140us));
  neighbor(TC_CONDITION_BLOCKED, 160us);
  const Session session = finish(builder_, 1ms);
  ASSERT_EQ(session.signal_deaths.size(), 1U);
  const SignalDeath& death = session.signal_deaths[0];
  EXPECT_EQ(death.signal, segv);
  EXPECT_EQ(death.generated, Instant{100us});
  EXPECT_EQ(death.tasks_ended, 3U);
  EXPECT_EQ(death.to_first_exit, 30us);
  EXPECT_EQ(death.to_last_exit, 50us);
  EXPECT_EQ(death.others_alive, 1U);
  EXPECT_EQ(death.others_ran_on, 1U);
  const Process& house = session.processes[0];
  ASSERT_TRUE(house.fatal);
  EXPECT_EQ(house.fatal->number, segv);
  EXPECT_EQ(house.tasks[1].tid, 1002U);
  EXPECT_EQ(house.fatal->target, house.tasks[1].id);
}

TEST_F(SignalDeaths, ASleeperIsAliveButDidNotRunOn) {
  builder_.on_ledger(ledger(1).born_at(1us).with_status(kill_signal).ended_at(140us));
  neighbor(TC_CONDITION_BLOCKED, 90us);
  const Session session = finish(builder_, 1ms);
  ASSERT_EQ(session.signal_deaths.size(), 1U);
  EXPECT_FALSE(session.signal_deaths[0].generated) << "the signal was not seen";
  EXPECT_FALSE(session.signal_deaths[0].to_last_exit);
  EXPECT_EQ(session.signal_deaths[0].others_alive, 1U);
  EXPECT_EQ(session.signal_deaths[0].others_ran_on, 0U);
}

TEST_F(SignalDeaths, AnExitIsNone) {
  builder_.on_ledger(ledger(1).born_at(1us).with_status(3 << 8).got_signal(segv, 100us).ended_at(140us));
  const Session session = finish(builder_, 1ms);
  EXPECT_TRUE(session.signal_deaths.empty());
  EXPECT_FALSE(session.processes[0].fatal) << "it was handled";
}

TEST(CpuSlices, AreInOrderAndNameTheirTasks) {
  SessionBuilder::Options options = everything_measured();
  options.cpu_slices = true;
  SessionBuilder builder(options);
  builder.on_cpu_slice({{}, 2, 30'000, 40'000, 1, 0});
  builder.on_cpu_slice({{}, 1, 10'000, 20'000, 0, 0});
  builder.on_cpu_slice({{}, 77, 10'000, 20'000, 0, 0});  // from before the window
  builder.on_ledger(ledger(1).adopted_at(5us).on_cpu_since(60us).still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 70us));
  builder.on_ledger(ledger(2).thread_of(1).born_at(6us).ended_at(40us));
  const Session session = finish(builder, 100us);
  ASSERT_TRUE(session.cpu_slices);
  ASSERT_EQ(session.cpu_slices->size(), 3U);
  EXPECT_EQ((*session.cpu_slices)[0].task, 1U);
  EXPECT_EQ((*session.cpu_slices)[1].task, 2U);
  EXPECT_EQ((*session.cpu_slices)[1].cpu, 1U);
  EXPECT_EQ((*session.cpu_slices)[2].start, Instant{60us});
  EXPECT_EQ((*session.cpu_slices)[2].end, Instant{100us}) << "still on its CPU";
}

TEST(CpuSlices, AreAbsentUnlessAskedFor) {
  SessionBuilder builder(everything_measured());
  EXPECT_FALSE(finish(builder, 1ms).cpu_slices);
}

TEST(CpuSlices, BeyondTheLimitAreALoss) {
  SessionBuilder::Options options = everything_measured();
  options.cpu_slices = true;
  options.kept_cpu_slices = 1;
  SessionBuilder builder(options);
  builder.on_cpu_slice({{}, 1, 1, 2, 0, 0});
  builder.on_cpu_slice({{}, 1, 3, 4, 0, 0});
  EXPECT_EQ(finish(builder, 1ms).losses.counts[TC_LOSS_DROPPED_EVENTS], 1U);
}

TEST(Shares, AreTheCreatorsObjects) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).adopted_at(1us).ended_at(9us));
  builder.on_ledger(ledger(2).child_of(1).born_at(2us).sharing({TC_SHARED_FS, TC_SHARED_CGROUPS}).ended_at(8us));
  const Session session = finish(builder, 1ms);
  EXPECT_FALSE(session.processes[0].tasks[0].shares) << "its creation was not seen";
  const auto& shares = session.processes[1].tasks[0].shares;
  ASSERT_TRUE(shares);
  EXPECT_TRUE((*shares)[TC_SHARED_FS]);
  EXPECT_TRUE((*shares)[TC_SHARED_CGROUPS]);
  EXPECT_FALSE((*shares)[TC_SHARED_MEMORY]);
}

TEST(LastOnCpu, IsTheSwitchOutOfAWaiter) {
  SessionBuilder builder(everything_measured());
  builder.on_ledger(ledger(1).adopted_at(10us).still(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 10us));
  builder.on_ledger(ledger(2).adopted_at(11us).still(TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, 40us).first_ran_at(11us));
  builder.on_ledger(ledger(3).adopted_at(12us).still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 40us).first_ran_at(12us));
  const Session session = finish(builder, 1ms);
  EXPECT_FALSE(session.processes[0].tasks[0].last_on_cpu);
  EXPECT_EQ(session.processes[1].tasks[0].last_on_cpu, Instant{40us});
  EXPECT_EQ(session.processes[2].tasks[0].last_on_cpu, Instant{1ms});
}

}  // namespace
}  // namespace taskcost
