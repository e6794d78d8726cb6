// SPDX-License-Identifier: Apache-2.0
#include "top/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/top/glances.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::GlanceBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

Changes changes_of(GlanceBuilder& now) { return changes_between(GlanceBuilder(0s).glance(), now.glance()); }

std::vector<std::uint32_t> pids(const Changes& changes, const View& view) {
  std::vector<std::uint32_t> pids;
  for (const Row& row : rows_of(changes, view).rows) {
    pids.push_back(row.pid());
  }
  return pids;
}

// "  12" is process 12 at depth 1.
std::vector<std::string> tree(const Changes& changes, View view = {}) {
  view.shape = View::Shape::tree;
  std::vector<std::string> lines;
  for (const Row& row : rows_of(changes, view).rows) {
    lines.push_back(std::string(2 * row.depth, ' ') + std::to_string(row.pid()) + (row.context ? " context" : ""));
  }
  return lines;
}

View sorted_by(SortKey key, bool reverse = false) {
  View view;
  view.sort = key;
  view.reverse = reverse;
  return view;
}

TEST(Rows, AreSortedByEachKey) {
  GlanceBuilder now(1s);
  now.process(1).named("b").runs(300ms, 1ms).queues(2ms).waits(TC_WAIT_PIPE, 1ms).counts(TC_COUNTER_FAULTS_MINOR, 2);
  now.process(2).named("c").runs(1ms, 200ms).queues(0ms, 3ms).waits(TC_WAIT_PIPE, 3ms).counts(TC_COUNTER_EXECS, 1);
  now.process(3).named("a").runs(100ms, 150ms).queues(1ms).waits(TC_WAIT_PIPE, 2ms).counts(TC_COUNTER_FAULTS_MAJOR, 1);
  now.glance().tasks[1].account.counters[TC_COUNTER_VOLUNTARY_SWITCHES] = 5;
  now.glance().tasks[2].account.counters[TC_COUNTER_INVOLUNTARY_SWITCHES] = 6;
  now.glance().tasks[2].account.counters[TC_COUNTER_CHILDREN_VFORKS] = 1;
  const Changes changes = changes_of(now);
  EXPECT_THAT(pids(changes, sorted_by(SortKey::cpu)), ElementsAre(1, 3, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::user)), ElementsAre(1, 3, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::kernel)), ElementsAre(2, 3, 1));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::queue)), ElementsAre(2, 1, 3));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::blocked)), ElementsAre(2, 3, 1));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::switches)), ElementsAre(3, 2, 1));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::faults)), ElementsAre(1, 3, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::creations)), ElementsAre(3, 1, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::pid)), ElementsAre(1, 2, 3));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::name)), ElementsAre(3, 1, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::kernel, true)), ElementsAre(1, 3, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::name, true)), ElementsAre(2, 1, 3));
}

TEST(Rows, ACountThatWasNotMeasuredSortsBelowZero) {
  GlanceBuilder now(1s);
  now.process(1).cannot_count(TC_COUNTER_FAULTS_MAJOR);
  now.process(2);
  now.process(3).counts(TC_COUNTER_FAULTS_MINOR, 1);
  EXPECT_THAT(pids(changes_of(now), sorted_by(SortKey::faults)), ElementsAre(3, 2, 1));
}

TEST(Rows, SortKeysAreKnownByName) {
  for (const SortKeyName& entry : sort_keys) {
    EXPECT_EQ(find_sort_key(entry.name), entry.key);
    EXPECT_EQ(to_string(entry.key), entry.name);
  }
  EXPECT_EQ(find_sort_key("memory"), std::nullopt);
}

TEST(Rows, ThreadsHaveOneRowPerTask) {
  GlanceBuilder now(1s);
  now.process(1).runs(1ms);
  now.task(1, 5).runs(9ms);
  now.process(2).runs(5ms);
  const Changes changes = changes_of(now);
  View view;
  view.shape = View::Shape::threads;
  EXPECT_THAT(pids(changes, view), ElementsAre(5, 2, 1));
  EXPECT_EQ(rows_of(changes, view).unfiltered, 3U);
}

TEST(Rows, ATreeListsChildrenBelowTheirParents) {
  GlanceBuilder now(1s);
  now.process(5, 1).runs(9ms);
  now.process(1).runs(1ms);
  now.process(2, 1).runs(2ms);
  now.process(3, 2).runs(3ms);
  now.process(4, 2).runs(4ms);
  now.process(8, 77).runs(2ms);  // its parent is not observed
  EXPECT_THAT(tree(changes_of(now)), ElementsAre("8", "1", "  5", "  2", "    4", "    3"));
  EXPECT_THAT(tree(changes_of(now), sorted_by(SortKey::pid)), ElementsAre("1", "  2", "    3", "    4", "  5", "8"));
}

TEST(Rows, ATreeToleratesACycleOfParents) {
  GlanceBuilder now(1s);
  now.process(1, 1);
  now.process(2, 3);
  now.process(3, 2);
  EXPECT_THAT(tree(changes_of(now), sorted_by(SortKey::pid)), ElementsAre("1", "2", "  3"));
}

TEST(Rows, ATreeMayBeVeryDeep) {
  GlanceBuilder now(1s);
  constexpr std::uint32_t depth = 5000;
  for (std::uint32_t pid = 1; pid <= depth; ++pid) {
    now.process(pid, pid - 1);
  }
  EXPECT_EQ(tree(changes_of(now)).size(), depth);
}

