// SPDX-License-Identifier: Apache-2.0
#include "account/glance.h"

#include <gtest/gtest.h>

#include <chrono>

#include "account/host_names.h"
#include "support/ledger_builder.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

TEST(GlanceOfATask, CountsTheOpenIntervalUntilNow) {
  tc_ledger living = ledger(3)
                         .child_of(2)
                         .named("cook")
                         .born_at(1ms)
                         .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 2ms)
                         .still(TC_ACTIVITY_PIPE, TC_CONDITION_BLOCKED, 3ms)
                         .waits_for(TC_WAIT_PIPE);
  const Glance::Task task = to_glance_task(living, Instant(10ms), {});
  EXPECT_EQ(task.id, 3U);
  EXPECT_EQ(task.process, 3U);
  EXPECT_EQ(task.parent_process, 2U);
  EXPECT_EQ(task.tid, 1003U);
  EXPECT_EQ(task.tgid, 1003U);
  EXPECT_EQ(task.comm, "cook");
  EXPECT_TRUE(task.leader);
  EXPECT_FALSE(task.ended || task.kernel_thread);
  EXPECT_EQ(task.activity, TC_ACTIVITY_PIPE);
  EXPECT_EQ(task.condition, TC_CONDITION_BLOCKED);
  EXPECT_EQ(task.account.lifetime, 9ms);
  EXPECT_EQ(task.account.cells[TC_ACTIVITY_PIPE][TC_CONDITION_BLOCKED], 7ms);
  EXPECT_EQ(task.account.waits[TC_WAIT_PIPE].blocked, 7ms);
  EXPECT_EQ(task.account.residual(), 0ns);
  EXPECT_FALSE(task.uid) << "its owner was not read";
  living.cgroup = 44;
  living.uid = 1000;
  const Glance::Task owned = to_glance_task(living, Instant(10ms), {});
  EXPECT_EQ(owned.uid, 1000U);
  EXPECT_EQ(owned.cgroup, 44U);
}

TEST(GlanceOfATask, AnAccountThatHasEndedIsFinal) {
  const tc_ledger ended = ledger(3)
                              .thread_of(2)
                              .born_at(1ms)
                              .cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 2ms)
                              .task_stats({}, {})
                              .ended_at(3ms);
  const Glance::Task task = to_glance_task(ended, Instant(10ms), {});
  EXPECT_TRUE(task.ended);
  EXPECT_FALSE(task.leader);
  EXPECT_EQ(task.account.lifetime, 2ms);
  EXPECT_EQ(task.account.residual(), 0ns);
  EXPECT_FALSE(task.account.task_stats) << "they are for whole windows";
}

// The probes may change a ledger while it is read.
TEST(GlanceOfATask, AStateThatThereIsNotIsAnother) {
  tc_ledger odd = ledger(3).born_at(1ms).still(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 1ms);
  odd.end_ns = 2'000'000;
  odd.activity = TC_NR_ACTIVITIES;
  odd.condition = TC_NR_CONDITIONS;
  const Glance::Task task = to_glance_task(odd, Instant(10ms), {});
  EXPECT_EQ(task.activity, TC_ACTIVITY_OTHER);
  EXPECT_EQ(task.condition, TC_CONDITION_RUNNING);
}

// A capture has the names as the observed machine knew them.
TEST(HostNamesOfASession, AreThoseThatWereSet) {
  Session session;
  Process& process = session.processes.emplace_back();
  process.uid = 1000;
  process.cgroup_id = 44;
  session.processes.emplace_back().uid = 4'000'000'000;
  session.cpu_quotas.emplace_back().cgroup_id = 7;
  session.edges.emplace_back().from = {Waker::Kind::unobserved, 0, 99};
  session.edges.emplace_back().from = {Waker::Kind::task, 1, 98, "cook"};
  HostNames names;
  names.users = {{"1000", "ada"}};
  names.cgroups = {{"44", "/lab"}};
  names.cpu_cgroups = {{"7", "/kitchen"}};
  names.wakers = {{"99", "customer"}};
  set_names(session, names);
  EXPECT_EQ(session.processes[0].user, "ada");
  EXPECT_EQ(session.processes[0].cgroup, "/lab");
  EXPECT_EQ(session.processes[1].user, "") << "it has none";
  EXPECT_EQ(session.cpu_quotas[0].cgroup, "/kitchen");
  EXPECT_EQ(session.edges[0].from.comm, "customer");
  EXPECT_EQ(session.edges[1].from.comm, "cook") << "it is observed";
  const HostNames again = names_in(session);
  EXPECT_EQ(again.users, names.users);
  EXPECT_EQ(again.cgroups, names.cgroups);
  EXPECT_EQ(again.cpu_cgroups, names.cpu_cgroups);
  EXPECT_EQ(name_in(again.wakers, 99), "customer");
}

}  // namespace
}  // namespace taskcost::test
