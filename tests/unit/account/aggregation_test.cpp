// SPDX-License-Identifier: Apache-2.0
// Tests what happens to tasks beyond the number that is kept one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "account/session_builder.h"
#include "support/ledger_builder.h"
#include "support/session.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::everything_measured;
using test::exec_of;
using test::finish;
using test::ledger;
using test::LedgerBuilder;
using test::reap_of;

SessionBuilder keeping(std::size_t tasks) {
  auto options = everything_measured();
  options.kept_tasks = tasks;
  return SessionBuilder(options);
}

// Task `id` starts after `id` ms and lives for 1 ms.
LedgerBuilder short_life(std::uint64_t id) {
  return ledger(id).born_at(id * 1ms).cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 1ms).ended_at((id + 1) * 1ms);
}

TEST(Aggregation, SumsLaterTasksByName) {
  SessionBuilder builder = keeping(1);
  builder.on_ledger(short_life(1).named("first"));
  builder.on_ledger(short_life(2).named("cc1"));
  builder.on_ledger(short_life(3).named("as").task_stats({}, {}));
  builder.on_ledger(short_life(4).named("cc1"));
  builder.on_ledger(short_life(5).named("cc1").thread_of(4));
  const Session session = finish(builder, 1s);
  ASSERT_EQ(session.processes.size(), 1U);
  EXPECT_EQ(session.processes[0].comm, "first");
  ASSERT_EQ(session.aggregated.size(), 2U);
  EXPECT_EQ(session.aggregated[0].comm, "as");
  EXPECT_EQ(session.aggregated[0].tasks, 1U);
  EXPECT_TRUE(session.aggregated[0].total.task_stats);
  EXPECT_EQ(session.aggregated[1].comm, "cc1");
  EXPECT_EQ(session.aggregated[1].tasks, 3U);
  EXPECT_EQ(session.aggregated[1].processes, 2U);
  EXPECT_EQ(session.aggregated[1].total.lifetime, 3ms);
  EXPECT_EQ(session.aggregated[1].total.residual(), 0ms);
  EXPECT_EQ(session.task_count, 5U);
  EXPECT_EQ(session.process_count, 4U);
  EXPECT_EQ(session.totals.lifetime, 5ms);
}

TEST(Aggregation, KeepsTheExitStatusOfAnAggregatedThread) {
  SessionBuilder builder = keeping(1);
  builder.on_ledger(short_life(2).thread_of(1).named("kept"));
  builder.on_ledger(short_life(3).thread_of(1).named("aggregated").with_group_status(9));
  builder.on_ledger(ledger(1).named("leader").born_at(0ms).ended_at(5ms));
  const Session session = finish(builder, 1s);
  ASSERT_EQ(session.processes.size(), 1U);
  const Process& process = session.processes[0];
  EXPECT_EQ(process.tasks.size(), 1U);
  EXPECT_EQ(process.comm, "leader");
  EXPECT_EQ(process.exit_signal, 9);
  EXPECT_EQ(process.start, Instant{0ms});
  EXPECT_EQ(process.end, Instant{5ms});
  EXPECT_EQ(session.aggregated.size(), 2U);
  EXPECT_EQ(session.process_count, 1U);
}

TEST(Aggregation, SparesTheLaunchedCommandAndTheLiving) {
  SessionBuilder builder = keeping(1);
  builder.on_exec(exec_of(2, 1ms, "make", "make"));
  builder.on_ledger(short_life(1).named("first"));
  builder.on_ledger(short_life(3).named("aggregated"));
  builder.on_ledger(short_life(2).named("make").launched().flag(TC_LEDGER_REUSED_ID));
  builder.on_ledger(short_life(4).named("make").thread_of(2).flag(TC_LEDGER_LEADER));
  builder.on_ledger(ledger(5).named("daemon").born_at(9ms));
  const Session session = finish(builder, 1s);
  ASSERT_EQ(session.processes.size(), 3U);
  EXPECT_EQ(session.processes[1].command, "make");
  EXPECT_EQ(session.processes[1].tasks.size(), 2U);
  EXPECT_EQ(session.processes[2].comm, "daemon");
  ASSERT_EQ(session.aggregated.size(), 1U);
  EXPECT_EQ(session.aggregated[0].comm, "aggregated");
}

