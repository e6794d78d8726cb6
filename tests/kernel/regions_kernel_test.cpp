// SPDX-License-Identifier: Apache-2.0
//
// Marked regions, compared with what the program that marks them counts, and with its own clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/expect_failure.h"
#include "support/subprocess.h"
#include "support/taskcost.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The row of a region; an object without fields if there is none.
Json region(const Report& report, const std::string& name) {
  for (const Json& row : report["regions"]) {
    if (row.at("name") == Json(name)) {
      return row;
    }
  }
  return Json::object();
}

std::int64_t sum_of_parts(const Json& row) {
  std::int64_t sum = 0;
  for (const char* key : {"user_ns", "calls_ns", "faults_ns", "preempted_ns", "runnable_ns"}) {
    sum += row.at(key).get<std::int64_t>();
  }
  for (const auto& [wait, ns] : row.at("waits_ns").items()) {
    sum += ns.get<std::int64_t>();
  }
  return sum;
}

std::int64_t number(const Json& row, const char* key) { return row.value(key, std::int64_t{-1}); }

// The lines of `marks threads`: count, and the times by the clock inside and outside of the marks.
struct Own {
  std::int64_t count = 0;
  std::int64_t inside_ns = 0;
  std::int64_t outside_ns = 0;
};
std::map<std::string, Own> own_counts(const std::string& output) {
  std::map<std::string, Own> counts;
  std::istringstream lines(output);
  std::string name;
  for (Own own; lines >> name >> own.count >> own.inside_ns >> own.outside_ns;) {
    counts[name] = own;
  }
  return counts;
}

