// SPDX-License-Identifier: Apache-2.0
//
// What tasks wait for and what ends the wait, compared with programs that time their own waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/expect.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

const Json* process_named(const Report& report, const std::string& comm) {
  for (const Json& process : report.processes()) {
    if (process.at("comm") == comm) {
      return &process;
    }
  }
  return nullptr;
}

// The program timed the wait itself: the kernel's blocked time cannot be longer, and is most of it.
void expect_timed(std::int64_t accounted, std::int64_t own_clock) {
  EXPECT_LE(accounted, own_clock);
  EXPECT_GE(accounted, own_clock / 2);
}

class Waits : public ::testing::TestWithParam<const char*> {};

TEST_P(Waits, HaveTheirCauses) {
  const Observed observed = observe({program("waits"), "20"}, {"--detail", GetParam()});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  const Json* process = observed.report->find(observed.report->json().at("target").at("pid").get<pid_t>());
  ASSERT_NE(process, nullptr);
  const Json& waits = process->at("tasks").at(0).at("account").at("waits");
  std::istringstream lines(observed.finished.out);
  std::string cause;
  std::int64_t own_clock = 0;
  std::size_t causes = 0;
  for (; lines >> cause >> own_clock; ++causes) {
    SCOPED_TRACE(cause);
    ASSERT_TRUE(waits.contains(cause)) << waits.dump();
    EXPECT_GE(waits[cause].at("count"), 1);
    if (cause != "child" && cause != "timer") {  // the program also has others of these, which it does not print
      expect_timed(waits[cause].at("blocked_ns"), own_clock);
    }
  }
  EXPECT_EQ(causes, 13);
}

INSTANTIATE_TEST_SUITE_P(Detail, Waits, ::testing::Values("full", "switches"),
                         [](const auto& level) { return std::string(level.param); });

// Each wait is in a process of its own, so that a wait for something else is detected.
TEST_P(Waits, OfACallAreForWhatItWaitsFor) {
  const Observed observed = observe({program("waits_in_calls"), "100"}, {"--detail", GetParam()});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  std::istringstream lines(observed.finished.out);
  std::string situation;
  pid_t pid = 0;
  std::string cause;
  std::int64_t own_clock = 0;
  std::size_t situations = 0;
  for (; lines >> situation >> pid >> cause >> own_clock; ++situations) {
    SCOPED_TRACE(situation);
    const Json* process = observed.report->find(pid);
    ASSERT_NE(process, nullptr);
    const Json& account = process->at("tasks").at(0).at("account");
    const Json& waits = account.at("waits");
    ASSERT_TRUE(waits.contains(cause)) << waits.dump();
    EXPECT_LE(waits[cause].at("blocked_ns"), own_clock);
    EXPECT_GE(waits[cause].at("blocked_ns"), own_clock * 3 / 4);
    for (const auto& [other, wait] : waits.items()) {
      if (other != cause && other != "stopped") {
        EXPECT_LE(wait.at("blocked_ns"), own_clock / 4) << other;
      }
    }
    if (cause == "futex_private" && std::string_view(GetParam()) == "full") {
      EXPECT_EQ(account.at("ipc").at("shared_memory").at("calls"), 0);
    }
  }
  EXPECT_GE(situations, 19U) << observed.finished.out;
}

struct Slept {
  const char* call;
  const char* cause;
};

class Restarted : public ::testing::TestWithParam<Slept> {};

char state_of(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return stat[stat.rfind(')') + 2];
}

// A process that was stopped in the middle of a call sleeps in restart_syscall, whichever call that continues. The tool
// attaches there.
TEST_P(Restarted, CallsAreWhatTheyWere) {
  const Running sleeper({program("sleeps_on"), GetParam().call});
  const auto reaches = [&](char state) { return eventually([&] { return state_of(sleeper.pid()) == state; }, 1min); };
  ASSERT_TRUE(reaches('S'));
  kill(sleeper.pid(), SIGSTOP);
  ASSERT_TRUE(reaches('T'));
  kill(sleeper.pid(), SIGCONT);
  ASSERT_TRUE(reaches('S'));
  Window window(sleeper.target());
  std::this_thread::sleep_for(300ms);
  const auto report = window.close();
  ASSERT_TRUE(report);
  const Json& account = report->find(sleeper.pid())->at("tasks").at(0).at("account");
  ASSERT_TRUE(account.at("waits").contains(GetParam().cause)) << account.at("waits").dump();
  EXPECT_EQ(account.at("waits").size(), 1) << account.at("waits").dump();
}

INSTANTIATE_TEST_SUITE_P(In, Restarted,
                         ::testing::Values(Slept{"poll", "poll"}, Slept{"futex", "futex_private"},
                                           Slept{"nanosleep", "timer"}),
                         [](const auto& slept) { return std::string(slept.param.call); });

