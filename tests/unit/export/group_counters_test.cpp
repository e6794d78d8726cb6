// SPDX-License-Identifier: Apache-2.0
#include "export/group_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unit/top/glances.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::GlanceBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

GroupCounters counters(std::size_t max_groups = 100, GroupBy by = GroupBy::cgroup) {
  return {by, max_groups, group_series(true)};
}

std::vector<std::string> labels_of(const std::vector<GroupCounters::Group>& groups) {
  std::vector<std::string> labels;
  for (const auto& group : groups) {
    labels.push_back(group.label);
  }
  return labels;
}

// What is shown of a metric for a group, summed up over its series; nullopt: it has none.
std::optional<Duration> time_of(const std::vector<GroupCounters::Group>& groups, std::string_view label,
                                std::string_view metric = "taskcost_task_seconds_total", std::string_view value = "") {
  const auto series = group_series(true);
  std::optional<Duration> sum;
  for (const auto& group : groups) {
    for (std::size_t i = 0; group.label == label && i < series.size(); ++i) {
      const auto has_value = [&](const auto& name_and_value) { return name_and_value.second == value; };
      const bool wanted = value.empty() || std::ranges::any_of(series[i].labels, has_value);
      if (series[i].metric->name == metric && wanted && group.shown[i]) {
        sum = sum.value_or(0ns) + Duration(*group.shown[i]);
      }
    }
  }
  return sum;
}

TEST(GroupCounters, AddWhatHappenedSinceTheLastGlance) {
  GroupCounters groups = counters();
  GlanceBuilder first(1s);
  first.cgroup(5, "/a").cgroup(6, "/b");
  first.process(1).in_cgroup(5).runs(300ms, 200ms).waits(TC_WAIT_PIPE, 500ms);
  first.process(2).in_cgroup(6).queues(600ms, 400ms);
  groups.take(first.glance());
  GlanceBuilder second(2s);
  second.cgroup(5, "/a").cgroup(6, "/b");
  second.process(1).in_cgroup(5).runs(400ms, 200ms).waits(TC_WAIT_PIPE, 1400ms);
  second.process(2).in_cgroup(6).queues(600ms, 400ms).ends();
  second.task(1, 3).in_cgroup(5).runs(700ms);
  groups.take(second.glance());
  const auto shown = groups.scrape();
  ASSERT_THAT(labels_of(shown), ElementsAre("/a", "/b"));
  EXPECT_EQ(time_of(shown, "/a"), 2700ms);
  EXPECT_EQ(time_of(shown, "/a", "taskcost_task_seconds_total", "user"), 1100ms);
  EXPECT_EQ(time_of(shown, "/a", "taskcost_blocked_seconds_total", "pipe"), 1400ms);
  EXPECT_EQ(time_of(shown, "/a", "taskcost_kernel_seconds_total", "file"), 200ms);
  EXPECT_EQ(time_of(shown, "/b"), 1s);
  EXPECT_EQ(shown[0].tasks, 2);
  EXPECT_EQ(shown[1].tasks, 0);
}

// While all tasks live, the sum over groups and states grows by their number, whatever moves where.
TEST(GroupCounters, EveryTaskIsInOneGroup) {
  constexpr std::uint32_t tasks = 40;
  GroupCounters groups = counters(3);
  Duration before{};
  for (int second = 1; second <= 20; ++second) {
    GlanceBuilder glance(std::chrono::seconds{second});
    for (std::uint64_t cgroup = 1; cgroup <= 7; ++cgroup) {
      glance.cgroup(cgroup, "/group-" + std::to_string(cgroup));
    }
    for (std::uint32_t task = 1; task <= tasks; ++task) {
      const std::uint64_t cgroup = (task * second) % 9;  // of these, 0 and 8 have no name
      glance.process(task)
          .in_cgroup(cgroup)
          .runs(std::chrono::milliseconds{300 * second})
          .waits(TC_WAIT_FUTEX_PRIVATE, std::chrono::milliseconds{700 * second});
    }
    groups.take(glance.glance());
    const auto shown = groups.scrape();
    EXPECT_LE(shown.size(), 4U);
    Duration sum{};
    std::uint64_t living = 0;
    for (const auto& group : shown) {
      sum += time_of(shown, group.label).value_or(0ns);
      living += group.tasks;
    }
    EXPECT_EQ(living, tasks);
    EXPECT_EQ(sum - before, tasks * 1s) << second;
    before = Duration();
    for (const auto& group : shown) {  // the others are gone
      before += group.tasks > 0 || group.label == "(others)" ? time_of(shown, group.label).value_or(0ns) : 0ns;
    }
  }
}

