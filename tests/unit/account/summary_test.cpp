// SPDX-License-Identifier: Apache-2.0
//
// The rule of idle waits, and the costs that the summary finds, from made-up sessions.
#include "account/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "account/idle_waits.h"
#include "support/fixture_waits.h"
#include "support/report_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::AccountBuilder;
using test::add_edge;
using test::ReportBuilder;
using test::task_waker;
using test::task_with;

const Waker outside{Waker::Kind::unobserved, 0, 99};
const Waker by_timer{Waker::Kind::timer, 0, 0};
const Waker by_interrupt{Waker::Kind::interrupt, 0, 0};

AccountBuilder blocked(tc_wait cause, Duration time) { return AccountBuilder().blocks(TC_ACTIVITY_OTHER, time, cause); }

// A server (10) that waited 100 ms for `cause`, and a client (20) that is observed as well.
Session server_waiting_for(tc_wait cause) {
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms, blocked(cause, 100ms).runs(TC_ACTIVITY_USER, 100ms));
  builder.process(20, "client", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 200ms));
  return builder.build().session;
}

SplitWaits split_of(const Session& session, std::uint32_t tid) {
  const Task& task = task_with(session, tid);
  return IdleRule(session).split(task, task.account);
}

Duration on_the_way(const Session& session, std::uint32_t tid) { return sum_of(split_of(session, tid).on_the_way); }

Duration on_the_way(tc_wait cause, const Waker& waker, const std::string& call_site = "write") {
  Session session = server_waiting_for(cause);
  add_edge(session, waker, 10, cause, 1, 100ms, {{call_site, 1}});
  return on_the_way(session, 10);
}

Waker by_client() { return task_waker(server_waiting_for(TC_WAIT_PIPE), 20); }

TEST(IdleWaits, AreToldByTheirCause) {
  for (const tc_wait cause : {TC_WAIT_EPOLL, TC_WAIT_POLL, TC_WAIT_TIMER, TC_WAIT_SIGNAL, TC_WAIT_CHILD,
                              TC_WAIT_CREATION, TC_WAIT_STOPPED, TC_WAIT_FROZEN}) {
    EXPECT_EQ(on_the_way(cause, by_client()), 0ms) << key_of(cause);
  }
  for (const tc_wait cause : {TC_WAIT_DISK, TC_WAIT_PAGE_FAULT, TC_WAIT_MEMORY, TC_WAIT_FILE_LOCK, TC_WAIT_OTHER}) {
    EXPECT_EQ(on_the_way(cause, by_interrupt), 100ms) << key_of(cause);
    EXPECT_EQ(on_the_way(cause, outside), 100ms) << key_of(cause);
  }
}

TEST(IdleWaits, ForDataAreToldByTheirWaker) {
  for (const tc_wait cause : {TC_WAIT_PIPE, TC_WAIT_UNIX_SOCKET, TC_WAIT_INET_SOCKET, TC_WAIT_FUTEX_SHARED}) {
    EXPECT_EQ(on_the_way(cause, by_client()), 100ms) << key_of(cause);
    EXPECT_EQ(on_the_way(cause, outside), 0ms) << key_of(cause);
    EXPECT_EQ(on_the_way(cause, by_timer), 0ms) << key_of(cause);
    EXPECT_EQ(on_the_way(cause, by_interrupt), 0ms) << key_of(cause);
    EXPECT_EQ(on_the_way(server_waiting_for(cause), 10), 0ms) << "no waker is known: " << key_of(cause);
  }
}

TEST(IdleWaits, InAcceptEndByAConnection) {
  EXPECT_EQ(on_the_way(TC_WAIT_INET_SOCKET, by_client(), "connect"), 0ms);
  EXPECT_EQ(on_the_way(TC_WAIT_INET_SOCKET, by_client(), "sendto"), 100ms);
}

TEST(IdleWaits, ForAThreadsExitAreThatThreads) {
  EXPECT_EQ(on_the_way(TC_WAIT_FUTEX_PRIVATE, by_client(), "exit"), 0ms);
  EXPECT_EQ(on_the_way(TC_WAIT_FUTEX_PRIVATE, by_client(), "futex"), 100ms);
}

TEST(IdleWaits, AreSplitEdgeByEdge) {
  Session session = server_waiting_for(TC_WAIT_PIPE);
  add_edge(session, task_waker(session, 20), 10, TC_WAIT_PIPE, 5, 60ms, {{"write", 5}});
  add_edge(session, outside, 10, TC_WAIT_PIPE, 5, 30ms);
  const SplitWaits split = split_of(session, 10);
  EXPECT_EQ(split.on_the_way[TC_WAIT_PIPE], 60ms);
  EXPECT_EQ(split.idle[TC_WAIT_PIPE], 40ms) << "10 ms have no edge";
}

