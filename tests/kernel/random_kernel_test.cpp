// SPDX-License-Identifier: Apache-2.0
//
// Random programs, drawn from a seed. Each keeps its own account of what its tasks did, what passed between them and
// which waited for which.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using Pair = std::tuple<pid_t, pid_t, std::string>;  // from, to, channel

struct Truth {
  std::map<pid_t, Json> tasks;             // by tid
  std::map<Pair, std::int64_t> bytes;      // of pairs
  std::map<pid_t, std::int64_t> programs;  // seed, by process
  std::set<Pair> meetings;                 // waker, sleeper, cause
  std::set<pid_t> killed;                  // by SIGKILL

  explicit Truth(const std::string& log) {
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      const Json entry = Json::parse(line);
      if (entry.contains("tid")) {
        tasks[entry.at("tid").get<pid_t>()] = entry;
        programs[entry.at("process").get<pid_t>()] = entry.at("seed").get<std::int64_t>();
      } else if (entry.contains("waker")) {
        meetings.emplace(entry.at("waker").get<pid_t>(), entry.at("sleeper").get<pid_t>(),
                         entry.at("cause").get<std::string>());
      } else if (entry.contains("killed")) {
        killed.insert(entry.at("killed").get<pid_t>());
      } else {
        bytes[{entry.at("from").get<pid_t>(), entry.at("to").get<pid_t>(), entry.at("channel").get<std::string>()}] +=
            entry.at("bytes").get<std::int64_t>();
      }
    }
  }
};

BytesByChannel bytes_of(const Json& reported) {
  BytesByChannel sums;
  for (const auto& [key, value] : reported.items()) {
    if (value.is_object()) {
      const std::string channel = value.at("channel");
      sums[channel + " in"] += value.at("in").get<std::int64_t>();
      sums[channel + " out"] += value.at("out").get<std::int64_t>();
    }
  }
  return sums;
}

void expect_tasks(const Report& report, const Truth& truth) {
  std::map<pid_t, const Json*> reported;
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      reported[task.at("tid").get<pid_t>()] = &task;
    }
  }
  for (const auto& [tid, task] : truth.tasks) {
    SCOPED_TRACE("seed " + task.at("seed").dump() + ", task " + std::to_string(tid));
    ASSERT_TRUE(reported.contains(tid));
    const Json& counters = reported[tid]->at("account").at("counters");
    EXPECT_EQ(counters.at("children_threads"), task.at("threads"));
    EXPECT_EQ(counters.at("children_forks"), task.at("forks"));
    EXPECT_EQ(counters.at("children_spawns"), task.at("spawns"));
    EXPECT_EQ(counters.at("children_vforks"), task.at("vforks"));
    EXPECT_EQ(counters.at("execs"), task.at("execs"));
    EXPECT_EQ(bytes_by_channel(*reported[tid]), bytes_of(task));
  }
  for (const pid_t pid : truth.killed) {
    const Json* process = report.find(pid);
    ASSERT_NE(process, nullptr);
    EXPECT_EQ(process->at("exit_signal"), SIGKILL);
  }
}

// Bytes between two tasks pass through their channels, and no bytes pass between tasks that share none. The report may
// have the bytes of a pair for each of the two tasks instead, if a channel has more ends.
void expect_pairs(const Report& report, const Truth& truth) {
  std::map<Pair, std::int64_t> reported;
  for (const Json& edge : report["edges"]) {
    const bool both = edge.at("from_tid").is_number() && edge.at("to_tid").is_number();
    if (both && edge.at("from_tid") != edge.at("to_tid") && edge.at("bytes").is_number() && edge.at("bytes") != 0) {
      reported[{edge.at("from_tid").get<pid_t>(), edge.at("to_tid").get<pid_t>(),
                edge.at("channel").get<std::string>()}] += edge.at("bytes").get<std::int64_t>();
    }
  }
  for (const auto& [pair, bytes] : truth.bytes) {
    const auto& [from, to, channel] = pair;
    SCOPED_TRACE("seed " + truth.tasks.at(from).at("seed").dump() + ": " + std::to_string(from) + " to " +
                 std::to_string(to) + " through " + channel);
    EXPECT_EQ(reported[pair], bytes);
  }
  for (const auto& [pair, bytes] : reported) {
    const auto& [from, to, channel] = pair;
    EXPECT_TRUE(bytes == 0 || truth.bytes.contains(pair))
        << bytes << " bytes from " << from << " to " << to << " through " << channel;
  }
}

// A process that exits or execs closes ends that it had inherited, and wakes the tasks that wait there.
bool only_closes(const Json& edge) {
  const std::set<std::string> closing{"exit", "close", "execve"};
  return std::ranges::all_of(edge.at("call_sites").items(),
                             [&](const auto& place) { return closing.contains(place.key()); });
}

bool exchange_bytes(const Truth& truth, pid_t one, pid_t other, const std::string& channel) {
  return truth.bytes.contains({one, other, channel}) || truth.bytes.contains({other, one, channel});
}

// A task that waits for a channel is woken by the task at its other end; one that waits for a task, by that task.
void expect_wakers(const Report& report, const Truth& truth) {
  const std::set<std::string> channels{"pipe", "unix_socket", "inet_socket", "message_queue", "sysv_queue"};
  const std::set<std::string> meetings{"futex_shared", "sysv_semaphore", "file_lock"};
  const std::set<std::string> looks{"poll", "epoll", "async_io"};
  for (const Json& edge : report["edges"]) {
    const std::string cause = edge.at("channel");
    if ((!channels.contains(cause) && !meetings.contains(cause) && !looks.contains(cause)) ||
        !edge.at("to_tid").is_number() || edge.at("wakeups") == 0 || only_closes(edge) ||
        !truth.tasks.contains(edge.at("to_tid").get<pid_t>())) {
      continue;
    }
    SCOPED_TRACE(edge.dump());
    ASSERT_TRUE(edge.at("from_tid").is_number());
    const auto from = edge.at("from_tid").get<pid_t>();
    const auto to = edge.at("to_tid").get<pid_t>();
    if (meetings.contains(cause)) {
      EXPECT_TRUE(truth.meetings.contains({from, to, cause}));
    } else if (looks.contains(cause)) {
      EXPECT_TRUE(std::ranges::any_of(
          channels, [&](const std::string& channel) { return exchange_bytes(truth, from, to, channel); }));
    } else {
      EXPECT_TRUE(exchange_bytes(truth, from, to, cause));
    }
  }
}

void expect_reported(std::int64_t first, std::int64_t count) {
  SCOPED_TRACE("seeds from " + std::to_string(first));
  const TemporaryDirectory directory;
  const std::string log = directory.file("truth");
  const Observed observed = observe({program("random_life"), log, std::to_string(first), std::to_string(count)});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_no_losses(*observed.report);
  expect_closed(*observed.report);
  expect_waits(*observed.report);
  const Truth truth(read_file(log));
  expect_tasks(*observed.report, truth);
  expect_pairs(*observed.report, truth);
  expect_wakers(*observed.report, truth);
}

TEST(RandomPrograms, AreReportedAsTheyWere) {
  constexpr std::int64_t at_once = 100;
  const std::int64_t programs = std::getenv("TASKCOST_THOROUGH") != nullptr ? 20'000 : 500;
  for (std::int64_t first = 1; first <= programs && !HasFailure(); first += at_once) {
    expect_reported(first, at_once);
  }
}

}  // namespace
}  // namespace taskcost::test
