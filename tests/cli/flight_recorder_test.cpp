// SPDX-License-Identifier: Apache-2.0
//
// `record --keep` from the outside: its files, its signal, its triggers, and a disk that is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto appears_within = 20s;

bool wait_for_error(const Subprocess& child, const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + appears_within;
  while (child.err().find(text) == std::string::npos && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(20ms);
  }
  return child.err().find(text) != std::string::npos;
}

// A program that never stops: each round takes about a hundredth of a second, half of it on a CPU.
Words busy_program() {
  return {"sh", "-c", "while :; do i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; sleep 0.005; done"};
}

Words record_busy(const Words& options) {
  Words words = tool({"record"});
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  const Words program = busy_program();
  words.insert(words.end(), program.begin(), program.end());
  return words;
}

Report report_of(const std::string& capture) {
  const TemporaryDirectory directory;
  const std::string json = directory.file("r.json");
  const Finished finished = run(tool({"report", capture, "--format", "none", "-o", json}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(finished.err, "");
  auto report = read_report(json);
  if (!report) {
    throw std::runtime_error("no report of " + capture);
  }
  return *std::move(report);
}

double seconds_of(const Report& report) { return report["window"].at("wall_ns").get<double>() / 1e9; }

// While the recording goes on, the newest events of each CPU can still be in the kernel.
void expect_busy_figures(const Report& report, bool at_end) {
  expect_closed(report);
  const unsigned missing = at_end ? 0 : std::thread::hardware_concurrency();
  EXPECT_LE(report["records"].at("integrity").at("missing_new_tasks"), missing);
  if (at_end) {
    EXPECT_EQ(report["records"].at("unknown_ns"), 0);
  }
  EXPECT_GE(report.task_count(), 2U);
}

TEST(FlightRecorder, ASignalWritesWhatIsKeptAndRecordingGoesOn) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  Subprocess child(record_busy({"--keep", "1s", "-o", capture}));
  ASSERT_TRUE(wait_for_error(child, "keeping the last 1.00 s"));
  std::this_thread::sleep_for(2500ms);
  child.send(SIGUSR1);
  ASSERT_TRUE(wait_for_error(child, "wrote " + directory.file("x.1.tcap")));
  EXPECT_FALSE(std::filesystem::exists(capture));
  std::this_thread::sleep_for(1200ms);
  child.send(SIGUSR1);
  ASSERT_TRUE(wait_for_error(child, "wrote " + directory.file("x.2.tcap")));
  child.send(SIGTERM);
  const Finished finished = child.wait();
  EXPECT_THAT(finished.err, HasSubstr("wrote " + capture + ": the last 1.00 s, "));
  EXPECT_THAT(finished.err, HasSubstr("0 lost (SIGUSR1)"));

  std::int64_t before_ns = 0;
  for (const char* name : {"x.1.tcap", "x.2.tcap", "x.tcap"}) {
    SCOPED_TRACE(name);
    const Report report = report_of(directory.file(name));
    EXPECT_NEAR(seconds_of(report), 1, 1e-6);
    expect_busy_figures(report, std::string(name) == "x.tcap");
    const auto start_ns = report["window"].at("start_ns").get<std::int64_t>();
    EXPECT_GT(start_ns, before_ns);
    before_ns = start_ns;
    EXPECT_EQ(report["kept"].at("why"), std::string(name) == "x.tcap" ? "end" : "signal");
  }
  EXPECT_EQ(report_of(directory.file("x.1.tcap"))["window"].at("exit"), "went-on");
}

TEST(FlightRecorder, ItsFilesAreCapturesForEachOutput) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  const Finished recorded = run(tool({"record", "-q", "--keep", "500ms", "--timeout", "1.5", "-o", capture, "--", "sh",
                                      "-c", "while :; do /bin/true; done"}));
  EXPECT_EQ(recorded.exit_code(), 124) << recorded.describe();
  EXPECT_EQ(recorded.err, "");
  for (const char* name : {"x.html", "x.json", "x.txt", "x.pftrace", "x.csv", "x.ndjson"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(run(tool({"report", capture, "--format", "none", "-o", directory.file(name)})).exit_code(), 0);
    EXPECT_GT(std::filesystem::file_size(directory.file(name)), 100);
  }
  EXPECT_THAT(read_file(directory.file("x.txt")), HasSubstr("The last 500 ms of a recording of 1."));
  const Finished part = run(tool({"report", capture, "--from", "100ms", "--to", "200ms"}));
  EXPECT_EQ(part.exit_code(), 0) << part.describe();
  EXPECT_THAT(part.out, HasSubstr("from 100 ms to 200 ms of 500 ms"));
  const Finished audit = run(tool({"report", capture, "--audit"}));
  EXPECT_EQ(audit.exit_code(), 2);
  EXPECT_EQ(lines_of(audit.err).size(), 1) << audit.err;
  EXPECT_THAT(audit.err, HasSubstr("--audit of what a flight recorder kept"));
}

// Nothing was forgotten: the capture is as without --keep.
TEST(FlightRecorder, AShortRecordingIsWhole) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  ASSERT_EQ(
      run(tool({"record", "-q", "--keep", "60s", "-o", capture, "--", "sh", "-c", "/bin/true | /bin/true; exit 3"}))
          .exit_code(),
      3);
  const Report report = report_of(capture);
  EXPECT_EQ(report["kept"], nullptr);
  EXPECT_FALSE(report["syscalls"].empty());
  const Finished audit = run(tool({"report", capture, "--audit"}));
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
  EXPECT_THAT(audit.out, HasSubstr("both ledgers agree"));
}