TEST(Wakers, AreTheTasksThatEndAWait) {
  const Observed observed = observe({program("chain"), "40"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Json* reader = process_named(*observed.report, "chain-a");
  const Json* writer = process_named(*observed.report, "chain-b");
  ASSERT_TRUE(reader != nullptr && writer != nullptr);
  const auto id_of = [](const Json& process) { return process.at("tasks").at(0).at("id"); };
  std::vector<Json> pipes;
  for (const Json& edge : (*observed.report)["edges"]) {
    if (edge.at("from_task") == id_of(*writer) && edge.at("to_task") == id_of(*reader) &&
        edge.at("channel") == "pipe") {
      pipes.push_back(edge);
    }
  }
  ASSERT_EQ(pipes.size(), 1);
  const Json& pipe = pipes.front();
  EXPECT_EQ(pipe.at("wakeups"), 1);
  EXPECT_EQ(pipe.at("call_sites"), Json({{"write", 1}}));
  EXPECT_EQ(pipe.at("bytes"), 1);
}

// The timer's interrupt arrives while other tasks run.
TEST(Wakers, OfATimeoutAreNotThoseWhoWereThere) {
  for (const char* detail : {"full", "switches"}) {
    SCOPED_TRACE(detail);
    const Observed observed = observe({program("timeouts"), "50"}, {"--detail", detail});
    expect_ran(observed);
    ASSERT_TRUE(observed.report);
    const Json* sleeper = process_named(*observed.report, "timeouts");
    ASSERT_NE(sleeper, nullptr);
    std::map<std::string, int> wakers;
    for (const Json& edge : (*observed.report)["edges"]) {
      if (edge.at("to_task") == sleeper->at("tasks").at(0).at("id") && edge.at("channel") == "poll") {
        wakers[edge.at("waker")] += edge.at("wakeups").get<int>();
      }
    }
    // Some kernels hide a wakeup in the context of certain tasks from all tracepoints.
    EXPECT_LE(wakers["unknown"], 2);
    wakers["timer"] += wakers["unknown"];
    wakers.erase("unknown");
    EXPECT_EQ(wakers, (std::map<std::string, int>{{"timer", 50}}));
  }
}

TEST(Chains, AreInOrder) {
  for (const char* detail : {"full", "switches"}) {
    SCOPED_TRACE(detail);
    const Observed observed = observe({program("chain"), "40"}, {"--detail", detail});
    expect_ran(observed);
    ASSERT_TRUE(observed.report);
    std::int64_t slept = 0;
    std::int64_t read = 0;
    std::istringstream(observed.finished.out) >> slept >> read;
    std::map<std::uint64_t, std::string> names;
    for (const Json& process : observed.report->processes()) {
      for (const Json& task : process.at("tasks")) {
        names[task.at("id")] = task.at("comm");
      }
    }
    std::vector<std::string> reported;
    std::vector<std::int64_t> times;
    for (const Json& chain : (*observed.report)["chains"]) {
      if (!reported.empty() || names[chain.at("links").at(0).at("task")] != "chain-a" ||
          chain.at("links").at(0).at("cause") != "pipe") {
        continue;
      }
      for (const Json& link : chain.at("links")) {
        reported.push_back(names[link.at("task")] + ": " + link.at("cause").get<std::string>());
        times.push_back(link.at("waited_ns"));
      }
    }
    ASSERT_THAT(reported,
                ::testing::ElementsAre("chain-a: pipe", "chain-b: futex_private", "chain-c: child", "chain-d: timer"));
    EXPECT_TRUE(std::ranges::is_sorted(times, std::greater()));
    EXPECT_LE(times.front(), read);
    expect_timed(times.back(), slept);
  }
}

// Only the probes of system calls divide running time into user and kernel time; all other figures are the same.
TEST(Detail, LevelsAgreeOnWhatBothMeasure) {
  std::vector<Json> totals;
  for (const char* detail : {"full", "switches"}) {
    const Observed observed = observe({program("forks"), "50", "/dev/null"}, {"--detail", detail});
    expect_ran(observed);
    ASSERT_TRUE(observed.report);
    expect_sound(*observed.report);
    totals.push_back((*observed.report)["totals"]);
  }
  for (const char* counter : {"children_forks", "execs"}) {
    EXPECT_EQ(totals[0]["counters"][counter], totals[1]["counters"][counter]) << counter;
  }
  for (const char* counter : {"syscalls", "shared_mapping_bytes"}) {
    EXPECT_TRUE(totals[1]["counters"][counter].is_null()) << counter;
  }
  EXPECT_TRUE(totals[1]["ipc"]["pipe"]["calls"].is_null());
  EXPECT_TRUE(totals[1]["activities"]["user"]["count"].is_null());
  for (const Json& account : totals) {
    // A child can end before its parent waits.
    EXPECT_NEAR(account["waits"]["child"]["count"].get<double>(), 50, 10);
  }
}

}  // namespace
}  // namespace taskcost::test
