// SPDX-License-Identifier: Apache-2.0
//
// Page faults by kind, compared with a program that knows how many pages it touches. A second run that touches none
// gives the faults of starting and ending the program, which are subtracted.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

// The start of a program varies by a few pages with the random layout of its memory.
constexpr std::int64_t kNoise = 48;

struct Touched {
  std::int64_t minor = 0;  // of the touching alone, as the kernel counts
  std::int64_t major = 0;
  pid_t pid = 0;
  std::optional<Report> report;

  [[nodiscard]] const Json& process() const { return *report->find(pid); }
  [[nodiscard]] const Json& histogram(const char* name) const { return (*report)["histograms"].at(name); }
};

Touched touch(const std::string& kind, std::int64_t pages) {
  const TemporaryDirectory directory;
  const WatchedRun watched =
      watch(directory, {program("faults"), kind, std::to_string(pages), directory.file("pages")});
  expect_ran(watched.observed);
  Touched touched;
  std::istringstream(watched.observed.finished.out) >> touched.minor >> touched.major;
  if (watched.observed.report && !watched.waited.empty()) {
    touched.report = watched.observed.report;
    touched.pid = watched.waited.front().pid;
    expect_sound(*touched.report);
    expect_as_waited(*touched.report, watched.waited);
  }
  return touched;
}

struct Kind {
  const char* name;
  const char* counter;    // it grows at least by the number of pages
  std::int64_t at_least;  // of the program's own count, for a thousand pages
};

class Faults : public ::testing::TestWithParam<Kind> {};

TEST_P(Faults, CountsArePages) {
  constexpr std::int64_t kPages = 10'000;
  const Touched none = touch(GetParam().name, 0);
  const Touched many = touch(GetParam().name, kPages);
  ASSERT_TRUE(none.report && many.report);
  const std::int64_t known = many.minor + many.major;
  EXPECT_GE(known, GetParam().at_least * kPages / 1000);
  const std::int64_t counted =
      counter(many.process(), GetParam().counter) - counter(none.process(), GetParam().counter);
  EXPECT_LE(std::abs(counted - known), kNoise) << counted << " counted, " << known << " known";
}

INSTANTIATE_TEST_SUITE_P(Kinds, Faults,
                         ::testing::Values(Kind{"anonymous", "faults_minor", 1000}, Kind{"cow", "faults_cow", 1000},
                                           Kind{"file_read", "faults_file", 10},
                                           Kind{"file_private", "faults_file", 1000},
                                           Kind{"kernel", "faults_kernel", 1000}),
                         [](const auto& kind) { return kind.param.name; });

TEST(FaultsFromDisk, AreMajor) {
  constexpr std::int64_t kPages = 500;
  const Touched cold = touch("file_cold", kPages);
  ASSERT_TRUE(cold.report);
  ASSERT_GT(cold.major, 0) << "/tmp is no file system whose cache can be dropped";
  EXPECT_GE(counter(cold.process(), "faults_major"), cold.major);
  EXPECT_LE(counter(cold.process(), "faults_major"), cold.major + kNoise);
  const Json& histogram = cold.histogram("fault_major");
  if (!histogram.is_null()) {
    EXPECT_GE(histogram.at("count"), cold.major);
  }
}

TEST(FaultLatency, CoversEveryFaultOfUserCode) {
  const Touched many = touch("anonymous", 10'000);
  ASSERT_TRUE(many.report);
  const Json& minor = many.histogram("fault_minor");
  if (!minor.is_null()) {
    EXPECT_GE(minor.at("count"), 10'000);
    EXPECT_GT(minor.at("p50_ns"), 50);
    EXPECT_LT(minor.at("p50_ns"), 1'000'000);
  }
  EXPECT_GE(many.process().at("total").at("activities").at("page_fault").at("count"), 10'000);
}

// With --detail switches faults are untimed, and their time is null.
TEST(FaultsWithoutProbes, AreThoseThatTheKernelCounts) {
  const TemporaryDirectory directory;
  const Observed observed =
      observe({program("faults"), "anonymous", "10000", directory.file("pages")}, {"--detail", "switches"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_sound(report);
  std::int64_t known = 0;
  std::istringstream(observed.finished.out) >> known;
  ASSERT_GE(known, 10'000);
  const Json& totals = report["totals"];
  EXPECT_EQ(totals.at("counters").at("faults_minor"), totals.at("task_stats").at("faults_minor"));
  EXPECT_GE(totals.at("counters").at("faults_minor"), known);
  EXPECT_TRUE(totals.at("counters").at("faults_timed").is_null());
  EXPECT_TRUE(totals.at("activities").at("page_fault").at("count").is_null());
  EXPECT_TRUE(report["histograms"].at("fault_minor").is_null());
}

// Registers that name no call are those of a fault, also while it reads a page from the disk.
TEST(FaultsWithoutProbes, ThatReadADiskAreWaitsInFaults) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("cold.tcap");
  const Observed observed = observe({program("faults"), "file_cold", "500", directory.file("pages")},
                                    {"--detail", "switches", "-o", capture});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  std::int64_t minor = 0;
  std::int64_t major = 0;
  std::istringstream(observed.finished.out) >> minor >> major;
  ASSERT_GT(major, 0) << "/tmp is no file system whose cache can be dropped";
  const Json& totals = (*observed.report)["totals"];
  EXPECT_EQ(totals.at("activities").at("user").at("blocked_ns"), 0);
  EXPECT_GT(totals.at("activities").at("page_fault").at("blocked_ns"), 0);
  const Finished audit = run({taskcost_binary(), "report", capture, "--audit"});
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

}  // namespace
}  // namespace taskcost::test
