// SPDX-License-Identifier: Apache-2.0
//
// Tests the second ledger of tasks that lost events.
#include <gtest/gtest.h>

#include "support/replayed.h"
#include "trace/replay.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

ReplayGap gap_on(std::uint32_t cpu, std::chrono::nanoseconds first, std::chrono::nanoseconds last) {
  return {Instant(first), Instant(last), 1, cpu};
}

// A and B run on different CPUs, and the gap is on the CPU of A; C sleeps.
Script three_tasks() {
  return script()
      .at(10us)
      .adopted_running(a, 0)
      .adopted_running(b, 1)
      .adopted(c, 1, asleep(TC_ACTIVITY_POLL, TC_WAIT_POLL))
      .at(70us)
      .calls(b, TC_ACTIVITY_FILE, 65us)
      .gap(0, 30us, 50us, 3)
      .at(80us)
      .calls(a, TC_ACTIVITY_MEMORY, 75us)
      .at(90us)
      .switches(1, preempted(), c, woken(85us))
      .at(100us)
      .switches(0, preempted(), unobserved);
}

TEST(ReplayGaps, AGapIsUnknownOnlyToTheTasksThatItMayTouch) {
  const Replayed replayed = replay(three_tasks(), 100us, true, {gap_on(0, 30us, 50us)});
  EXPECT_EQ(replayed[a].unknown, 70us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 20us}}));
  EXPECT_EQ(replayed[a].affecting_gaps, 1U);
  expect_closed(replayed[a]);

  EXPECT_EQ(replayed[b].unknown, 0us);
  EXPECT_EQ(cells_of(replayed[b].ledger),
            (Times{{"user running", 75us}, {"file running", 5us}, {"user preempted", 10us}}));
  EXPECT_EQ(replayed[b].affecting_gaps, 0U);

  // It may have run on the CPU of the gap and gone to sleep again.
  EXPECT_EQ(replayed[c].unknown, 80us);
  EXPECT_EQ(replayed[c].ledger.waits[TC_WAIT_POLL].count, 0U);
  expect_closed(replayed[c]);
  EXPECT_TRUE(replayed.integrity.clean());
}

TEST(ReplayGaps, AGapExplainsThatACpuHasAnotherTask) {
  const Script recorded = script()
                              .at(10us)
                              .adopted_running(a, 0)
                              .at(20us)
                              .switches(0, preempted(), unobserved)
                              .unseen(0, a)
                              .gap(0, 30us, 30us)
                              .at(40us)
                              .switches(0, preempted(), unobserved);
  EXPECT_EQ(replay(recorded, 50us, true, {gap_on(0, 30us, 30us)}).integrity.broken_switches, 0U);
  EXPECT_EQ(replay(recorded, 50us).integrity.broken_switches, 0U);
  EXPECT_EQ(replay(recorded, 50us)[a].unknown, 10us) << "it waited for its CPU until the first loss";
  EXPECT_EQ(replay(recorded, 50us)[a].impossible_switches, 0U);
}

TEST(ReplayGaps, AGapThatComesAsASurpriseMarksWhoWentOn) {
  const Replayed replayed = replay(three_tasks(), 100us);
  EXPECT_FALSE(replayed[a].touched_afterwards);
  EXPECT_EQ(replayed[a].unknown, 70us);
  // Its call came before the gap did, and replay does not keep how long it had had its CPU.
  EXPECT_TRUE(replayed[b].touched_afterwards);
  EXPECT_EQ(replayed[c].unknown, 80us);
}

TEST(ReplayGaps, ADamagedPartOfACaptureTouchesEveryTask) {
  const Replayed replayed =
      replay(three_tasks(), 100us, true, {{Instant(30us), Instant(50us), std::nullopt, std::nullopt}});
  EXPECT_EQ(replayed[a].unknown, 70us);
  EXPECT_EQ(replayed[b].unknown, 60us);
  EXPECT_EQ(replayed[c].unknown, 80us);
}

TEST(ReplayGaps, AFinalLedgerEndsATaskWhoseLastSwitchIsLost) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(20us)
                                       .calls(a, TC_ACTIVITY_FILE, 15us)
                                       .at(60us)
                                       .emits_ledger(ledger(a).born_at(10us).ended_at(60us)),
                                   100us, true, {gap_on(0, 30us, 60us)});
  EXPECT_TRUE(replayed[a].ended);
  EXPECT_EQ(replayed[a].ledger.end_ns, 60000U);
  EXPECT_EQ(replayed[a].unknown, 40us);
  EXPECT_EQ(replayed[a].impossible_switches, 0U);
  expect_closed(replayed[a]);
}

TEST(ReplayGaps, ATaskWithoutACreationHasAnUnknownStart) {
  const Replayed replayed = replay(script()
                                       .at(40us)
                                       .calls(a, TC_ACTIVITY_FILE, 30us)
                                       .at(60us)
                                       .unseen(0, a)
                                       .switches(0, dead(), unobserved)
                                       .emits_ledger(ledger(a).born_at(10us).ended_at(60us)),
                                   100us);
  EXPECT_TRUE(replayed[a].beginning_unknown);
  EXPECT_FALSE(replayed[a].comparable());
  EXPECT_EQ(replayed[a].unknown, 30us);
  EXPECT_EQ(replayed.integrity.missing_new_tasks, 1U);
  expect_closed(replayed[a]);
}

}  // namespace
}  // namespace taskcost
