// SPDX-License-Identifier: Apache-2.0
//
// The observer or the observed is killed or stopped during the window.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "support/expect.h"
#include "support/servers.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void expect_all_tids(const Json& process, const std::set<pid_t>& tids) {
  std::set<pid_t> reported;
  for (const Json& task : process.at("tasks")) {
    reported.insert(task.at("tid").get<pid_t>());
  }
  EXPECT_TRUE(std::ranges::includes(reported, tids)) << "not every thread that /proc showed is in the report";
}

TEST(KilledTarget, OfARunIsReportedToItsEnd) {
  const TemporaryDirectory directory;
  Subprocess observer(
      tool({"run", "-q", "--format", "none", "-o", directory.file("r.json"), "--", program("steady"), "3"}));
  ASSERT_TRUE(observer.wait_for_output("ready"));
  std::this_thread::sleep_for(100ms);
  const auto children = children_of(observer.pid());
  ASSERT_EQ(children.size(), 1);
  const auto tids = tids_of(children.front());
  ASSERT_EQ(tids.size(), 4);
  kill(children.front(), SIGKILL);
  kill(children.front(), SIGTERM);  // too late to be delivered
  const Finished finished = observer.wait(20s);
  EXPECT_EQ(finished.exit_code(), 128 + SIGKILL) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  expect_sound(*report);
  EXPECT_EQ((*report)["target"].at("exit_signal"), SIGKILL);
  const Json* process = report->find(children.front());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->at("exit_signal"), SIGKILL);
  EXPECT_EQ(process->at("fatal").at("signal"), SIGKILL) << process->at("fatal");
  EXPECT_GT(counter(*process, "children_forks"), 0);
  expect_all_tids(*process, tids);
  for (const Json& task : process->at("tasks")) {
    EXPECT_FALSE(task.at("end_ns").is_null()) << task.at("tid");
  }
}

TEST(KilledTarget, OfAnAttachEndsTheWindow) {
  const TemporaryDirectory directory;
  Subprocess target({program("steady"), "3"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  Subprocess observer(attach_command({"-p", std::to_string(target.pid())}, directory.file("r.json")));
  ASSERT_TRUE(eventually([&] { return observer.err().find("tracing ") != std::string::npos; }));
  std::this_thread::sleep_for(100ms);
  const auto tids = tids_of(target.pid());
  target.send(SIGKILL);
  const Finished finished = observer.wait(20s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(target.wait().signal(), SIGKILL);
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  expect_sound(*report);
  EXPECT_EQ((*report)["window"].at("exit"), "target-exited");
  const Json* process = report->find(target.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->at("exit_signal"), SIGKILL);
  expect_all_tids(*process, tids);
}

TEST(KilledCollector, LeavesItsTargetRunningAndNothingBehind) {
  const TemporaryDirectory directory;
  Subprocess target({program("steady"), "2"});
  ASSERT_TRUE(target.wait_for_output("ready"));
  const Words on_target{"-p", std::to_string(target.pid())};
  for (const char* file : {"x.tcap", "y.tcap"}) {
    Subprocess observer(tool({"record", "-o", directory.file(file), on_target[0], on_target[1]}));
    ASSERT_TRUE(eventually([&] { return observer.err().find("tracing ") != std::string::npos; }));
    std::this_thread::sleep_for(200ms);
    observer.send(SIGKILL);
    EXPECT_EQ(observer.wait(20s).signal(), SIGKILL);
    // The report says in one line that the capture lacks its end.
    const Finished finished = run(tool({"report", "--format", "none", directory.file(file)}));
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
  }
  const std::string proc = "/proc/" + std::to_string(target.pid());
  const auto switches = status_field(proc, "voluntary_ctxt_switches");
  ASSERT_TRUE(switches);
  EXPECT_TRUE(eventually([&] { return status_field(proc, "voluntary_ctxt_switches") > *switches; }))
      << "the target stands still";
  Words again = on_target;
  again.insert(again.end(), {"-d", "0.3"});
  const Finished finished = run(attach_command(again, directory.file("r.json")));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_sound(*report);
  ASSERT_NE(report->find(target.pid()), nullptr);
  target.send(SIGTERM);
  EXPECT_EQ(target.wait(20s).exit_code(), 0);
}

// A collector that is killed leaves the command alive.
TEST(KilledCollector, LeavesItsCommandRunning) {
  const TemporaryDirectory directory;
  const std::string proof = directory.file("it-went-on");
  Subprocess observer(
      tool({"run", "-q", "--format", "none", "--", "sh", "-c", "echo ready; sleep 0.5; touch " + proof}));
  ASSERT_TRUE(observer.wait_for_output("ready"));
  observer.send(SIGKILL);
  EXPECT_EQ(observer.wait(20s).signal(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(proof); }));
}

// More tasks end than the stopped collector's ring buffer has room for: each is in the report or in the losses.
TEST(StoppedCollector, CountsWhatItCouldNotTake) {
  constexpr int kForks = 5000;
  const TemporaryDirectory directory;
  Subprocess observer(
      tool({"run", "-q", "--format", "none", "--buffer", "1", "-o", directory.file("r.json"), "--", "sh", "-c",
            "echo ready; sleep 0.3; " + program("forks") + " " + std::to_string(kForks) +
                " /dev/null; echo done; sleep 0.3"}));
  ASSERT_TRUE(observer.wait_for_output("ready"));
  observer.send(SIGSTOP);
  ASSERT_TRUE(observer.wait_for_output("done", 60s));
  observer.send(SIGCONT);
  const Finished finished = observer.wait(60s);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  const std::int64_t dropped = (*report)["losses"].at("dropped_exit_records");
  EXPECT_GT(dropped, 0);
  constexpr int kOthers = 4;  // sh, sleep, forks, sleep
  EXPECT_EQ(static_cast<std::int64_t>(report->task_count()) + dropped, kForks + kOthers);
}

}  // namespace
}  // namespace taskcost::test
