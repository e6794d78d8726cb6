// SPDX-License-Identifier: Apache-2.0
#include "top/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "unit/top/glances.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::GlanceBuilder;

TEST(Changes, AreTheDifferenceOfTwoGlances) {
  GlanceBuilder before(10s);
  before.process(7).runs(100ms, 50ms).queues(5ms, 5ms).waits(TC_WAIT_PIPE, 800ms).counts(TC_COUNTER_FAULTS_MINOR, 40);
  GlanceBuilder now(12s);
  now.process(7)
      .runs(1100ms, 350ms)
      .queues(25ms, 15ms)
      .waits(TC_WAIT_PIPE, 1300ms)
      .waits(TC_WAIT_DISK, 200ms)
      .counts(TC_COUNTER_FAULTS_MINOR, 60)
      .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 6)
      .counts(TC_COUNTER_INVOLUNTARY_SWITCHES, 4)
      .counts(TC_COUNTER_CHILDREN_THREADS, 2)
      .counts(TC_COUNTER_CHILDREN_FORKS, 1);
  const Changes changes = changes_between(before.glance(), now.glance());

  EXPECT_EQ(changes.interval, 2s);
  ASSERT_EQ(changes.processes.size(), 1U);
  const Figures& figures = changes.processes[0].figures;
  EXPECT_EQ(figures.user, 1s);
  EXPECT_EQ(figures.kernel, 300ms);
  EXPECT_EQ(figures.cpu(), 1300ms);
  EXPECT_EQ(figures.preempted, 20ms);
  EXPECT_EQ(figures.runnable, 10ms);
  EXPECT_EQ(figures.blocked, 700ms);
  EXPECT_EQ(figures.blocked_by[TC_WAIT_PIPE], 500ms);
  EXPECT_EQ(figures.blocked_by[TC_WAIT_DISK], 200ms);
  EXPECT_EQ(figures.switches(), 10U);
  EXPECT_EQ(figures.faults(), 20U);
  EXPECT_EQ(figures.creations, 3U);
  EXPECT_DOUBLE_EQ(changes.share(figures.cpu()), 0.65);
  EXPECT_DOUBLE_EQ(changes.per_second(20), 10);
  EXPECT_FALSE(changes.processes[0].tasks[0].born);
}

TEST(Changes, ANewTaskCountsFromItsCreation) {
  GlanceBuilder before(10s);
  before.process(7).runs(100ms);
  GlanceBuilder now(11s);
  now.process(7).runs(150ms);
  now.task(7, 8).runs(30ms).counts(TC_COUNTER_FAULTS_MINOR, 9);
  const Changes changes = changes_between(before.glance(), now.glance());
  const ProcessChange& process = changes.processes.at(0);
  ASSERT_EQ(process.tasks.size(), 2U);
  EXPECT_TRUE(process.tasks[1].born);
  EXPECT_EQ(process.tasks[1].figures.user, 30ms);
  EXPECT_EQ(process.figures.user, 80ms);
  EXPECT_EQ(process.figures.faults(), 9U);
}

TEST(Changes, ATaskThatEndedInBetweenIsPartOfItsProcess) {
  GlanceBuilder before(10s);
  before.process(7).runs(100ms);
  before.task(7, 8).runs(10ms);
  before.process(9).runs(1ms);
  GlanceBuilder now(11s);
  now.process(7).runs(100ms);
  now.task(7, 8).runs(40ms).ends();
  now.process(9).runs(3ms).ends();
  const Changes changes = changes_between(before.glance(), now.glance());
  EXPECT_EQ(changes.processes.at(0).figures.user, 30ms);
  EXPECT_FALSE(changes.processes.at(0).ended);
  EXPECT_TRUE(changes.processes.at(0).tasks.at(1).ended);
  EXPECT_TRUE(changes.processes.at(1).ended);
  EXPECT_EQ(changes.total.user, 32ms);
  EXPECT_EQ(changes.task_count(), 3U);
}

