// SPDX-License-Identifier: Apache-2.0
//
// The bundled workloads by themselves: what they do, what they print, and their protocol with an observer.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

Finished run_workload(Words words) {
  words.insert(words.begin(), workload_binary());
  return run(words);
}

// One object for each region.
std::vector<Json> outcomes_of(Words words) {
  words.emplace_back("--json");
  const Finished finished = run_workload(words);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  std::vector<Json> outcomes;
  for (const std::string& line : lines_of(finished.out)) {
    outcomes.push_back(Json::parse(line));
    EXPECT_GT(outcomes.back().at("operations"), 0) << line;
    EXPECT_GT(outcomes.back().at("wall_ns"), 0) << line;
  }
  return outcomes;
}

Json outcome_of(const Words& words) {
  const auto outcomes = outcomes_of(words);
  EXPECT_EQ(outcomes.size(), 1U);
  return outcomes.empty() ? Json::object() : outcomes.front();
}

class Creates : public ::testing::TestWithParam<const char*> {};

TEST_P(Creates, AsManyAsItSays) {
  const Json outcome =
      outcome_of({"create", "--model", GetParam(), "--count", "25", "--resident", "1", "--mappings", "9"});
  EXPECT_EQ(outcome.at("model"), GetParam());
  EXPECT_EQ(outcome.at("operations"), 25);
  EXPECT_EQ(outcome.at("mappings"), 9);
}