TEST(GroupCounters, ATaskThatMovesLeavesWhatItDid) {
  GroupCounters groups = counters();
  for (int second = 1; second <= 3; ++second) {
    GlanceBuilder glance(std::chrono::seconds{second});
    glance.cgroup(5, "/a").cgroup(6, "/b");
    glance.process(9).in_cgroup(5).runs(std::chrono::seconds{second});
    glance.process(1).in_cgroup(second < 3 ? 5 : 6).runs(std::chrono::seconds{second});
    groups.take(glance.glance());
  }
  const auto shown = groups.scrape();
  EXPECT_EQ(time_of(shown, "/a"), 5s);
  EXPECT_EQ(time_of(shown, "/b"), 1s);
}

TEST(GroupCounters, NeverFallAndCarryTheDebt) {
  GroupCounters groups = counters();
  std::vector<Duration> user;
  for (const Duration time : {100ms, 90ms, 95ms, 130ms}) {
    GlanceBuilder glance(1s);
    glance.process(1).runs(time);
    groups.take(glance.glance());
    user.push_back(time_of(groups.scrape(), "(unknown)").value_or(-1ns));
  }
  EXPECT_THAT(user, ElementsAre(100ms, 100ms, 100ms, 130ms));
}

TEST(GroupCounters, BeyondTheLimitTasksAreAmongTheOthers) {
  GroupCounters groups = counters(2);
  GlanceBuilder glance(1s);
  for (std::uint64_t cgroup = 1; cgroup <= 5; ++cgroup) {
    glance.cgroup(cgroup, "/" + std::to_string(cgroup));
    glance.process(static_cast<std::uint32_t>(cgroup)).in_cgroup(cgroup).runs(1s);
  }
  groups.take(glance.glance());
  const auto shown = groups.scrape();
  ASSERT_THAT(labels_of(shown), ElementsAre("(others)", "/1", "/2"));
  EXPECT_EQ(shown[0].tasks, 3);
  EXPECT_EQ(time_of(shown, "(others)"), 3s);
  EXPECT_FALSE(shown[0].identity);
  EXPECT_TRUE(shown[1].identity);
}

TEST(GroupCounters, AGroupThatIsGoneIsShownOnceMore) {
  GroupCounters groups = counters();
  GlanceBuilder first(1s);
  first.cgroup(5, "/a").process(1).in_cgroup(5).runs(1s);
  groups.take(first.glance());
  EXPECT_EQ(time_of(groups.scrape(), "/a"), 1s);
  GlanceBuilder last(2s);
  last.cgroup(5, "/a").process(1).in_cgroup(5).runs(2s).ends();
  groups.take(last.glance());
  groups.take(GlanceBuilder(3s).glance());  // between two scrapes
  EXPECT_EQ(time_of(groups.scrape(), "/a"), 2s);
  EXPECT_THAT(groups.scrape(), IsEmpty());
  EXPECT_EQ(groups.held(), 0U);
}

// The reader of exit records is behind by a few milliseconds.
TEST(GroupCounters, ATaskThatEndsIsNotCountedTwice) {
  GroupCounters groups = counters();
  GlanceBuilder first(1s);
  first.cgroup(5, "/a").process(1).in_cgroup(5).runs(1s);
  groups.take(first.glance());
  groups.take(GlanceBuilder(2s).glance());
  EXPECT_EQ(groups.scrape().at(0).tasks, 0U);
  GlanceBuilder third(3s);
  third.cgroup(5, "/a").process(1).in_cgroup(5).runs(1500ms).ends();
  groups.take(third.glance());
  EXPECT_EQ(time_of(groups.scrape(), "/a"), 1500ms);
  EXPECT_THAT(groups.scrape(), IsEmpty());
}

TEST(GroupCounters, ATaskWhoseEndWasLostIsForgotten) {
  GroupCounters groups = counters();
  GlanceBuilder first(1s);
  first.cgroup(5, "/a").process(1).in_cgroup(5).runs(1s);
  groups.take(first.glance());
  groups.take(GlanceBuilder(60s).glance());
  EXPECT_EQ(groups.scrape().size(), 1U);
  EXPECT_EQ(groups.held(), 0U);
}