TEST(FlightRecorder, OlderFilesAreNotReplacedByANumber) {
  const TemporaryDirectory directory;
  write_file(directory.file("x.1.tcap"), "of before");
  Subprocess child(record_busy({"--keep", "1s", "-o", directory.file("x.tcap")}));
  ASSERT_TRUE(wait_for_error(child, "keeping"));
  std::this_thread::sleep_for(300ms);
  child.send(SIGUSR1);
  EXPECT_TRUE(wait_for_error(child, "wrote " + directory.file("x.2.tcap")));
  child.send(SIGTERM);
  child.wait();
  EXPECT_EQ(read_file(directory.file("x.1.tcap")), "of before");
  EXPECT_TRUE(std::filesystem::exists(directory.file("x.tcap")));
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    EXPECT_NE(file.path().filename().string().front(), '.') << "a temporary file was left";
  }
}

// Two programs share one CPU: each waits for it as long as the other runs.
Words two_on_one_cpu(const std::string& seconds) {
  return {"taskset", "-c", "0", "timeout", seconds, "sh", "-c", "(while :; do :; done) & while :; do :; done"};
}

TEST(FlightRecorder, ATriggerWritesOnceInTheTimeThatIsKept) {
  const TemporaryDirectory directory;
  Words words =
      tool({"record", "--keep", "10s", "--when", "run_queue_p50 > 500us", "-o", directory.file("x.tcap"), "--"});
  const Words hogs = two_on_one_cpu("4");
  words.insert(words.end(), hogs.begin(), hogs.end());
  const Finished finished = run(words);
  EXPECT_THAT(finished.err, HasSubstr("wrote " + directory.file("x.1.tcap")));
  EXPECT_THAT(finished.err, HasSubstr("(run_queue_p50 > 500us: "));
  EXPECT_THAT(finished.err, Not(HasSubstr("x.2.tcap"))) << "the condition lasted";
  EXPECT_THAT(finished.err, Not(HasSubstr("never fired")));
  const Report report = report_of(directory.file("x.1.tcap"));
  EXPECT_EQ(report["kept"].at("why"), "trigger");
  EXPECT_EQ(report["kept"].at("trigger"), "run_queue_p50 > 500us");
  EXPECT_GT(report["kept"].at("value").get<double>(), 5e5);
  EXPECT_GE(seconds_of(report), 0.9) << "the second that made it fire";
}

