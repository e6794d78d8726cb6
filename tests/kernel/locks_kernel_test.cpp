// SPDX-License-Identifier: Apache-2.0
//
// Locks of the kernel that tasks waited for, compared with the waits that the ledgers have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

struct Sums {
  std::int64_t waits = 0;
  std::int64_t time_ns = 0;
  std::int64_t held_by_tasks_ns = 0;
};

Sums waits_for(const Report& report, const std::string& lock, const std::string& type) {
  Sums sums;
  for (const Json& row : report["locks"]) {
    if (row.at("lock") == lock && row.at("type").get<std::string>().starts_with(type)) {
      sums.waits += row.at("waits").get<std::int64_t>();
      sums.time_ns += row.at("time_ns").get<std::int64_t>();
      sums.held_by_tasks_ns += row.at("owner") == "task" ? row.at("time_ns").get<std::int64_t>() : 0;
    }
  }
  return sums;
}

bool locks_are_measured(const Report& report) { return !report["locks"].is_null(); }

TEST(Locks, OfTheMemoryMapAreTheWaitsForIt) {
  const Observed observed = observe({program("locks"), "map", "3000"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  expect_valid(*observed.report);
  if (!locks_are_measured(*observed.report)) {
    GTEST_SKIP() << "this kernel has no contention_begin";
  }
  const Json& totals = (*observed.report)["totals"];
  const Json& memory = totals.at("waits").at("memory");
  const Sums sums = waits_for(*observed.report, "mmap_lock", "rwsem");
  EXPECT_GT(sums.waits, 0);
  // One wait for the lock can be several sleeps, because another task may take it before the one that was woken has a
  // CPU. It also has the time until there is a CPU, and may begin and end with spinning.
  EXPECT_GE(sums.time_ns, memory.at("blocked_ns").get<std::int64_t>() * 9 / 10);
  EXPECT_LE(sums.time_ns, memory.at("blocked_ns").get<std::int64_t>() + time_in_condition(totals, "running_ns") +
                              time_in_condition(totals, "runnable_ns") + time_in_condition(totals, "preempted_ns"));
  EXPECT_GE(sums.held_by_tasks_ns, sums.time_ns / 4) << "the other threads hold it";
}

TEST(Locks, OfAnInodeAreNamedByTheFileOfTheCall) {
  const TemporaryDirectory directory;
  const Observed observed = observe({program("locks"), "file", "1000", directory.file("x")});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  if (!locks_are_measured(*observed.report)) {
    GTEST_SKIP() << "this kernel has no contention_begin";
  }
  const Sums sums = waits_for(*observed.report, "i_rwsem", "rwsem_write");
  EXPECT_GT(sums.waits, 0);
  EXPECT_GT(sums.time_ns, 0);
  EXPECT_GT(sums.held_by_tasks_ns, 0);
}

TEST(Locks, OfACaptureAreThoseOfTheRunAndHoldNoAddress) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Finished recorded = run(tool({"record", "-q", "--format", "none", "-o", capture, "-o",
                                      directory.file("live.json"), "--", program("locks"), "map", "100"}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const Finished reported = run(tool({"report", capture, "-o", directory.file("later.json")}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto live = read_report(directory.file("live.json"));
  const auto later = read_report(directory.file("later.json"));
  ASSERT_TRUE(live && later);
  EXPECT_EQ((*live)["locks"], (*later)["locks"]);
  EXPECT_THAT(live->json().dump(), testing::Not(testing::HasSubstr("ffffffff")));
}

TEST(Locks, AreNotMeasuredWithoutTheirProbes) {
  const Observed observed = observe({"/bin/true"}, {"--detail", "switches"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_TRUE((*observed.report)["locks"].is_null());
}

}  // namespace
}  // namespace taskcost::test