TEST(GroupCounters, MemoryDoesNotGrowWithTasksThatEndedAndGroupsThatAreGone) {
  GroupCounters groups = counters(10);
  for (std::uint32_t round = 1; round <= 300; ++round) {
    GlanceBuilder glance(std::chrono::seconds{round});
    glance.cgroup(round, "/storm-" + std::to_string(round));
    for (std::uint32_t task = 0; task < 30; ++task) {
      glance.process(round * 100 + task).in_cgroup(round).runs(1ms).ends();
    }
    glance.process(1).in_cgroup(0).runs(std::chrono::seconds{round});
    groups.take(glance.glance());
    if (round % 5 == 0) {
      groups.scrape();
    }
    EXPECT_LE(groups.held(), 12U);
  }
}

TEST(GroupCounters, WhatIsNotMeasuredIsNotShown) {
  GroupCounters groups = counters();
  GlanceBuilder glance(1s);
  glance.process(1)
      .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 0)
      .cannot_count(TC_COUNTER_FAULTS_MINOR)
      .cannot_count(TC_COUNTER_THROTTLED_NS)
      .queues(3s);
  groups.take(glance.glance());
  const auto shown = groups.scrape();
  EXPECT_FALSE(time_of(shown, "(unknown)", "taskcost_page_faults_total", "minor"));
  EXPECT_FALSE(time_of(shown, "(unknown)", "taskcost_task_seconds_total", "throttled"));
  EXPECT_EQ(time_of(shown, "(unknown)", "taskcost_task_seconds_total", "preempted"), 3s);
  EXPECT_EQ(time_of(shown, "(unknown)", "taskcost_context_switches_total", "voluntary"), 0ns);
}

TEST(GroupCounters, AValueThatAGlanceLacksComesWithALaterOne) {
  GroupCounters groups = counters();
  for (int second = 1; second <= 3; ++second) {
    GlanceBuilder glance(std::chrono::seconds{second});
    auto task = glance.process(1).counts(TC_COUNTER_FAULTS_MINOR, static_cast<std::uint64_t>(10 * second));
    if (second == 2) {
      task.cannot_count(TC_COUNTER_FAULTS_MINOR);
    }
    groups.take(glance.glance());
  }
  EXPECT_EQ(time_of(groups.scrape(), "(unknown)", "taskcost_page_faults_total", "minor"), 30ns);
}

TEST(GroupCounters, ThrottledTimeIsNoOtherPreemption) {
  GroupCounters groups = counters();
  GlanceBuilder glance(1s);
  glance.process(1).queues(3s).counts(TC_COUNTER_THROTTLED_NS, 2'000'000'000);
  groups.take(glance.glance());
  const auto shown = groups.scrape();
  EXPECT_EQ(time_of(shown, "(unknown)", "taskcost_task_seconds_total", "throttled"), 2s);
  EXPECT_EQ(time_of(shown, "(unknown)", "taskcost_task_seconds_total", "preempted"), 1s);
}

TEST(GroupCounters, ByNameThreadsCountForTheirProcess) {
  GroupCounters groups = counters(100, GroupBy::comm);
  GlanceBuilder glance(1s);
  glance.task(1, 2).named("worker").runs(1s);
  glance.process(1).named("server").runs(1s);
  glance.process(3).named("kworker/0:1").in_kernel().runs(1s);
  glance.process(4).named("kworker/1:2").in_kernel().runs(1s);
  groups.take(glance.glance());
  const auto shown = groups.scrape();
  ASSERT_THAT(labels_of(shown), ElementsAre("kernel threads", "server"));
  EXPECT_EQ(time_of(shown, "server"), 2s);
}

TEST(GroupCounters, CgroupsOfOneNameAreOneGroup) {
  GroupCounters groups = counters();
  GlanceBuilder glance(1s);
  glance.cgroup(1, "/session-1.scope").cgroup(2, "/session-2.scope").cgroup(3, "/\xff").cgroup(4, "/\xff");
  for (std::uint32_t task = 1; task <= 4; ++task) {
    glance.process(task).in_cgroup(task).runs(1s);
  }
  groups.take(glance.glance());
  const auto shown = groups.scrape();
  ASSERT_THAT(labels_of(shown), ElementsAre("/\\xff", "/session-*.scope"));
  EXPECT_EQ(shown[1].tasks, 2);
  EXPECT_EQ(shown[1].identity.value_or(CgroupIdentity()).unit, "session-*.scope");
}

}  // namespace
}  // namespace taskcost