TEST(FlightRecorder, ATriggerThatNeverFiresIsSaidAndNothingIsLost) {
  const TemporaryDirectory directory;
  const Finished finished =
      run(tool({"record", "--keep", "1s", "--when", "switches_per_s > 1e12", "-o", directory.file("x.tcap"), "--", "sh",
                "-c", "i=0; while [ $i -lt 30 ]; do sleep 0.1; i=$((i+1)); done"}));
  EXPECT_EQ(finished.exit_code(), 0);
  EXPECT_THAT(finished.err, HasSubstr("'switches_per_s > 1e12' never fired; the largest value in a second was "));
  EXPECT_THAT(finished.err, HasSubstr("wrote " + directory.file("x.tcap")));
  EXPECT_FALSE(std::filesystem::exists(directory.file("x.1.tcap")));
  EXPECT_NEAR(seconds_of(report_of(directory.file("x.tcap"))), 1, 1e-6);
}

TEST(FlightRecorder, AMarkedRegionAboveALimitFires) {
  const TemporaryDirectory directory;
  // Each region lasts for more than 100 us, and the program for more than two seconds.
  const Finished finished = run(tool({"record", "--keep", "10s", "--when", "region_max > 100us", "-o",
                                      directory.file("x.tcap"), "--", program("marks"), "threads", "1", "15000"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.err, HasSubstr("wrote " + directory.file("x.1.tcap")));
  EXPECT_THAT(finished.err, HasSubstr("(region_max > 100us: "));
}

TEST(FlightRecorder, WrongUsageIsOneLine) {
  const auto expect_refused = [](const Words& arguments, int status, const std::string& part) {
    const Finished finished = run(tool(arguments));
    EXPECT_EQ(finished.exit_code(), status) << finished.describe();
    EXPECT_THAT(finished.err, HasSubstr(part));
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  };
  expect_refused({"record", "--when", "lost_events >= 1", "--", "true"}, 2, "--when without --keep");
  expect_refused({"record", "--keep", "1s", "--when", "load > 1", "--", "true"}, 2, "unknown figure 'load'");
  expect_refused({"record", "--keep", "1", "--", "true"}, 2, "it has no unit");
  expect_refused({"record", "--keep", "1s", "-o", "/dev/null.tcap/x.tcap", "--", "true"}, 1, "cannot write");
  expect_refused({"record", "--keep", "1s", "-o", "/no/such/x.tcap", "--", "true"}, 1, "cannot write");
  expect_refused({"record", "-q", "--keep", "1s", "--detail", "switches", "--when", "exec_max > 1s", "--", "true"}, 1,
                 "cannot watch exec_max");
}

// A file system of its own with room for nearly nothing.
class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(mount("taskcost-test", directory_.path().c_str(), "tmpfs", 0, "size=8k,mode=755"), 0);
  }
  void TearDown() override { umount2(directory_.path().c_str(), MNT_DETACH); }
  void make_room() const {
    ASSERT_EQ(mount("taskcost-test", directory_.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  }

  TemporaryDirectory directory_;
};

TEST_F(FullDisk, IsOneLineAndNothingThatIsKeptIsLost) {
  const std::string capture = directory_.file("x.tcap");
  Subprocess child(record_busy({"--keep", "1500ms", "-o", capture}));
  ASSERT_TRUE(wait_for_error(child, "keeping"));
  std::this_thread::sleep_for(2s);
  child.send(SIGUSR1);
  ASSERT_TRUE(wait_for_error(child, "No space left on device; still recording"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path())) << "no half of a file is left";
  make_room();
  child.send(SIGUSR1);
  ASSERT_TRUE(wait_for_error(child, "wrote " + directory_.file("x.1.tcap")));
  child.send(SIGTERM);
  child.wait();
  const Report report = report_of(directory_.file("x.1.tcap"));
  EXPECT_NEAR(seconds_of(report), 1.5, 1e-6);
  expect_busy_figures(report, false);
}

TEST_F(FullDisk, AtTheEndIsAnErrorOfTheTool) {
  const Finished finished = run(tool({"record", "-q", "--keep", "1s", "-o", directory_.file("x.tcap"), "--", "sh", "-c",
                                      "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done"}));
  EXPECT_EQ(finished.exit_code(), 1);
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("No space left"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace taskcost::test
