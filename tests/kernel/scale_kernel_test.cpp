// SPDX-License-Identifier: Apache-2.0
//
// A machine with very many tasks.
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

constexpr std::int64_t kTasks = 10'000;

class Crowd : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(crowd_.wait_for_output("ready", std::chrono::seconds(60))); }
  void TearDown() override {
    crowd_.send(SIGTERM);
    crowd_.wait();
  }
  Subprocess crowd_{{program("crowd"), "20", std::to_string(kTasks / 20)}};
};

TEST_F(Crowd, IsObservedWholeInBoundedMemory) {
  const TemporaryDirectory directory;
  const Finished finished = run(attach_command({"-a", "-d", "1"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_no_losses(*report);
  expect_closed(*report);
  expect_waits(*report);
  EXPECT_GE((*report)["task_count"], kTasks);
  const Json* storming = report->find(crowd_.pid());
  ASSERT_NE(storming, nullptr);
  EXPECT_GE(storming->at("threads"), 64);
  EXPECT_GT(counter(*storming, "voluntary_switches"), 1000);
  constexpr long kMostKib = 512 * 1024;
  EXPECT_LT(finished.usage.ru_maxrss, kMostKib);
}

TEST_F(Crowd, ALookAtItSaysWhatItCosts) {
  const Finished finished = run({taskcost_binary(), "top", "--once", "--interval", "1", "--format", "json"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(finished.out);
  std::size_t tasks = 0;
  for (const Json& process : json.at("processes")) {
    tasks += process.at("tasks").size();
  }
  EXPECT_GE(tasks, kTasks);
  EXPECT_GT(json.at("overhead").at("refresh_ns"), 0);
  EXPECT_LT(json.at("overhead").at("refresh_ns"), json.at("interval_ns"));
}

// A task that finds no room is counted, and so are the tasks that it creates: none is lost without a count.
class NoRoom : public ::testing::Test {
 protected:
  static constexpr int kProcesses = 10;
  static constexpr int kThreads = 3;
  static constexpr int kStorming = 64;
  static constexpr std::int64_t kOfCrowd = 1 + kProcesses * kThreads + kStorming;

  static Words crowd() { return {program("crowd"), std::to_string(kProcesses), std::to_string(kThreads)}; }
};

TEST_F(NoRoom, DescendantsOfRefusedTasksAreCounted) {
  // The shell, which does not exec, and the process that sleeps.
  const std::string script = "\"$@\" & sleep 0.5; kill $!; wait";
  Words command{"sh", "-c", script, "sh"};
  for (const std::string& word : crowd()) {
    command.push_back(word);
  }
  for (const char* room : {"1", "4", "40", "200"}) {
    SCOPED_TRACE(room);
    const Observed observed = observe(command, {"--max-tasks", room});
    ASSERT_TRUE(observed.report) << observed.finished.describe();
    const std::int64_t missed = (*observed.report)["losses"].at("missed_ledgers");
    EXPECT_EQ(missed + (*observed.report)["task_count"].get<std::int64_t>(), 2 + kOfCrowd);
    EXPECT_EQ(missed == 0, std::string(room) == "200");
    bool remarked = false;
    for (const Json& remark : (*observed.report)["remarks"]) {
      remarked = remarked || remark.at("about") == "losses.missed_ledgers";
    }
    EXPECT_EQ(remarked, missed > 0);
  }
}

TEST_F(NoRoom, ExistingTasksAreCountedOnce) {
  Subprocess target(crowd());
  ASSERT_TRUE(target.wait_for_output("ready"));
  const TemporaryDirectory directory;
  const Finished finished = run(
      attach_command({"-p", std::to_string(target.pid()), "--max-tasks", "8", "-d", "0.3"}, directory.file("r.json")));
  target.send(SIGTERM);
  target.wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  EXPECT_EQ((*report)["task_count"], 8);
  EXPECT_EQ((*report)["losses"].at("missed_ledgers"), kOfCrowd - 8);
}

}  // namespace
}  // namespace taskcost::test
