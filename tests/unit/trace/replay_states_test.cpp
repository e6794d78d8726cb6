// SPDX-License-Identifier: Apache-2.0
//
// Tests the state of a task outside of the calls that probes see, and the reason of a preemption.
#include <gtest/gtest.h>

#include "support/replayed.h"
#include "trace/replay.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST(ReplayStates, ASleepOnTheWayOutOfACallIsInTheCallAndTheRestIsNot) {
  const Replayed replayed =
      replay(script()
                 .at(10us)
                 .adopted_running(a, 0)
                 .at(30us)
                 .switches(0, asleep(TC_ACTIVITY_OTHER, TC_WAIT_OTHER).as(TC_SWITCH_FOUND), unobserved)
                 .at(60us)
                 .runs(0, a, woken(50us, b, 39))
                 .at(70us)
                 .switches(0, preempted(), unobserved),
             70us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 30us}, {"other blocked", 20us}, {"other runnable", 10us}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 0U);
}

// A tracer stops the task on its way into exit_group(2), before the probe of that call.
TEST(ReplayStates, ATaskFoundInAnExitThatNoProbeSawIsInUserCodeUntilThen) {
  const Replayed replayed =
      replay(script()
                 .at(10us)
                 .adopted_running(a, 0)
                 .at(20us)
                 .switches(0, asleep(TC_ACTIVITY_EXIT, TC_WAIT_STOPPED).as(TC_SWITCH_FOUND), unobserved)
                 .at(40us)
                 .runs(0, a, woken(40us, b))
                 .at(50us)
                 .exits(a, 45us)
                 .at(60us)
                 .switches(0, dead(), unobserved),
             60us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 15us}, {"exit blocked", 20us}, {"exit running", 15us}}));
}

TEST(ReplayStates, ATaskFoundInAFaultLeavesItWithItsSwitchIn) {
  Leaving in_fault = asleep(TC_ACTIVITY_PAGE_FAULT, TC_WAIT_PAGE_FAULT);
  tc_task_new new_task = test::adopted(a, 10'000, in_fault.row, in_fault.condition, in_fault.wait);
  const Replayed replayed = replay(
      script().emits(new_task).at(40us).runs(0, a, woken(40us, b)).at(50us).switches(0, preempted(), unobserved), 50us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 10us}, {"page_fault blocked", 30us}}));
  EXPECT_TRUE(entries_of(replayed[a].ledger).empty());
}

// Registers that name no call, while the task waits for a disk: it reads a page.
TEST(ReplayStates, ATaskFoundWaitingForADiskIsInAFault) {
  tc_task_new new_task = test::adopted(a, 10'000, TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_BLOCKED, TC_WAIT_PAGE_FAULT);
  new_task.saw = TC_SAW_IOWAIT;
  const Replayed replayed = replay(
      script().emits(new_task).at(40us).runs(0, a, woken(40us)).at(50us).switches(0, preempted(), unobserved), 50us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 10us}, {"page_fault blocked", 30us}}));
  EXPECT_EQ(replayed[a].ledger.waits[TC_WAIT_DISK].blocked_ns, 30'000U);
}

// A program ended its wait: it was not for the disk, however the task was found to have a CPU again.
TEST(ReplayStates, AnUnseenSwitchInSettlesAWaitForADisk) {
  tc_task_new new_task = test::adopted(a, 10'000, TC_ACTIVITY_MEMORY, TC_CONDITION_BLOCKED, TC_WAIT_DISK);
  const auto waits = [&](std::uint64_t waker, std::uint32_t from) {
    const Replayed replayed = replay(script()
                                         .emits(new_task)
                                         .at(40us)
                                         .event(a, TC_EV_WOKEN, waker, from)
                                         .at(50us)
                                         .event(a, TC_EV_FOUND_RUNNING, 0, 0)
                                         .unseen(0, a)
                                         .at(60us)
                                         .switches(0, preempted(), unobserved),
                                     60us);
    const auto& sums = replayed[a].ledger.waits;
    return std::pair(sums[TC_WAIT_DISK].count, sums[TC_WAIT_MEMORY].count);
  };
  EXPECT_EQ(waits(b, 202), std::pair(0ULL, 1ULL));
  EXPECT_EQ(waits(b, TC_FROM_KERNEL), std::pair(1ULL, 0ULL));
}

TEST(ReplayStates, ARefusedCallIsCountedAndItsTimeStaysUserCode) {
  tc_call refused = called(a, 0, 40'000, TC_ACTIVITY_USER, 110);
  refused.flags |= TC_CALL_ENTRY_UNSEEN;
  const Replayed replayed = replay(
      script().at(10us).adopted_running(a, 0).emits(refused).at(50us).switches(0, preempted(), unobserved), 50us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 40us}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS_ENTRY_UNSEEN], 1U);
}

