// SPDX-License-Identifier: Apache-2.0
//
// Softirqs in the time of a task, compared with the kernel's own counts of all softirqs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

// Sum over all CPUs in /proc/softirqs.
std::int64_t counted_by_kernel(const std::string& vector) {
  for (const std::string& line : lines_of(read_file("/proc/softirqs"))) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == vector + ":") {
      std::int64_t sum = 0;
      for (std::int64_t count = 0; words >> count;) {
        sum += count;
      }
      return sum;
    }
  }
  return 0;
}

Json interrupts_of(const Report& report, const std::string& kind) {
  for (const Json& sums : report["interrupts"]) {
    if (sums.at("kind") == kind) {
      return sums;
    }
  }
  return {{"count", 0}, {"time_ns", 0}};
}

bool are_measured(const Report& report) { return !report["interrupts"].is_null(); }

constexpr std::int64_t datagrams = 20'000;

TEST(Interrupts, EachDatagramOfTheLoopbackDeviceIsReceivedInASoftirq) {
  const std::int64_t before = counted_by_kernel("NET_RX");
  const Observed observed = observe({program("datagrams"), std::to_string(datagrams)});
  const std::int64_t all = counted_by_kernel("NET_RX") - before;
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  expect_valid(*observed.report);
  if (!are_measured(*observed.report)) {
    GTEST_SKIP() << "this kernel has no tracepoints of softirqs, or runs them in threads";
  }
  const Json received = interrupts_of(*observed.report, "net_rx");
  EXPECT_GE(received.at("count"), datagrams * 9 / 10);
  EXPECT_LE(received.at("count"), all);
  const Json& totals = (*observed.report)["totals"];
  const Json& counters = totals.at("counters");
  std::int64_t count = 0;
  std::int64_t time = 0;
  for (const Json& sums : (*observed.report)["interrupts"]) {
    count += sums.at("count").get<std::int64_t>();
    time += sums.at("time_ns").get<std::int64_t>();
  }
  EXPECT_EQ(count, counters.at("softirqs").get<std::int64_t>() + counters.at("irqs").get<std::int64_t>());
  EXPECT_EQ(time, counters.at("softirq_ns").get<std::int64_t>() + counters.at("irq_ns").get<std::int64_t>());
  // A softirq that receives a datagram takes more than 100 ns, and it is a part of the call that sends it.
  EXPECT_GE(received.at("time_ns"), datagrams * 100);
  EXPECT_LE(time, time_in_condition(totals, "running_ns"));
  EXPECT_LE(received.at("time_ns"), time_in_activity(totals, "socket"));
}

TEST(Interrupts, OfACaptureAreThoseOfTheRun) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Finished recorded = run(tool({"record", "-q", "--format", "none", "-o", capture, "-o",
                                      directory.file("live.json"), "--", program("datagrams"), "1000"}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const Finished reported = run(tool({"report", capture, "-o", directory.file("later.json")}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto live = read_report(directory.file("live.json"));
  const auto later = read_report(directory.file("later.json"));
  ASSERT_TRUE(live && later);
  EXPECT_EQ((*live)["interrupts"], (*later)["interrupts"]);
  EXPECT_EQ((*live)["window"].at("stolen_ns"), (*later)["window"].at("stolen_ns"));
  const Finished part =
      run(tool({"report", capture, "--from", "0ms", "--comm", "datagrams", "-o", directory.file("part.json")}));
  ASSERT_EQ(part.exit_code(), 0) << part.describe();
  const auto of_part = read_report(directory.file("part.json"));
  ASSERT_TRUE(of_part);
  EXPECT_TRUE((*of_part)["interrupts"].is_null());
  EXPECT_TRUE((*of_part)["totals"].at("counters").at("softirq_ns").is_null());
  const Finished audit = run(tool({"report", "--audit", capture}));
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

TEST(Interrupts, AreNotMeasuredWithoutTheirProbes) {
  const Observed observed = observe({"/bin/true"}, {"--detail", "switches"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_TRUE((*observed.report)["interrupts"].is_null());
  EXPECT_TRUE((*observed.report)["totals"].at("counters").at("softirqs").is_null());
}

}  // namespace
}  // namespace taskcost::test