TEST(IdleWaits, NeverExceedTheBlockedTime) {
  Session session = server_waiting_for(TC_WAIT_PIPE);
  add_edge(session, outside, 10, TC_WAIT_PIPE, 5, 300ms);
  const SplitWaits split = split_of(session, 10);
  EXPECT_EQ(split.idle[TC_WAIT_PIPE], 100ms);
  EXPECT_EQ(split.on_the_way[TC_WAIT_PIPE], 0ms);
}

// Workers of a process, each of which waits for `waited` of a second.
Session pool(Duration waited, std::uint32_t workers) {
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1s));
  for (std::uint32_t i = 0; i < workers; ++i) {
    builder.thread(11 + i, "work-" + std::to_string(i), 0ms,
                   blocked(TC_WAIT_FUTEX_PRIVATE, waited).runs(TC_ACTIVITY_USER, 1s - waited));
  }
  return builder.build().session;
}

TEST(IdleWaits, OfServingThreadsAreForWork) {
  EXPECT_EQ(on_the_way(pool(950ms, 2), 11), 0ms);
  EXPECT_EQ(on_the_way(pool(950ms, 1), 11), 0ms);
  EXPECT_EQ(on_the_way(pool(500ms, 2), 11), 500ms) << "it is busy";
  Session session = server_waiting_for(TC_WAIT_FUTEX_PRIVATE);
  session.processes[0].tasks[0].account->cells[TC_ACTIVITY_USER][TC_CONDITION_RUNNING] = 1ms;
  EXPECT_EQ(on_the_way(session, 10), 100ms) << "the leader serves no other thread";
}

TEST(IdleWaits, OfAThreadThatWatchesTheTime) {
  Session session = server_waiting_for(TC_WAIT_FUTEX_PRIVATE);
  add_edge(session, by_timer, 10, TC_WAIT_FUTEX_PRIVATE, 100, 100ms);
  EXPECT_EQ(on_the_way(session, 10), 100ms) << "threads that take turns by a time slice, as under Python's lock";
  session.processes[0].tasks[0].account->lifetime = 105ms;
  EXPECT_EQ(on_the_way(session, 10), 0ms);
}

TEST(IdleWaits, ThatTheWindowCutDelayedNothing) {
  Session session = pool(500ms, 1);
  session.processes[0].tasks[1].account->waits[TC_WAIT_FUTEX_PRIVATE].open = 1;
  EXPECT_EQ(on_the_way(session, 11), 0ms);
}

TEST(IdleWaits, OfKernelWorkersAreForWork) {
  Session session = server_waiting_for(TC_WAIT_OTHER);
  session.processes[0].tasks[0].origin = TaskOrigin::worker;
  EXPECT_EQ(on_the_way(session, 10), 0ms);
}

TEST(IdleWaits, AreNotBusyTime) {
  const Session session = server_waiting_for(TC_WAIT_EPOLL);
  EXPECT_EQ(busy_times(session).at(task_with(session, 10).id), 100ms);
  const Session disk = server_waiting_for(TC_WAIT_DISK);
  EXPECT_EQ(busy_times(disk).at(task_with(disk, 10).id), 200ms);
  Session pipe = server_waiting_for(TC_WAIT_PIPE);
  add_edge(pipe, task_waker(pipe, 20), 10, TC_WAIT_PIPE, 1, 100ms, {{"write", 1}});
  EXPECT_EQ(busy_times(pipe).at(task_with(pipe, 10).id), 100ms) << "the client was busy meanwhile";
}

const Cost& cost_of_wait(const Summary& summary, tc_wait wait) {
  for (const Cost& cost : summary.costs) {
    if (cost.wait == wait) {
      return cost;
    }
  }
  throw std::out_of_range("no such cost");
}

TEST(Summary, NamesTheLargestWaker) {
  Session session = server_waiting_for(TC_WAIT_FUTEX_SHARED);
  add_edge(session, task_waker(session, 20), 10, TC_WAIT_FUTEX_SHARED, 5, 60ms, {{"futex", 5}});
  add_edge(session, task_waker(session, 10), 10, TC_WAIT_FUTEX_SHARED, 5, 40ms, {{"futex", 5}});
  const Cost cost = cost_of_wait(summary_of(session), TC_WAIT_FUTEX_SHARED);
  EXPECT_EQ(cost.process, "server");
  EXPECT_EQ(cost.time, 100ms);
  EXPECT_EQ(cost.by, Waker::Kind::task);
  EXPECT_EQ(cost.by_process, "client");
  EXPECT_EQ(cost.by_time, 60ms);
  EXPECT_EQ(cost.count, 1);
}