// A core dump comes between the delivery of the signal and the exit.
TEST(ReplayStates, TheExitBeginsWithTheFatalSignal) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(20us)
                                       .event(a, TC_EV_DYING, 0, TC_ACTIVITY_USER)
                                       .at(30us)
                                       .switches(0, asleep(TC_ACTIVITY_EXIT, TC_WAIT_CORE_DUMP), unobserved)
                                       .at(60us)
                                       .runs(0, a, woken(60us, b))
                                       .at(70us)
                                       .exits(a)
                                       .at(80us)
                                       .switches(0, dead(), unobserved)
                                       .emits_ledger(ledger(a).ended_at(80us)),
                                   90us);
  const tc_ledger& ledger = replayed[a].ledger;
  EXPECT_EQ(cells_of(ledger), (Times{{"user running", 10us}, {"exit running", 30us}, {"exit blocked", 30us}}));
  EXPECT_EQ(ledger.exit_start_ns, 20'000U);
  EXPECT_EQ(ledger.waits[TC_WAIT_CORE_DUMP].count, 1U);
  EXPECT_EQ(ledger.entries[TC_ACTIVITY_EXIT], 1U);
}

TEST(ReplayStates, QuotaAndYieldsAreTheirOwnReasonToWaitForACpu) {
  const Replayed replayed =
      replay(script()
                 .at(10us)
                 .adopted_running(a, 0)
                 .at(20us)
                 .switches(0, preempted().as(TC_SWITCH_THROTTLED), unobserved)
                 .at(50us)
                 .runs(0, a)
                 .at(60us)
                 .switches(0, preempted(TC_ACTIVITY_OTHER).in_call(number_yield, 58us), unobserved)
                 .at(65us)
                 .runs(0, a)
                 .at(66us)
                 .calls(a, number_yield, TC_ACTIVITY_OTHER, 58us, 0)
                 .at(70us)
                 .switches(0, preempted(), unobserved)
                 .at(72us)
                 .runs(0, a)
                 .at(80us)
                 .switches(0, preempted(), unobserved),
             80us);
  const tc_ledger& ledger = replayed[a].ledger;
  EXPECT_EQ(ledger.counters[TC_COUNTER_THROTTLED], 1U);
  EXPECT_EQ(ledger.counters[TC_COUNTER_THROTTLED_NS], 30'000U);
  EXPECT_EQ(ledger.counters[TC_COUNTER_YIELDS], 1U);
  EXPECT_EQ(ledger.counters[TC_COUNTER_YIELDED_NS], 5'000U);
  EXPECT_EQ(
      cells_of(ledger),
      (Times{{"user running", 30us}, {"user preempted", 32us}, {"other running", 3us}, {"other preempted", 5us}}));
  // A throttled task does not wait in the run queue, so its wait is not in this histogram.
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_RUN_QUEUE), 2U);
}

TEST(ReplayStates, TheWakerDecidesWhetherItWasAWaitForTheDisk) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(20us)
                                       .switches(0, asleep(TC_ACTIVITY_FILE, TC_WAIT_DISK, 15us), unobserved)
                                       .at(50us)
                                       .runs(0, a, woken(50us, b, 1))
                                       .at(60us)
                                       .calls(a, TC_ACTIVITY_FILE, 15us)
                                       .switches(0, preempted(), unobserved),
                                   60us);
  EXPECT_EQ(replayed[a].ledger.waits[TC_WAIT_DISK].count, 0U);
  EXPECT_EQ(replayed[a].ledger.waits[TC_WAIT_OTHER_FILE].blocked_ns, 30'000U);
}

}  // namespace
}  // namespace taskcost