INSTANTIATE_TEST_SUITE_P(Models, Creates,
                         ::testing::Values("thread", "process", "fork", "vfork", "vfork-exec", "spawn", "fork-exec",
                                           "clone-vm"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

class BothModels : public ::testing::TestWithParam<const char*> {};

TEST_P(BothModels, GoRoundInRings) {
  for (const char* bell : {"pipe", "futex", "eventfd", "socket"}) {
    const auto outcomes = outcomes_of(
        {"switch", "--model", GetParam(), "--bell", bell, "--hops", "301", "--tasks", "3", "--regions", "3"});
    ASSERT_EQ(outcomes.size(), 3U) << bell;
    EXPECT_EQ(outcomes[2].at("operations"), 301);
    EXPECT_EQ(outcome_of({"handoff", "--model", GetParam(), "--through", bell, "--hops", "50"}).at("operations"), 50);
  }
}

TEST_P(BothModels, ReceiveWhatWasSent) {
  for (const char* through : {"pipe", "unix-stream", "unix-dgram", "tcp", "message-queue", "shared-memory"}) {
    for (const char* pattern : {"ping-pong", "stream"}) {
      SCOPED_TRACE(std::string(through) + " " + pattern);
      const auto outcomes = outcomes_of({"channel", "--model", GetParam(), "--through", through, "--pattern", pattern,
                                         "--size", "70000", "--messages", "20", "--regions", "3"});
      ASSERT_EQ(outcomes.size(), 3U);
      for (const Json& outcome : outcomes) {
        EXPECT_EQ(outcome.at("received_ok"), 1);
        EXPECT_EQ(outcome.at("messages"), 20);
        EXPECT_GE(outcome.at("bytes"), 20 * 70'000);
      }
    }
  }
}

TEST_P(BothModels, ShareMoreOrLess) {
  const int seen = std::string_view(GetParam()) == "thread" ? 1 : 0;
  const auto outcomes = outcomes_of({"share", "--model", GetParam(), "--pages", "7", "--regions", "2"});
  ASSERT_EQ(outcomes.size(), 2U);
  for (const Json& outcome : outcomes) {
    EXPECT_EQ(outcome.at("pages_seen"), 7 * seen);
    for (const char* what : {"write_seen", "file_seen", "directory_seen", "limit_seen", "handler_seen"}) {
      EXPECT_EQ(outcome.at(what), seen) << what;
    }
  }
  EXPECT_EQ(outcome_of({"share", "--model", GetParam(), "--act", "none"}).at("write_seen"), 0);
  EXPECT_EQ(outcome_of({"share", "--model", GetParam(), "--what", "remap", "--count", "20"}).at("operations"), 20);
}

TEST_P(BothModels, ComeToHarm) {
  const bool threads = std::string_view(GetParam()) == "thread";
  for (const char* how : {"segv", "abort", "kill", "exit"}) {
    const Json outcome = outcome_of({"crash", "--model", GetParam(), "--how", how, "--tasks", "3"});
    EXPECT_EQ(outcome.at("ended_by_crash"), 1) << how;
    EXPECT_EQ(outcome.at("survivors"), threads ? 0 : 2) << how;
    EXPECT_EQ(outcome.at("turns_after").get<int>() > 0, !threads) << how;
  }
  const Json wild = outcome_of({"crash", "--model", GetParam(), "--how", "wild-write"});
  EXPECT_EQ(wild.at("neighbour_harmed"), threads ? 1 : 0);
  EXPECT_EQ(wild.at("ended_by_crash"), 0);
}

INSTANTIATE_TEST_SUITE_P(Models, BothModels, ::testing::Values("thread", "process"),
                         [](const auto& model) { return std::string(model.param); });

TEST(Bake, MakesTheSameBreadInEveryHouse) {
  for (const char* model : {"serial", "threads", "processes"}) {
    const auto outcomes = outcomes_of({"bake", "--model", model, "--batches", "4", "--work", "2", "--regions", "2"});
    ASSERT_EQ(outcomes.size(), 2U) << model;
    for (const Json& outcome : outcomes) {
      EXPECT_EQ(outcome.at("checksum_ok"), 1) << model;
    }
  }
}

bool has_two_cpus() {
  cpu_set_t cpus{};
  return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1;
}

TEST(Placement, IsTakenByEachWorkload) {
  std::vector<Words> all = {{"create", "--count", "20"},
                            {"switch", "--hops", "40", "--tasks", "4"},
                            {"handoff", "--hops", "40"},
                            {"channel", "--messages", "40"},
                            {"share"},
                            {"share", "--what", "remap", "--count", "20"},
                            {"bake", "--batches", "2", "--work", "1"},
                            {"bake", "--batches", "2", "--work", "1", "--model", "processes"}};
  std::vector<std::string> places = {"same", "any"};
  if (has_two_cpus()) {
    places.emplace_back("apart");
  }
  for (const Words& workload : all) {
    for (const std::string& cpus : places) {
      Words words = workload;
      words.insert(words.end(), {"--cpus", cpus});
      EXPECT_EQ(outcome_of(words).at("cpus"), cpus) << workload[0];
    }
  }
}

class CreatesAt : public ::testing::TestWithParam<const char*> {};

TEST_P(CreatesAt, TheCpuThatWasAskedFor) {
  const Words words = {"create", "--model", GetParam(), "--count", "50", "--regions", "2", "--cpus"};
  const auto with = [&words](const char* cpus) {
    Words all = words;
    all.emplace_back(cpus);
    return all;
  };
  const std::set<std::string> silent = {"fork", "spawn", "fork-exec"};
  for (const Json& outcome : outcomes_of(with("same"))) {
    EXPECT_EQ(outcome.contains("elsewhere"), !silent.contains(GetParam()));
    EXPECT_EQ(outcome.value("elsewhere", 0), 0);
  }
  if (!has_two_cpus()) {
    GTEST_SKIP() << "one CPU is allowed";
  }
  for (const Json& outcome : outcomes_of(with("apart"))) {
    EXPECT_EQ(outcome.contains("elsewhere"), !silent.contains(GetParam()));
    EXPECT_GE(outcome.value("elsewhere", 50), 30) << "all but those whose CPU their predecessor had not left yet";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CreatesAt,
                         ::testing::Values("thread", "fork", "vfork", "vfork-exec", "spawn", "fork-exec", "clone-vm"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

// Each fails with one line before the first region.
TEST(Placement, ApartIsRefusedWhereItCannotBe) {
  for (const char* workload : {"create", "switch", "handoff", "channel", "share", "bake"}) {
    const Finished finished = run({"taskset", "-c", "0", workload_binary(), workload, "--cpus", "apart"});
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(finished.out, "");
    EXPECT_EQ(finished.err, "taskcost-workload: --cpus apart needs two CPUs, and one is allowed\n");
  }
  if (!has_two_cpus()) {
    GTEST_SKIP() << "one CPU is allowed";
  }
  const Finished ring =
      run({"taskset", "-c", "0,1", workload_binary(), "switch", "--cpus", "apart", "--tasks", "3", "--hops", "9"});
  EXPECT_EQ(ring.exit_code(), 1) << ring.describe();
  EXPECT_EQ(ring.err, "taskcost-workload: --cpus apart needs three CPUs for a ring of 3 tasks, and two are allowed\n");
  const Finished denied = run({"setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", workload_binary(),
                               "create", "--cpus", "apart", "--count", "2"});
  EXPECT_EQ(denied.exit_code(), 1) << denied.describe();
  EXPECT_EQ(denied.err,
            "taskcost-workload: cannot get the real-time priority that --cpus apart needs: Operation not permitted\n");
}

TEST(Priority, IsThatOfAllTasks) {
  Subprocess workload({workload_binary(), "switch", "--model", "process", "--priority", "7", "--hops", "1000000000"});
  std::vector<int> seen;
  for (int tries = 0; tries < 100 && seen.size() < 3; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    seen.clear();
    std::istringstream children(read_file(fmt::format("/proc/{0}/task/{0}/children", workload.pid())));
    std::vector<pid_t> tasks = {workload.pid()};
    for (pid_t child = 0; children >> child;) {
      tasks.push_back(child);
    }
    for (const pid_t task : tasks) {
      seen.push_back(getpriority(PRIO_PROCESS, static_cast<id_t>(task)));
    }
  }
  EXPECT_EQ(seen, std::vector<int>({7, 7, 7}));
}

TEST(Priority, ThatIsDeniedIsOneLine) {
  const Finished denied = run({"setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", workload_binary(),
                               "create", "--priority", "-20", "--count", "2"});
  EXPECT_EQ(denied.exit_code(), 1) << denied.describe();
  EXPECT_EQ(denied.err, "taskcost-workload: cannot set the priority: Permission denied\n");
}

// Half of the laps took the median or longer.
TEST(TypicalTime, IsAMedianOverPartsOfTheRegion) {
  for (const Words& words :
       {Words{"create", "--count", "100"}, Words{"switch", "--hops", "400"}, Words{"handoff", "--hops", "400"},
        Words{"channel", "--messages", "400"}, Words{"channel", "--messages", "400", "--pattern", "stream"}}) {
    const Json outcome = outcome_of(words);
    EXPECT_GT(outcome.at("typical_ns"), 0.0) << words[0];
    constexpr double laps = 20;
    EXPECT_LE(outcome.at("typical_ns").get<double>() * (laps / 2),
              outcome.at("ns_per_operation").get<double>() * laps * 1.01)
        << words[0];
  }
  EXPECT_FALSE(outcome_of({"switch", "--hops", "3"}).contains("typical_ns")) << "too short for a lap";
  EXPECT_FALSE(outcome_of({"bake", "--batches", "2"}).contains("typical_ns"));
}

TEST(WorkloadUsage, IsRefusedWithALine) {
  const std::vector<Words> bad = {{},
                                  {"dance"},
                                  {"create", "--model", "fiber"},
                                  {"create", "--count", "0"},
                                  {"create", "--model", "vfork", "--at-once", "2"},
                                  {"switch", "--regions", "none"},
                                  {"channel", "--through", "memory", "--model", "process"},
                                  {"channel", "--size", "9999999"},
                                  {"crash", "--tasks", "1"},
                                  {"create", "--cpus", "elsewhere"},
                                  {"switch", "--priority", "-21"},
                                  {"switch", "--priority", "20"},
                                  {"switch", "--priority", "high"},
                                  {"bake", "--priority"},
                                  {"create", "--cpus", "apart", "--at-once", "2"},
                                  {"bake", "--model", "serial", "--cpus", "apart"},
                                  {"channel", "--cpus", ""},
                                  {"share", "--cpus", "1"}};
  for (const Words& words : bad) {
    const Finished finished = run_workload(words);
    EXPECT_EQ(finished.exit_code(), 2) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1U) << finished.describe();
    EXPECT_THAT(finished.err, HasSubstr("--help"));
  }
}

TEST(WorkloadUsage, HelpFitsTheTerminal) {
  for (const char* name : {"create", "switch", "handoff", "channel", "share", "bake", "crash"}) {
    const Finished finished = run_workload({name, "--help"});
    EXPECT_EQ(finished.exit_code(), 0);
    for (const std::string& line : lines_of(finished.out)) {
      EXPECT_LE(line.size(), 80U) << line;
    }
  }
}

// The test has the observer's end of the socket, and a workload the other one.
class Marks : public ::testing::Test {
 protected:
  void start(Words words) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    own_ = ends[0];
    fcntl(own_, F_SETFD, FD_CLOEXEC);
    words.insert(words.begin(), workload_binary());
    words.insert(words.end(), {"--marks", std::to_string(ends[1])});
    workload_.emplace(words);
    close(ends[1]);
  }
  void TearDown() override { close(own_); }

  [[nodiscard]] std::string line() const {
    std::string text;
    for (char c = 0; read(own_, &c, 1) == 1 && c != '\n';) {
      text += c;
    }
    return text;
  }
  void go_on() const { ASSERT_EQ(write(own_, "", 1), 1); }

  int own_ = -1;
  std::optional<Subprocess> workload_;
};

TEST_F(Marks, SurroundEachRegion) {
  start({"create", "--count", "5", "--regions", "2"});
  for (int region = 0; region < 2; ++region) {
    EXPECT_EQ(line(), "ready");
    go_on();
    EXPECT_EQ(Json::parse(line()).at("operations"), 5);
    go_on();
  }
  const Finished finished = workload_->wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(finished.out, "") << "the observer has the outcome already";
}

TEST_F(Marks, AWorkloadWithoutItsObserverEnds) {
  start({"switch", "--model", "process", "--regions", "2"});
  EXPECT_EQ(line(), "ready");
  close(own_);
  own_ = -1;
  const Finished finished = workload_->wait();
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1U) << finished.describe();
}

// The report covers only the time between the marks.
TEST(ObservedWorkload, IsItsRegion) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.json");
  const Finished finished = run({taskcost_binary(), "workload", "-q", "--format", "none", "-o", file, "create",
                                 "--model", "fork", "--count", "30", "--warm-up", "70"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->processes().size(), 31U) << "the creator, and no warm-up";
  EXPECT_EQ(report->processes()[0].at("origin"), "attached");
  EXPECT_EQ((*report)["totals"].at("counters").at("children_forks"), 30);
}

TEST(ObservedWorkload, PassesTheRefusalOn) {
  const Finished finished = run({taskcost_binary(), "workload", "dance"});
  EXPECT_EQ(finished.exit_code(), 2) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("there is no workload 'dance'"));
}

}  // namespace
}  // namespace taskcost::test