TEST(Changes, ATaskThatIsGoneAddsNothing) {
  GlanceBuilder before(10s);
  before.process(7).runs(100ms);
  GlanceBuilder now(11s);
  const Changes changes = changes_between(before.glance(), now.glance());
  EXPECT_TRUE(changes.processes.empty());
  EXPECT_EQ(changes.total.cpu(), 0ms);
}

TEST(Changes, ACountThatOneTaskLacksIsMissingInTheSum) {
  GlanceBuilder before(10s);
  before.process(7).cannot_count(TC_COUNTER_FAULTS_MAJOR);
  before.task(7, 8);
  GlanceBuilder now(11s);
  now.process(7).cannot_count(TC_COUNTER_FAULTS_MAJOR).cannot_count(TC_COUNTER_CHILDREN_SPAWNS);
  now.task(7, 8).counts(TC_COUNTER_FAULTS_MAJOR, 3);
  const Changes changes = changes_between(before.glance(), now.glance());
  const ProcessChange& process = changes.processes.at(0);
  EXPECT_EQ(process.tasks[0].figures.faults_major, std::nullopt);
  EXPECT_EQ(process.tasks[0].figures.faults_minor, 0U);
  EXPECT_EQ(process.tasks[1].figures.faults(), 3U);
  EXPECT_EQ(process.figures.faults(), std::nullopt);
  EXPECT_EQ(process.figures.creations, std::nullopt);
  EXPECT_EQ(process.figures.switches(), 0U);
}

TEST(Changes, TheOverheadCoversTheInterval) {
  GlanceBuilder before(10s);
  GlanceBuilder now(12s);
  before.glance().transitions = 1000;
  before.glance().userspace_cpu = 5ms;
  now.glance().transitions = 11000;
  now.glance().userspace_cpu = 9ms;
  EXPECT_EQ(changes_between(before.glance(), now.glance()).overhead.total(), std::nullopt);
  now.glance().per_transition = 200ns;
  now.glance().cost = 3ms;
  const Changes changes = changes_between(before.glance(), now.glance());
  EXPECT_EQ(changes.overhead.probes(), 2ms);
  EXPECT_EQ(changes.overhead.total(), 6ms);
  EXPECT_EQ(changes.overhead.glance, 3ms);
  EXPECT_DOUBLE_EQ(changes.share(*changes.overhead.total()), 0.003);
}

TEST(Changes, LossesOfTheIntervalExcludeEarlierOnes) {
  GlanceBuilder before(10s);
  GlanceBuilder now(11s);
  before.glance().losses.counts[TC_LOSS_DROPPED_EVENTS] = 4;
  now.glance().losses = before.glance().losses;
  now.glance().losses.skipped_probes = 2;
  const Changes changes = changes_between(before.glance(), now.glance());
  EXPECT_EQ(changes.losses.counts[TC_LOSS_DROPPED_EVENTS], 0U);
  EXPECT_EQ(changes.losses.skipped_probes, 2U);
  EXPECT_EQ(changes.losses_since_start.counts[TC_LOSS_DROPPED_EVENTS], 4U);
}

TEST(Changes, AnEmptyIntervalHasNoRates) {
  GlanceBuilder glance(10s);
  glance.process(7).runs(1s);
  const Changes changes = changes_between(glance.glance(), glance.glance());
  EXPECT_EQ(changes.share(1s), 0);
  EXPECT_EQ(changes.per_second(5), 0);
}

TEST(Changes, AProcessIsNamedByItsLeader) {
  GlanceBuilder now(11s);
  now.task(7, 8).named("worker");
  now.process(7).named("leader");
  now.task(9, 11).named("orphan");
  const Changes changes = changes_between(GlanceBuilder(10s).glance(), now.glance());
  EXPECT_EQ(changes.processes.at(0).comm, "leader");
  EXPECT_EQ(changes.processes.at(1).comm, "orphan");
}

}  // namespace
}  // namespace taskcost