TEST(Regions, HaveTheTimesOfTheProgramsClock) {
  const Observed observed = observe({program("marks"), "threads", "4", "200"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  expect_valid(*observed.report);
  const auto own = own_counts(observed.finished.out);
  ASSERT_EQ(own.size(), 3U) << observed.finished.describe();
  ASSERT_EQ((*observed.report)["regions"].size(), 3U);
  for (const auto& [name, expected] : own) {
    const Json row = region(*observed.report, name);
    ASSERT_TRUE(row.contains("count")) << name;
    EXPECT_EQ(number(row, "count"), expected.count) << name;
    EXPECT_GE(number(row, "total_ns"), expected.inside_ns) << name;
    EXPECT_LE(number(row, "total_ns"), expected.outside_ns) << name;
    EXPECT_EQ(sum_of_parts(row), number(row, "total_ns")) << row.dump(1);
    EXPECT_LE(number(row, "shortest_ns"), number(row, "p50_ns"));
    EXPECT_LE(number(row, "p50_ns"), number(row, "p99_ns"));
    EXPECT_LE(number(row, "p99_ns"), number(row, "longest_ns"));
    for (const char* key : {"not_ended", "open", "stray_ends", "too_deep"}) {
      EXPECT_EQ(number(row, key), 0) << name << ": " << key;
    }
  }
  EXPECT_GT(region(*observed.report, "sleep").at("waits_ns").at("timer").get<std::int64_t>(), 0);
  EXPECT_GT(number(region(*observed.report, "spin"), "user_ns"), 0);
  EXPECT_FALSE(region(*observed.report, "spin").at("waits_ns").contains("timer"));
}

TEST(Regions, AreNoFailedCalls) {
  const Observed observed = observe({program("marks"), "cost", "1000"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  std::int64_t marks = 0;
  for (const Json& row : (*observed.report)["syscalls"]) {
    if (row.at("syscall") == "prctl (mark)") {
      marks += row.at("calls").get<std::int64_t>();
      EXPECT_TRUE(row.at("errors").empty()) << row.dump();
    } else if (row.at("syscall") == "prctl") {
      EXPECT_FALSE(row.at("errors").contains("EINVAL")) << row.dump();
    }
  }
  EXPECT_EQ(marks, 2000);
}

TEST(Regions, ThatDoNotMatchAreCounted) {
  const Observed observed = observe({program("marks"), "misuse"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  const Report& report = *observed.report;
  expect_valid(report);
  const auto row = [&](const std::string& name) { return region(report, name); };
  EXPECT_EQ(number(row("never ended"), "not_ended"), 1);
  EXPECT_GT(number(row("never ended"), "not_ended_ns"), 0);
  EXPECT_EQ(number(row("never ended"), "count"), 0);
  EXPECT_EQ(number(row("never begun"), "stray_ends"), 1);
  EXPECT_EQ(number(row("around"), "count"), 1);
  EXPECT_EQ(number(row("left open"), "not_ended"), 1);
  EXPECT_EQ(number(row("twice"), "count"), 1);
  EXPECT_EQ(number(row("twice"), "stray_ends"), 1);
  for (int level = 1; level <= 10; ++level) {
    const Json deep = row(std::to_string(level));
    EXPECT_EQ(number(deep, "count"), level <= 8 ? 1 : 0) << level;
    EXPECT_EQ(number(deep, "too_deep"), level <= 8 ? 0 : 1) << level;
    EXPECT_EQ(number(deep, "stray_ends"), 0) << level;
  }
  EXPECT_EQ(number(row("\x1b[31mred\n\xef\xbf\xbd"), "count"), 1);
  EXPECT_EQ(number(row("a name that is longer than thir"), "count"), 1);
  EXPECT_EQ(number(row("innermost"), "count"), 1);
  // Without a name: one by intent, and one whose name is at an address that cannot be read.
  std::int64_t unnamed = 0;
  for (const Json& each : report["regions"]) {
    unnamed += each.at("name").is_null() ? each.at("count").get<std::int64_t>() : 0;
  }
  EXPECT_EQ(unnamed, 2);
  EXPECT_EQ(report["losses"].at("unread_region_names"), 2);
  EXPECT_EQ(report["losses"].at("missed_regions"), 0);
}

TEST(Regions, CanBeMarkedBy32BitCalls) {
  const Observed observed = observe({program("marks"), "short"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_EQ(region(*observed.report, "short").value("count", 0), std::stoi(observed.finished.out));
}

TEST(Regions, TextNamesMisuseAndIsHarmless) {
  const Finished finished = run(tool({"run", "-o", "-", "-v", "--", program("marks"), "misuse"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("\\x1b[31mred"));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(finished.out, HasSubstr("1 not ended ("));
  EXPECT_THAT(finished.out, HasSubstr("1 end without a beginning"));
  EXPECT_THAT(finished.out, HasSubstr("1 within 8 others, not measured"));
  EXPECT_THAT(finished.out, HasSubstr("(no name)"));
}

TEST(Regions, OpenAtTheEndOfTheWindowAreCountedApart) {
  Subprocess marks({program("marks"), "open"});
  ASSERT_TRUE(marks.wait_for_output("ready"));
  Window window({"-p", std::to_string(marks.pid())});
  marks.send(SIGUSR1);
  ASSERT_TRUE(marks.wait_for_output("begun"));
  const auto report = window.close();
  marks.send(SIGTERM);
  marks.wait();
  ASSERT_TRUE(report);
  const Json row = region(*report, "open");
  EXPECT_EQ(number(row, "open"), 1) << row.dump();
  EXPECT_GT(number(row, "open_ns"), 0);
  EXPECT_EQ(number(row, "count"), 0);
  EXPECT_EQ(number(row, "not_ended"), 0);
  EXPECT_TRUE(row.at("p50_ns").is_null());
}

TEST(Regions, EndWithTheirProgram) {
  const Observed observed = observe({program("marks"), "exec"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  const Json row = region(*observed.report, "before exec");
  EXPECT_EQ(number(row, "not_ended"), 1);
  EXPECT_EQ(row.at("program"), "marks");
}

TEST(Regions, AreNotMeasuredWithoutProbesOfCalls) {
  const Observed observed = observe({program("marks"), "threads", "1", "1"}, {"--detail", "switches"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  EXPECT_TRUE((*observed.report)["regions"].is_null());
}

class RecordedRegions : public ::testing::Test {
 protected:
  void SetUp() override {
    const Finished recorded = run(tool({"record", "-q", "--format", "none", "-o", capture, "-o", live, "-o", rows, "-o",
                                        directory.file("r.pftrace"), "--", program("marks"), "threads", "2", "100"}));
    ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  }

  TemporaryDirectory directory;
  std::string capture = directory.file("r.tcap");
  std::string live = directory.file("live.json");
  std::string rows = directory.file("r.ndjson");
};

TEST_F(RecordedRegions, AreThoseOfTheRun) {
  const Finished reported =
      run(tool({"report", capture, "-q", "-o", directory.file("later.json"), "--region", "spin"}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto one = read_report(live);
  const auto other = read_report(directory.file("later.json"));
  ASSERT_TRUE(one && other);
  expect_valid(*other);
  EXPECT_EQ((*one)["regions"].size(), 3U);
  EXPECT_EQ((*one)["regions"], (*other)["regions"]);
  const Json spin = region(*one, "spin");
  const Json& found = (*other)["found_regions"];
  EXPECT_EQ(found.at("count"), spin.at("count"));
  EXPECT_EQ(found.at("longest_ns"), spin.at("longest_ns"));
  EXPECT_EQ(found.at("regions").at(0).at("time_ns"), spin.at("longest_ns"));
  std::int64_t total = 0;
  for (const Json& each : found.at("regions")) {
    total += each.at("time_ns").get<std::int64_t>();
    std::int64_t parts = 0;
    for (const char* key : {"user_ns", "calls_ns", "faults_ns", "preempted_ns", "runnable_ns", "blocked_ns"}) {
      parts += each.at(key).get<std::int64_t>();
    }
    EXPECT_EQ(parts, each.at("time_ns").get<std::int64_t>());
    EXPECT_EQ(each.at("depth"), 1);
    EXPECT_EQ(each.at("comm"), "marks");
  }
  EXPECT_EQ(total, spin.at("total_ns").get<std::int64_t>());
}

TEST_F(RecordedRegions, AreFilteredByTheirTime) {
  const auto live_report = read_report(live);
  ASSERT_TRUE(live_report);
  const Json outer = region(*live_report, "outer");
  // Quantiles are up to 1/8 off, and regions can differ by less.
  const std::int64_t middle_ns =
      (outer.at("shortest_ns").get<std::int64_t>() + outer.at("longest_ns").get<std::int64_t>()) / 2;
  const std::string limit = std::to_string(middle_ns) + "ns";
  const Finished some =
      run(tool({"report", capture, "-q", "-o", "-", "--format", "json", "--region", "out*", "--longer-than", limit}));
  ASSERT_EQ(some.exit_code(), 0) << some.describe();
  const Json found = Json::parse(some.out).at("found_regions");
  EXPECT_GT(found.at("count").get<std::int64_t>(), 0);
  EXPECT_LT(found.at("count").get<std::int64_t>(), outer.at("count").get<std::int64_t>());
  for (const Json& each : found.at("regions")) {
    EXPECT_GT(each.at("time_ns"), found.at("longer_than_ns"));
  }
  const Finished none = run(tool({"report", capture, "--region", "outer", "--longer-than", "1000s"}));
  EXPECT_EQ(none.exit_code(), 0) << none.describe();
  EXPECT_THAT(none.out, HasSubstr("none; the longest took "));
}

TEST_F(RecordedRegions, WithAnUnknownNameAreAnError) {
  const Finished finished = run(tool({"report", capture, "--region", "otter"}));
  EXPECT_EQ(finished.exit_code(), 1);
  EXPECT_THAT(finished.err, HasSubstr("no region 'otter'"));
  EXPECT_THAT(finished.err, HasSubstr("'outer'"));
}

TEST_F(RecordedRegions, AreRowsOfEventsAndLeaveTheAuditAsItIs) {
  std::istringstream lines(read_file(rows));
  std::map<std::string, std::int64_t> counts;
  int marks = 0;
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line);
    if (row.at("event") == "region") {
      ++counts[row.at("detail").get<std::string>()];
      EXPECT_TRUE(row.contains("duration_ns")) << line;
    }
    marks += row.value("detail", "") == "mark" && row.at("event") == "call" ? 1 : 0;
  }
  EXPECT_EQ(marks, 1200);
  EXPECT_EQ(counts, (std::map<std::string, std::int64_t>{{"outer", 200}, {"sleep", 200}, {"spin", 200}}));
  const Finished audit = run(tool({"report", capture, "--audit"}));
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

TEST_F(RecordedRegions, AreUnitsOfWork) {
  const Finished finished = run(tool({"report", capture, "--per-region", "outer"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("Per unit of work: 200 regions 'outer'"));
  const Finished none = run(tool({"report", capture, "--per-region", "otter"}));
  EXPECT_THAT(none.out, HasSubstr("regions 'otter': none was counted"));
}

}  // namespace
}  // namespace taskcost::test