TEST(Rows, AreFilteredByPartOfTheNameOrWholePid) {
  GlanceBuilder now(1s);
  now.process(12).named("postgres");
  now.process(112).named("nginx");
  now.task(112, 113).named("thread-pool");
  const Changes changes = changes_of(now);
  View view;
  view.filter = "gin";
  EXPECT_THAT(pids(changes, view), ElementsAre(112));
  view.filter = "12";
  EXPECT_THAT(pids(changes, view), ElementsAre(12));
  view.filter = "113";
  EXPECT_THAT(pids(changes, view), ElementsAre(112));
  view.filter = "zzz";
  EXPECT_THAT(pids(changes, view), IsEmpty());
  EXPECT_EQ(rows_of(changes, view).unfiltered, 2U);
  view.shape = View::Shape::threads;
  view.filter = "pool";
  EXPECT_THAT(pids(changes, view), ElementsAre(113));
  view.filter = "112";
  EXPECT_THAT(pids(changes, view), ElementsAre(112, 113));
}

TEST(Rows, AFilteredTreeKeepsTheAncestorsOfMatches) {
  GlanceBuilder now(1s);
  now.process(1).named("init");
  now.process(2, 1).named("shell");
  now.process(3, 2).named("make");
  now.process(4, 1).named("cron");
  View view;
  view.filter = "make";
  EXPECT_THAT(tree(changes_of(now), view), ElementsAre("1 context", "  2 context", "    3"));
}

TEST(Rows, KernelThreadsComeLast) {
  GlanceBuilder now(1s);
  now.process(2).in_kernel().runs(0ms, 900ms);
  now.process(3, 2).in_kernel().runs(0ms, 990ms);
  now.process(4).runs(5ms);
  now.process(5, 4).in_kernel().runs(0ms, 950ms);  // a kernel thread that a user process created
  now.process(6, 4);
  now.task(6, 7).in_kernel().runs(0ms, 700ms);  // a kernel worker thread of a user process
  const Changes changes = changes_of(now);
  EXPECT_THAT(pids(changes, {}), ElementsAre(6, 4, 3, 5, 2));
  EXPECT_THAT(pids(changes, sorted_by(SortKey::cpu, true)), ElementsAre(4, 6, 2, 5, 3));
  EXPECT_THAT(tree(changes), ElementsAre("4", "  6", "5", "2", "  3"));
  View threads;
  threads.shape = View::Shape::threads;
  EXPECT_THAT(pids(changes, threads), ElementsAre(4, 6, 3, 5, 2, 7));
}

// "name: processes/tasks"
std::vector<std::string> groups(const Changes& changes, GroupBy by, const std::string& filter = {}) {
  View view;
  view.shape = View::Shape::groups;
  view.by = by;
  view.filter = filter;
  std::vector<std::string> lines;
  for (const Row& row : rows_of(changes, view).rows) {
    lines.push_back(row.comm() + ": " + std::to_string(row.processes) + "/" +
                    std::to_string(row.process->tasks.size()));
  }
  return lines;
}

TEST(Rows, GroupsAreSumsOfTasks) {
  GlanceBuilder now(1s);
  now.process(1).named("make").runs(10ms);
  now.process(2, 1).named("cc1").runs(100ms, 1ms).counts(TC_COUNTER_FAULTS_MINOR, 2);
  now.process(3, 1).named("cc1").runs(200ms, 2ms).counts(TC_COUNTER_FAULTS_MINOR, 3);
  now.task(3, 4).named("worker-7").runs(5ms);
  now.process(5).named("kswapd0").in_kernel().runs(900ms);
  now.process(6).named("kworker/0:1").in_kernel().runs(900ms);
  std::vector<Glance::Task>& tasks = now.glance().tasks;
  tasks[1].command = "cc1 a.c";
  tasks[1].uid = 1000;
  tasks[1].cgroup = 7;
  now.glance().names = {{{"1000", "alice"}}, {{"7", "/user.slice/session-3.scope"}}, {}};
  const Changes changes = changes_of(now);
  EXPECT_THAT(groups(changes, GroupBy::comm), ElementsAre("cc1: 2/3", "make: 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::thread),
              ElementsAre("cc1: 2/2", "make: 1/1", "worker-7: 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::cmdline),
              ElementsAre("[cc1]: 1/2", "cc1 a.c: 1/1", "[make]: 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::tree),
              ElementsAre("cc1 (3): 1/2", "cc1 (2): 1/1", "make (1): 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::user), ElementsAre("unknown user: 2/3", "alice: 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::cgroup),
              ElementsAre("unknown cgroup: 2/3", "session-3.scope: 1/1", "kernel threads: 2/2"));
  EXPECT_THAT(groups(changes, GroupBy::comm, "worker"), ElementsAre("cc1: 2/3", "kernel threads: 2/2"));
  View view;
  view.shape = View::Shape::groups;
  const Rows rows = rows_of(changes, view);
  EXPECT_EQ(rows.rows[0].figures().cpu(), 308ms);
  EXPECT_EQ(rows.rows[0].figures().faults_minor, 5U);
  Figures sum;
  for (const Row& row : rows.rows) {
    add(sum, row.figures());
  }
  EXPECT_EQ(sum.cpu(), changes.total.cpu());
}

}  // namespace
}  // namespace taskcost
