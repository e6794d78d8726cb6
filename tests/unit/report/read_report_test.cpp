// SPDX-License-Identifier: Apache-2.0
//
// A saved report that is read and written again is equal byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "report/render.h"
#include "support/fixture_stacks.h"
#include "support/hostile_names.h"
#include "support/rendered.h"
#include "support/report_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::AccountBuilder;
using test::full_report;
using test::json_of;
using test::ReportBuilder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Report read_again(const Report& report) {
  auto read = read_report(json_of(report));
  if (!read) {
    ADD_FAILURE() << to_line(read.error());
    return {};
  }
  return *std::move(read);
}

std::string text_of(const Report& report) {
  TextOptions options;
  options.verbose = true;
  std::ostringstream out;
  render_text(report, out, options);
  return std::move(out).str();
}

Report odd_report() {
  ReportBuilder builder;
  builder.process(1, "init", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms).lost(-2ms))
      .inside(7, 7)
      .dies_of(9);
  builder.thread(2, "worker", 1ms, AccountBuilder().blocks(TC_ACTIVITY_PIPE, 3ms, TC_WAIT_PIPE));
  builder.kernel_thread(3, "kworker/0:1", AccountBuilder().runs(TC_ACTIVITY_KERNEL, 7ms));
  builder.aggregated("true", 1000, AccountBuilder().runs(TC_ACTIVITY_EXIT, 1ms));
  builder.latency("of a later version", {1us, 2s});
  Report report = builder.build();
  Process& process = report.session.processes.front();
  process.fatal = FatalSignal{9, Instant(1000s), 1};
  process.tasks.front().shares.emplace()[1] = true;
  process.tasks.front().last_on_cpu = Instant(1001s);
  process.tasks.front().account->task_stats.reset();
  process.tasks.front().account->channels[TC_CHANNEL_PIPE] = ChannelUse{3, 10, 20, 4us, 1};
  report.session.calls_seen = false;
  report.session.cpu_slices.emplace(3);
  report.stolen = 5ms;
  report.per = UnitsOfWork{0, std::nullopt, "parse"};
  FoundRegion found;
  found.name = "parse";
  found.start = Instant(1000s);
  found.time = 3ms;
  found.user = found.blocked = 1ms;
  found.calls = 1ms;
  found.wait = TC_WAIT_PIPE;
  found.ended = false;
  report.found_regions = FoundRegions{"p*", 1ms, 7, 9ms, {found, {}}};
  report.claims.resize(1);
  report.claims[0].left = std::numeric_limits<double>::quiet_NaN();
  report.claims[0].interval = Interval{1, std::numeric_limits<double>::infinity()};
  report.sweeps = {{"s", "c", "t", "x", Unit::count, "y", Unit::ns, true, {{"a", {{1, 0.1, {0, 1e17}, 3}}, {}, {}}}}};
  return report;
}

TEST(ReadReport, WhatIsReadIsWrittenAsBefore) {
  for (const Report& report : {Report(), full_report(), test::report_with_stacks(), odd_report()}) {
    const std::string written = json_of(report);
    EXPECT_EQ(json_of(read_again(report)), written);
  }
}

TEST(ReadReport, ItsTextIsTheSame) {
  for (const Report& report : {full_report(), test::report_with_stacks()}) {
    EXPECT_EQ(text_of(read_again(report)), text_of(report));
  }
}

TEST(ReadReport, NamesStayAsTheyWereWritten) {
  for (const std::string& name : test::hostile_names) {
    ReportBuilder builder;
    builder.process(1, name, TaskOrigin::fork, 0ms, AccountBuilder());
    builder.report().target.command = name;
    builder.report().host.name = name;
    const std::string written = json_of(builder.build());
    EXPECT_EQ(json_of(read_again(builder.build())), written);
  }
}

TEST(ReadReport, EverythingIsChecked) {
  const json good = json::parse(json_of(full_report()));
  for (const auto& [place, value] :
       std::vector<std::pair<const char*, json>>{{"/processes/1/tasks/0/account/counters/migrations", -1},
                                                 {"/processes/1/tasks/0/tid", 4'294'967'296},
                                                 {"/processes/0/total/waits/pipe/blocked_ns", "long"},
                                                 {"/processes/0/origin", "magic"},
                                                 {"/processes/0/start_ns", 1e300},
                                                 {"/stacks", json::array()},
                                                 {"/histograms/run_queue/buckets/0/count", 0.5},
                                                 {"/edges/0/call_sites", json::array({1})},
                                                 {"/chains/0/links/0/cause", "lunch"},
                                                 {"/records/gaps/0", 7},
                                                 {"/losses", json::array()},
                                                 {"/window/wall_ns", -1},
                                                 {"/tables/0/columns/0", 1}}) {
    json bad = good;
    bad[json::json_pointer(place)] = value;
    const auto report = read_report(bad.dump());
    ASSERT_FALSE(report) << place;
    EXPECT_THAT(to_line(report.error()), AllOf(HasSubstr("'" + std::string(place).substr(1)), Not(HasSubstr("\n"))));
  }
}

// A limit on times keeps sums of them from overflowing.
TEST(ReadReport, TimesThatNoMachineHadAreRefused) {
  json report = json::parse(json_of(full_report()));
  for (json& process : report["processes"]) {
    for (json& task : process["tasks"]) {
      task["account"]["activities"]["user"]["running_ns"] = 500'000'000'000'000'000;
    }
  }
  const auto read = read_report(report.dump());
  ASSERT_FALSE(read);
  EXPECT_THAT(to_line(read.error()), HasSubstr("running_ns' is not a plausible time"));
}

TEST(ReadReport, AComparisonIsAnotherDocument) {
  const auto read = read_report(R"({"schema": "taskcost.compare/2", "commands": []})");
  ASSERT_FALSE(read);
  EXPECT_THAT(to_line(read.error()), HasSubstr("a report of 'taskcost compare'"));
}

TEST(ReadReport, AHandfulOfFieldsIsAReport) {
  const auto report = read_report(R"({"schema": "taskcost.report/2", "host": {"cpus": 4}, "later": [1]})");
  ASSERT_TRUE(report) << to_line(report.error());
  EXPECT_EQ(report->host.cpus, 4U);
  EXPECT_FALSE(text_of(*report).empty());
}

}  // namespace
}  // namespace taskcost
