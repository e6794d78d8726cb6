// SPDX-License-Identifier: Apache-2.0
//
// A machine full of tasks.
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
  EXPECT_GT(json.at("overhead").at("glance_ns"), 0);
  EXPECT_LT(json.at("overhead").at("glance_ns"), json.at("interval_ns"));
}

}  // namespace
}  // namespace taskcost::test
