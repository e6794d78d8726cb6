// SPDX-License-Identifier: Apache-2.0
//
// Reports about tasks that wait for each other, made with report_builder.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/report_builder.h"

namespace taskcost::test {

inline const Task& task_with(const Session& session, std::uint32_t tid) {
  for (const Process& process : session.processes) {
    for (const Task& task : process.tasks) {
      if (task.tid == tid) {
        return task;
      }
    }
  }
  throw std::out_of_range("no such task");
}

inline Waker task_waker(const Session& session, std::uint32_t tid) {
  return {Waker::Kind::task, task_with(session, tid).id, tid};
}

// Adds an edge from `waker` to the task `tid`; 0 stands for a task that is not named.
inline void add_edge(Session& session, const Waker& waker, std::uint32_t tid, tc_wait cause, std::uint64_t wakeups,
                     Duration waited, const std::map<std::string, std::uint64_t>& places = {},
                     std::optional<std::uint64_t> bytes = std::nullopt) {
  const std::uint64_t to = tid == 0 ? 0 : task_with(session, tid).id;
  session.edges.push_back({waker, to, tid, cause, wakeups, waited, waited / 2, places, bytes});
}

// A baker with two threads, a waiter and a guest. Every kind of waker occurs, and so do edges inside a process, several
// causes for one pair, an edge to a task that is not named, and edges of tasks that are not kept.
inline Report report_with_waits() {
  ReportBuilder builder;
  builder
      .process(10, "baker", TaskOrigin::attached, 0ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 50ms, 5)
                   .blocks(TC_ACTIVITY_PIPE, 240ms, TC_WAIT_PIPE)
                   .blocks(TC_ACTIVITY_WAIT, 17ms, TC_WAIT_CHILD)
                   .transfers(TC_CHANNEL_PIPE, 8, 4096, 512))
      .thread(11, "oven", 1ms,
              AccountBuilder().runs(TC_ACTIVITY_USER, 9ms, 1).blocks(TC_ACTIVITY_FUTEX, 33ms, TC_WAIT_FUTEX_PRIVATE))
      .process(20, "waiter", TaskOrigin::fork, 2ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 20ms, 2)
                   .blocks(TC_ACTIVITY_PIPE, 60ms, TC_WAIT_PIPE)
                   .creates(TC_CREATION_FORK, 1, 61us))
      .inside(2, 2)
      .thread(21, "tray", 3ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms))
      .inside(2, 7)
      .process(30, "guest", TaskOrigin::fork, 3ms,
               AccountBuilder().runs(TC_ACTIVITY_USER, 2ms).blocks(TC_ACTIVITY_SLEEP, 500ms, TC_WAIT_TIMER));
  Report report = builder.build();
  Session& session = report.session;
  const auto from = [&session](std::uint32_t tid) { return task_waker(session, tid); };
  add_edge(session, {Waker::Kind::interrupt, 0, 0}, 30, TC_WAIT_TIMER, 5, 500ms);
  add_edge(session, from(20), 10, TC_WAIT_PIPE, 40, 200ms, {{"write", 39}, {"close", 1}}, 4096);
  add_edge(session, from(10), 20, TC_WAIT_PIPE, 12, 60ms, {{"write", 12}}, 512);
  add_edge(session, from(20), 10, TC_WAIT_CHILD, 1, 17ms, {{"exit", 1}});
  add_edge(session, from(10), 11, TC_WAIT_FUTEX_PRIVATE, 3, 33ms, {{"futex", 3}});
  add_edge(session, from(21), 10, TC_WAIT_PIPE, 2, 11ms, {{"write", 2}}, 64);
  add_edge(session, {Waker::Kind::unobserved, 0, 99}, 10, TC_WAIT_PIPE, 4, 8ms);
  add_edge(session, {Waker::Kind::unobserved, 0, 98}, 10, TC_WAIT_PIPE, 4, 7ms);
  add_edge(session, {Waker::Kind::several, 0, 0}, 10, TC_WAIT_PIPE, 6, 6ms);
  add_edge(session, {Waker::Kind::unknown, 0, 0}, 20, TC_WAIT_OTHER, 1, 5ms);
  add_edge(session, {Waker::Kind::task, 0, 0}, 10, TC_WAIT_PIPE, 2, 4ms, {{"write", 2}}, 32);
  add_edge(session, from(10), 0, TC_WAIT_PIPE, 0, 0ms, {}, 128);
  session.other_edges = 3;
  const auto link = [&](std::uint32_t tid, const Waker& waker, tc_wait cause, std::string call_site, Duration waited) {
    return ChainLink{task_with(session, tid).id, tid, waker, cause, std::move(call_site), waited};
  };
  session.chains = {{link(10, from(20), TC_WAIT_PIPE, "write", 41ms), link(20, from(11), TC_WAIT_PIPE, "close", 38ms),
                     link(11, {Waker::Kind::interrupt, 0, 0}, TC_WAIT_TIMER, "", 30ms)},
                    {link(10, from(20), TC_WAIT_CHILD, "exit", 17ms),
                     link(20, {Waker::Kind::unobserved, 0, 99}, TC_WAIT_EPOLL, "", 9ms)}};
  return report;
}

// Leaves out what account_of() in ledger.cpp leaves out under --detail switches.
inline Report without_calls(Report report) {
  const auto reduce = [](Account& account) {
    account.channels.fill(std::nullopt);
    for (int activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
      if (activity != TC_ACTIVITY_PAGE_FAULT && activity != TC_ACTIVITY_EXIT && activity != TC_ACTIVITY_KERNEL) {
        account.entries[activity].reset();
      }
    }
    account.counters[TC_COUNTER_SYSCALLS].reset();
    account.counters[TC_COUNTER_SHARED_MAPPING_BYTES].reset();
    for (CreationSums& sums : account.creations) {
      sums.copy = Duration::zero();
      sums.copies = 0;
      sums.returned = Duration::zero();
      sums.returns = 0;
    }
  };
  Session& session = report.session;
  session.calls_seen = false;
  reduce(session.totals);
  reduce(session.kernel_totals);
  for (AggregatedProcesses& aggregated : session.aggregated) {
    reduce(aggregated.total);
  }
  for (Process& process : session.processes) {
    for (Task& task : process.tasks) {
      Account account = task.account;
      reduce(account);
      task.account = account;
    }
  }
  for (Edge& edge : session.edges) {
    edge.bytes.reset();
  }
  return report;
}

}  // namespace taskcost::test