TEST(Aggregation, KeepsHistogramsAndTotalsWhole) {
  SessionBuilder builder = keeping(0);
  builder.on_ledger(short_life(2)
                        .child_of(1)
                        .with_pid(77)
                        .copied_in(5us)
                        .published(2ms, 2ms + 2us)
                        .first_ran_at(2ms + 6us)
                        .began_exit_at(3ms - 8us));
  builder.on_reap(reap_of(1, 77, 3ms + 9us));
  builder.on_ledger(short_life(1).created(TC_CREATION_FORK, {1, 5'000, 2'000, 0, 0, 0}));
  const Session session = finish(builder, 1s);
  EXPECT_TRUE(session.processes.empty());
  EXPECT_EQ(session.histograms.at("creation_fork").sum(), 7us);
  EXPECT_EQ(session.histograms.at("child_start").sum(), 4us);
  EXPECT_EQ(session.histograms.at("exit").sum(), 8us);
  EXPECT_EQ(session.histograms.at("zombie").sum(), 9us);
  EXPECT_EQ(session.totals.creations[TC_CREATION_FORK].starts, 1U);
  EXPECT_EQ(session.aggregated[0].total.creations[TC_CREATION_FORK].child_start, 4us);
}

// Their sum is apart from the totals, so it is apart from what adds up to these.
TEST(Aggregation, LeavesOutKernelThreads) {
  SessionBuilder builder = keeping(0);
  builder.on_ledger(short_life(1).named("cc1"));
  builder.on_ledger(short_life(2).named("kworker/0:1").flag(TC_LEDGER_KERNEL_WORKER));
  const Session session = finish(builder, 1s);
  ASSERT_EQ(session.aggregated.size(), 1U);
  EXPECT_EQ(session.aggregated[0].comm, "cc1");
  EXPECT_EQ(session.totals.lifetime, 1ms);
  EXPECT_EQ(session.kernel_totals.lifetime, 1ms);
}

TEST(Aggregation, BoundsTheNumberOfNames) {
  SessionBuilder builder = keeping(0);
  for (std::uint64_t id = 1; id <= 3000; ++id) {
    builder.on_ledger(short_life(id).named("job" + std::to_string(id)));
  }
  const Session session = finish(builder, 10s);
  EXPECT_EQ(session.aggregated.size(), 1025U);
  EXPECT_EQ(session.aggregated[0].comm, "(others)");
  EXPECT_EQ(session.aggregated[0].tasks, 3000U - 1024U);
}

// There are more tasks than the builder may hold, each with its own name by exec. Half of them are reaped, half are
// orphans of a creator that exited before them.
TEST(Aggregation, ManyShortTasksDoNotGrowTheBuilder) {
  constexpr std::uint64_t tasks = 200'000;
  SessionBuilder builder = keeping(100);
  std::size_t most_held = 0;
  LedgerBuilder task = ledger(1).cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 10us);
  for (std::uint64_t id = 2; id <= tasks; ++id) {
    tc_ledger short_lived = task;
    const std::uint64_t end = id * 10'000;
    short_lived.id = short_lived.process = short_lived.address_space = id;
    short_lived.creator = short_lived.parent_process = id % 2 == 0 ? 1 : id - 2;
    short_lived.pid_seen_by_parent = static_cast<std::uint32_t>(2 + id % 30'000);
    short_lived.start_ns = end - 10'000;
    short_lived.newtask_ns = short_lived.published_ns = short_lived.first_run_ns = end - 9'000;
    short_lived.exit_start_ns = end - 1'000;
    short_lived.end_ns = short_lived.since_ns = end;
    builder.on_exec(exec_of(id, std::chrono::nanoseconds(end - 5'000), "sh", "sh"));
    builder.on_ledger(short_lived);
    if (id % 2 == 0) {
      builder.on_reap(reap_of(1, short_lived.pid_seen_by_parent, std::chrono::nanoseconds(end + 500)));
    }
    most_held = std::max(most_held, builder.held());
  }
  EXPECT_LT(most_held, 3U * 65'536U);
  const Session session = finish(builder, tasks * 10us);
  EXPECT_EQ(session.task_count, tasks - 1);
  EXPECT_EQ(session.processes.size(), 100U);
  ASSERT_EQ(session.aggregated.size(), 1U);
  EXPECT_EQ(session.aggregated[0].tasks, tasks - 101);
  EXPECT_EQ(session.totals.lifetime, (tasks - 1) * 10us);
  EXPECT_EQ(session.totals.residual(), 0us);
  EXPECT_EQ(session.histograms.at("zombie").count(), tasks / 2);
  EXPECT_EQ(session.totals.creations[TC_CREATION_FORK].starts, tasks - 1);
}

}  // namespace
}  // namespace taskcost
