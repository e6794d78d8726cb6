// SPDX-License-Identifier: Apache-2.0
//
// Several observers at once, and an interrupted one.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

Words run_command(const std::string& report_file, const Words& command) {
  Words words{taskcost_binary(), "run", "--format", "none", "-o", report_file, "--"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

TEST(Together, TwoOnDifferentTargets) {
  const TemporaryDirectory directory;
  const auto start = [&](const std::string& name) {
    return std::make_unique<Subprocess>(run_command(
        directory.file(name + ".json"),
        {program("waiter"), directory.file(name + ".log"), program("forks"), "500", directory.file(name + ".log")}));
  };
  const auto first = start("first");
  const auto second = start("second");
  EXPECT_EQ(first->wait().exit_code(), 0);
  EXPECT_EQ(second->wait().exit_code(), 0);
  for (const std::string name : {"first", "second"}) {
    const auto report = read_report(directory.file(name + ".json"));
    ASSERT_TRUE(report) << name;
    expect_sound(*report);
    const auto log = read_wait_log(directory.file(name + ".log"));
    EXPECT_EQ(log.size(), 501);
    expect_as_waited(*report, log);
    EXPECT_EQ(report->processes().size(), 502) << "nothing of the other one";
  }
}

// One observes the other with every option.
TEST(Together, OneInsideTheOther) {
  const TemporaryDirectory directory;
  const Words inner = run_command(directory.file("inner.json"), {program("forks"), "50", directory.file("log")});
  const Finished finished = run(run_command(directory.file("outer.json"), inner));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto log = read_wait_log(directory.file("log"));
  EXPECT_EQ(log.size(), 50);
  for (const char* name : {"inner.json", "outer.json"}) {
    const auto report = read_report(directory.file(name));
    ASSERT_TRUE(report) << name;
    expect_sound(*report);
    expect_as_waited(*report, log);
  }
}

// Ctrl-C in a terminal reaches the command and the tool; a signal to the tool alone has the same effect.
TEST(Interrupt, DuringRunGivesAReport) {
  const TemporaryDirectory directory;
  Subprocess tool(run_command(directory.file("r.json"), {program("ignore_sigint"), "4000"}));
  ASSERT_TRUE(tool.wait_for_output("ready"));
  ASSERT_FALSE(tool.ended(300ms));
  tool.send(SIGINT);
  const Finished finished = tool.wait(20s);
  EXPECT_FALSE(finished.timed_out);
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report) << finished.describe();
  expect_sound(*report);
  EXPECT_EQ((*report)["window"].at("exit"), "signal");
  ASSERT_EQ(report->task_count(), 1);
  const Json& task = report->processes()[0].at("tasks")[0];
  EXPECT_EQ(task.at("open_at_start"), false);
  EXPECT_EQ(task.at("open_at_end"), true);
  EXPECT_GE(task.at("lifetime_ns"), 300'000'000);
}

// The signal goes to both, as from a terminal: the command dies of it, and the tool reports.
TEST(Interrupt, OfTheWholeGroupEndsBoth) {
  const TemporaryDirectory directory;
  Words words{"/usr/bin/setsid", "--wait"};
  const Words command = run_command(directory.file("r.json"), {"/bin/sh", "-c", "echo $PPID ready; exec sleep 60"});
  words.insert(words.end(), command.begin(), command.end());
  Subprocess session(words);
  ASSERT_TRUE(session.wait_for_output("ready"));
  const auto tool = static_cast<pid_t>(std::strtol(session.out().c_str(), nullptr, 10));
  ASSERT_GT(tool, 1);
  ASSERT_FALSE(session.ended(300ms));
  kill(-tool, SIGINT);
  EXPECT_FALSE(session.wait(20s).timed_out);
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_closed(*report);
  expect_no_losses(*report);
}

}  // namespace
}  // namespace taskcost::test