TEST(Summary, CountsWaitsOnlyIfAllAreOnOneSide) {
  Session session = server_waiting_for(TC_WAIT_PIPE);
  add_edge(session, task_waker(session, 20), 10, TC_WAIT_PIPE, 5, 60ms, {{"write", 5}});
  EXPECT_EQ(cost_of_wait(summary_of(session), TC_WAIT_PIPE).count, std::nullopt);
}

TEST(Summary, SumsUpProcessesAndThreadsByName) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 3; ++i) {
    builder.process(10 + i, "cc1", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 10ms));
  }
  builder.process(20, "java", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 20ms));
  builder.thread(21, "work-1", 0ms, AccountBuilder().runs(TC_ACTIVITY_FILE, 5ms, 7));
  builder.thread(22, "work-2", 0ms, AccountBuilder().runs(TC_ACTIVITY_FILE, 5ms, 8));
  builder.thread(23, "GC-1", 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  builder.aggregated("cc1", 50, AccountBuilder().runs(TC_ACTIVITY_USER, 100ms));
  const Summary summary = summary_of(builder.build().session);
  ASSERT_EQ(summary.costs.size(), 4U);
  EXPECT_EQ(summary.costs[0].process, "cc1");
  EXPECT_EQ(summary.costs[0].thread, "");
  EXPECT_EQ(summary.costs[0].tasks, 53U);
  EXPECT_EQ(summary.costs[0].time, 130ms);
  EXPECT_EQ(summary.costs[1].process, "java");
  EXPECT_EQ(summary.costs[2].thread, "work-*");
  EXPECT_EQ(summary.costs[2].count, 15);
  EXPECT_EQ(summary.costs[3].thread, "GC-1") << "it is the only one";
  EXPECT_EQ(summary.user, 151ms);
  EXPECT_EQ(summary.kernel, 10ms);
}

TEST(Summary, WaitsForDataFollowWhatIsNotSmall) {
  ReportBuilder builder;
  builder.process(
      10, "sort", TaskOrigin::fork, 0ms,
      AccountBuilder().runs(TC_ACTIVITY_USER, 500ms).runs(TC_ACTIVITY_FILE, 100ms).runs(TC_ACTIVITY_EXEC, 1ms));
  builder.process(20, "tail", TaskOrigin::fork, 0ms, blocked(TC_WAIT_PIPE, 600ms));
  Session session = builder.build().session;
  add_edge(session, task_waker(session, 10), 20, TC_WAIT_PIPE, 5, 600ms, {{"write", 5}});
  const Summary summary = summary_of(session);
  ASSERT_EQ(summary.costs.size(), 4U);
  EXPECT_EQ(summary.costs[0].kind, Cost::Kind::user);
  EXPECT_EQ(summary.costs[1].activity, TC_ACTIVITY_FILE);
  EXPECT_EQ(summary.costs[2].wait, TC_WAIT_PIPE);
  EXPECT_EQ(summary.costs[3].activity, TC_ACTIVITY_EXEC);
}

TEST(Summary, OfNothingHasNoUtilization) {
  const Summary summary = summary_of({});
  EXPECT_EQ(summary.cpus_utilized(), std::nullopt);
  EXPECT_TRUE(summary.costs.empty());
  EXPECT_TRUE(summary.idle.empty());
}

TEST(Summary, LeavesKernelThreadsOut) {
  ReportBuilder builder;
  builder.process(1, "sh", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  builder.kernel_thread(2, "kworker", AccountBuilder().runs(TC_ACTIVITY_KERNEL, 1s));
  EXPECT_EQ(summary_of(builder.build().session).kernel, 0ms);
}

TEST(Summary, AddsUpToTheTotals) {
  const Report report = test::full_report();
  const Summary summary = summary_of(report.session);
  const Account& totals = report.session.totals;
  EXPECT_EQ(summary.lifetime, totals.lifetime);
  EXPECT_EQ(summary.running_time(), totals.total(TC_CONDITION_RUNNING));
  EXPECT_EQ(summary.preempted, totals.total(TC_CONDITION_PREEMPTED));
  EXPECT_EQ(sum_of(summary.waits.idle) + sum_of(summary.waits.on_the_way), totals.total(TC_CONDITION_BLOCKED));
}

}  // namespace
}  // namespace taskcost
