// SPDX-License-Identifier: Apache-2.0
//
// What ran while tasks waited for a CPU, compared with the recorded switches of the same run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/csv.h"
#include "support/expect.h"

namespace taskcost::test {
namespace {

using WaiterAndRunner = std::pair<std::string, std::string>;
using RanTimes = std::map<WaiterAndRunner, std::int64_t>;  // ns

struct TimeOnCpu {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::string tid;
  std::string cpu;
};

// From the events alone: each wait for a CPU, and which tasks had that CPU within it.
RanTimes ran_by_events(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  std::map<std::string, std::size_t> columns;
  for (const std::string& column : csv_fields(line)) {
    columns.emplace(column, columns.size());
  }
  std::vector<TimeOnCpu> slices;
  std::vector<TimeOnCpu> waits;
  while (std::getline(lines, line)) {
    const auto fields = csv_fields(line);
    const auto number = [&](const char* column) {
      const std::string& text = fields.at(columns.at(column));
      return text.empty() ? 0 : std::stoll(text);
    };
    const std::string& event = fields.at(columns.at("event"));
    if (event != "switch_in" && event != "switch_out") {
      continue;
    }
    const std::int64_t at = number("time_ns");
    const bool in = event == "switch_in";
    (in ? waits : slices)
        .push_back({at - number(in ? "runnable_ns" : "duration_ns"), at, fields.at(columns.at("tid")),
                    fields.at(columns.at("cpu"))});
  }
  RanTimes times;
  for (const TimeOnCpu& wait : waits) {
    for (const TimeOnCpu& slice : slices) {
      const std::int64_t shared = std::min(wait.to, slice.to) - std::max(wait.from, slice.from);
      if (shared > 0 && slice.cpu == wait.cpu && slice.tid != wait.tid) {
        times[{wait.tid, slice.tid}] += shared;
      }
    }
  }
  return times;
}

std::map<std::uint64_t, std::string> tids_by_id(const Report& report) {
  std::map<std::uint64_t, std::string> tids;
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      tids[task.at("id").get<std::uint64_t>()] = std::to_string(task.at("tid").get<int>());
    }
  }
  return tids;
}

RanTimes ran_by_report(const Report& report) {
  const auto tids = tids_by_id(report);
  RanTimes times;
  for (const Json& row : report["ran_instead"]) {
    if (row.at("kind") == "task") {
      times[{tids.at(row.at("waiter").get<std::uint64_t>()), tids.at(row.at("task").get<std::uint64_t>())}] +=
          row.at("time_ns").get<std::int64_t>();
    }
  }
  return times;
}

std::int64_t told(const Report& report, const std::string& kind, const std::string& comm = "") {
  std::int64_t sum = 0;
  for (const Json& row : report["ran_instead"]) {
    if (row.at("kind") == kind && (comm.empty() || row.at("comm") == comm)) {
      sum += row.at("time_ns").get<std::int64_t>();
    }
  }
  return sum;
}

std::int64_t waited(const Report& report) {
  const Json& totals = report["totals"];
  return time_in_condition(totals, "preempted_ns") + time_in_condition(totals, "runnable_ns");
}

const std::string spin_here = program("phases") + " 1 0 300";

TEST(Queue, WhatRanIsWhatTheSwitchesShow) {
  const TemporaryDirectory directory;
  const Finished recorded =
      run(tool({"record", "-q", "--format", "none", "-o", directory.file("r.tcap"), "-o", directory.file("r.json"),
                "-o", directory.file("r.csv"), "--", "taskset", "-c", "0", "/bin/sh", "-c",
                spin_here + " & " + spin_here + " & " + spin_here + " & wait"}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  const RanTimes by_events = ran_by_events(read_file(directory.file("r.csv")));
  const RanTimes by_report = ran_by_report(*report);
  std::int64_t all = 0;
  int compared = 0;
  for (const auto& [pair, ns] : by_events) {
    all += ns;
    if (ns < 50'000'000) {
      continue;  // what a short wait consists of can differ by how it began
    }
    ++compared;
    ASSERT_TRUE(by_report.contains(pair)) << pair.first << " waited while " << pair.second << " ran for " << ns;
    EXPECT_LE(std::abs(by_report.at(pair) - ns), ns / 10) << pair.first << ", " << pair.second;
  }
  EXPECT_GE(compared, 6) << "each of three waits for the two others";
  std::int64_t sum = 0;
  for (const auto& [pair, ns] : by_report) {
    sum += ns;
  }
  EXPECT_LE(std::abs(sum - all), all / 10);
  EXPECT_LE(sum, waited(*report));

  const Finished later = run(tool({"report", directory.file("r.tcap"), "-o", directory.file("later.json")}));
  ASSERT_EQ(later.exit_code(), 0) << later.describe();
  const auto replayed = read_report(directory.file("later.json"));
  ASSERT_TRUE(replayed);
  EXPECT_EQ((*replayed)["ran_instead"], (*report)["ran_instead"]);
}

TEST(Queue, TasksThatAreNotObservedHaveNames) {
  Subprocess hog({"taskset", "-c", "0", program("phases"), "1", "0", "60000"});
  const Observed observed = observe({"taskset", "-c", "0", program("phases"), "1", "0", "400"});
  ASSERT_TRUE(observed.report);
  expect_valid(*observed.report);
  const std::int64_t all = waited(*observed.report);
  ASSERT_GT(all, 100'000'000);
  EXPECT_GE(told(*observed.report, "unobserved", "phases"), all / 2);
  EXPECT_LE(told(*observed.report, "unobserved"), all);
  const Json& cost = (*observed.report)["summary"].at("costs");
  const auto queue = std::ranges::find_if(cost, [](const Json& each) { return each.at("kind") == "queue"; });
  ASSERT_NE(queue, cost.end());
  EXPECT_EQ(queue->at("ran_instead"), "unobserved");
  EXPECT_EQ(queue->at("ran_process"), "phases");
}

TEST(Queue, AnIdleCpuIsNoTask) {
  // Each wake-up finds the CPU idle, unless another program of the machine has it.
  const Observed observed = observe({program("phases"), "200", "1", "0"});
  ASSERT_TRUE(observed.report);
  if ((*observed.report)["totals"].at("counters").at("switches_from_idle") > 10) {
    EXPECT_GT(told(*observed.report, "idle"), 0);
  }
  EXPECT_LE(told(*observed.report, "idle"), waited(*observed.report));
}

}  // namespace
}  // namespace taskcost::test
