// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>

#include "support/schema.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

class Top : public ::testing::Test {
 protected:
  void SetUp() override {
    target_ = std::make_unique<Subprocess>(Words{program("steady"), "2"});
    ASSERT_TRUE(target_->wait_for_output("ready"));
  }
  void TearDown() override {
    target_->send(SIGTERM);
    target_->wait();
  }
  [[nodiscard]] static Finished top(const Words& options) {
    Words command = {taskcost_binary(), "top"};
    command.insert(command.end(), options.begin(), options.end());
    return run(command);
  }
  [[nodiscard]] std::string pid() const { return std::to_string(target_->pid()); }

  std::unique_ptr<Subprocess> target_;
};

TEST_F(Top, OnceAsJson) {
  const Finished finished = top({"-p", pid(), "--once", "--interval", "1", "--format", "json"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(finished.out);
  EXPECT_EQ(json.at("schema"), "taskcost.top/2");
  EXPECT_EQ(schema_complaints(run({taskcost_binary(), "--json-schema", "top"}).out, json), "");
  const auto interval = json.at("interval_ns").get<double>();
  EXPECT_GE(interval, 1e9);
  const Json* steady = nullptr;
  for (const Json& process : json.at("processes")) {
    if (process.at("tgid") == target_->pid()) {
      steady = &process;
    }
  }
  ASSERT_NE(steady, nullptr);
  EXPECT_EQ(steady->at("comm"), "steady");
  ASSERT_EQ(steady->at("tasks").size(), 3);
  // The cells of each task add up to the interval.
  for (const Json& task : steady->at("tasks")) {
    double time = 0;
    for (const char* part : {"user_ns", "kernel_ns", "queued_ns", "blocked_ns"}) {
      time += task.at(part).get<double>();
    }
    EXPECT_NEAR(time, interval, interval * 0.01);
  }
  // The program sleeps for a millisecond and spins for a tenth of one, in turn.
  EXPECT_GT(steady->at("blocked_by").at("timer"), steady->at("user_ns"));
}

TEST_F(Top, OnceAsText) {
  const Finished finished = top({"-p", pid(), "--once", "--interval", "0.3", "--threads", "--sort", "switches"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("steady"));
  EXPECT_THAT(finished.out, HasSubstr("overhead "));
  for (const std::string& line : lines_of(finished.out)) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

// Without probes on faults the kernel counts them, for living tasks too.
TEST_F(Top, CountsFaultsWithoutProbes) {
  Subprocess forking({"/bin/sh", "-c", "while :; do (:); done"});
  const Finished finished = top(
      {"-p", std::to_string(forking.pid()), "--once", "--interval", "0.5", "--detail", "switches", "--format", "json"});
  forking.send(SIGKILL);
  forking.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(finished.out);
  const Json& shells = json.at("processes");
  const auto shell =
      std::ranges::find(shells, forking.pid(), [](const Json& process) { return process.at("tgid").get<pid_t>(); });
  ASSERT_NE(shell, shells.end());
  EXPECT_GE(shell->at("faults_minor"), shell->at("creations"))
      << "each fork causes copy-on-write faults of the creator";
}

TEST_F(Top, ShortLivesAreNotLost) {
  Subprocess forks({program("forks"), "100000", "/dev/null"});
  const Finished finished = top({"-p", std::to_string(forks.pid()), "--once", "--interval", "0.5", "--format", "json"});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(finished.out);
  std::size_t ended = 0;
  for (const Json& process : json.at("processes")) {
    ended += process.at("exited").get<bool>() ? 1 : 0;
  }
  EXPECT_GT(ended, 20);
  for (const auto& [name, count] : json.at("losses").items()) {
    EXPECT_TRUE(count == 0 || name == "skipped_probes") << name;
  }
}

TEST_F(Top, WithoutATerminalItSaysSo) {
  const Finished finished = top({"-p", pid()});
  EXPECT_EQ(finished.exit_code(), 1);
  EXPECT_THAT(finished.err, HasSubstr("--once"));
}

TEST_F(Top, Misuse) {
  EXPECT_EQ(top({"--sort", "beauty", "--once"}).exit_code(), 2);
  EXPECT_EQ(top({"--format", "json"}).exit_code(), 2);
  EXPECT_EQ(top({"--threads", "--tree"}).exit_code(), 2);
  EXPECT_EQ(top({"-a", "-p", pid()}).exit_code(), 2);
  const Finished no_target = top({"-p", "4194300", "--once"});
  EXPECT_EQ(no_target.exit_code(), 1);
  EXPECT_THAT(no_target.err, HasSubstr("does not exist"));
}

}  // namespace
}  // namespace taskcost::test
