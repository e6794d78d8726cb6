// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "report/render.h"
#include "support/golden.h"
#include "support/report_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::AccountBuilder;
using test::full_report;
using test::ReportBuilder;

std::string json_text(const Report& report) {
  std::ostringstream out;
  render_json(report, out);
  return out.str();
}

json parse_report(const Report& report) { return json::parse(json_text(report)); }

TEST(Json, AFullReportIsWrittenAsBefore) { test::expect_golden("report.json", json_text(full_report())); }

// The start's anchor was taken 100 ns late: the times in the report are those of start_ns.
TEST(Json, SaysWhoseAndWhenItIs) {
  Report report = full_report();
  report.session.start = Instant(1000s);
  report.session.end = Instant(1004s);
  // In the window the machine was suspended for an hour, and the clock was set back by a second.
  report.clocks = {ClockAnchor{1'000'000'000'100, 1'700'000'000'000'000'100, 2'000'000'000'100},
                   ClockAnchor{1'004'000'000'000, 1'700'003'603'000'000'000, 5'604'000'000'000}};
  const json window = parse_report(report)["window"];
  EXPECT_EQ(window["start_realtime_ns"], 1'700'000'000'000'000'000);
  EXPECT_EQ(window["start_boottime_ns"], 2'000'000'000'000);
  EXPECT_EQ(window["start_time"], "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(window["end_realtime_ns"], 1'700'003'603'000'000'000);
  EXPECT_EQ(window["end_boottime_ns"], 5'604'000'000'000);
  EXPECT_EQ(window["end_time"], "2023-11-14T23:13:23.000000000Z");
  const json host = parse_report(report)["host"];
  EXPECT_EQ(host["name"], "lab");
  EXPECT_EQ(host["machine_id"], "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(host["boot_id"], "01234567-89ab-cdef-0123-456789abcdef");
  // Unknown times are null.
  const json unknown = parse_report(Report());
  for (const char* key : {"start_time", "start_realtime_ns", "start_boottime_ns", "end_time", "end_realtime_ns"}) {
    EXPECT_TRUE(unknown["window"][key].is_null()) << key;
  }
  EXPECT_TRUE(unknown["host"]["boot_id"].is_null());
}

TEST(Json, EndsWithOneNewlineAndIndentsByTwo) {
  const std::string text = json_text(full_report());
  EXPECT_TRUE(text.starts_with("{\n  \"schema\": \"taskcost.report/2\",\n  \"tool\": {\n    \"version\""));
  EXPECT_TRUE(text.ends_with("null\n}\n"));
}

TEST(Json, NamesNoKeyTwice) {
  std::vector<std::set<std::string>> open;
  const auto look = [&open](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) {
      open.emplace_back();
    } else if (event == json::parse_event_t::key) {
      EXPECT_TRUE(open.back().insert(value.get<std::string>()).second) << value;
    } else if (event == json::parse_event_t::object_end) {
      open.pop_back();
    }
    return true;
  };
  EXPECT_TRUE(json::parse(json_text(full_report()), look).is_object());
}

TEST(Json, NotMeasuredIsNullAndNoneIsZero) {
  const json report = parse_report(full_report());
  const json& counters = report["totals"]["counters"];
  EXPECT_TRUE(counters["tlb_flushes_on_switch"].is_null());
  EXPECT_EQ(counters["migrations"], 0);
  EXPECT_TRUE(counters["kernel_slab_bytes"].is_null());
  EXPECT_TRUE(report["histograms"]["switch_same"].is_null());
  EXPECT_EQ(report["histograms"]["fault_major"]["count"], 0);
  EXPECT_TRUE(report["histograms"]["fault_major"]["p50_ns"].is_null());
  EXPECT_EQ(report["edges"][0]["bytes"], 64'000);
  EXPECT_TRUE(report["edges"][1]["bytes"].is_null());
  EXPECT_TRUE(report["edges"][1]["from_tid"].is_null());
  EXPECT_EQ(report["edges"][2]["waker"], "unobserved");
  EXPECT_TRUE(report["processes"][1]["tasks"][0]["phases"]["exec_prepare_ns"].is_null());
  EXPECT_TRUE(report["processes"][0]["parent"].is_null());
  EXPECT_EQ(report["processes"][1]["parent"], 1);
}

TEST(Json, AnAccountAddsUp) {
  const json report = parse_report(full_report());
  for (const json* account : {&report["totals"], &report["processes"][1]["total"]}) {
    std::int64_t sum = (*account)["residual_ns"];
    for (const json& cells : (*account)["activities"]) {
      for (const char* condition : {"running_ns", "preempted_ns", "runnable_ns", "blocked_ns"}) {
        sum += cells[condition].get<std::int64_t>();
      }
    }
    EXPECT_EQ(sum, (*account)["lifetime_ns"]);
  }
  EXPECT_EQ(report["processes"][1]["threads"], 3);
}

TEST(Json, TaskStatsThatWereNotReadAreNull) {
  Report report = full_report();
  report.session.totals.task_stats.reset();
  const json document = parse_report(report);
  EXPECT_TRUE(document["totals"]["task_stats"].is_null());
  EXPECT_EQ(document["processes"][0]["total"]["task_stats"]["voluntary_switches"], 2003);
}

TEST(Json, HostileNamesStayText) {
  ReportBuilder builder;
  builder.process(1, "\"},\n\033[2J\xff\u202e", TaskOrigin::fork, 0ms, AccountBuilder());
  builder.aggregated("\"\\\xc3", 2, AccountBuilder());
  builder.latency("odd\"key\n", {1us});
  const std::string text = json_text(builder.build());
  for (const char c : text) {
    ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
  }
  const json document = json::parse(text);
  EXPECT_EQ(document["processes"][0]["comm"], "\"},\n\033[2J\ufffd\u202e");
  EXPECT_EQ(document["aggregated"][0]["comm"], "\"\\\ufffd");
}

TEST(Json, ARatioWithoutEndIsNull) {
  Report report = full_report();
  report.claims[0].interval = Interval{1, std::numeric_limits<double>::infinity()};
  report.claims[0].left = std::numeric_limits<double>::quiet_NaN();
  const json claim = parse_report(report)["claims"][0];
  EXPECT_TRUE(claim["ratio_high"].is_null());
  EXPECT_TRUE(claim["left"].is_null());
  EXPECT_EQ(claim["ratio_low"], 1);
}

TEST(Json, KeepsLargeNumbersWhole) {
  Report report;
  report.session.totals.lifetime = Duration::max();
  report.session.totals.entries[TC_ACTIVITY_USER] = std::numeric_limits<std::uint64_t>::max();
  const json totals = parse_report(report)["totals"];
  EXPECT_EQ(totals["lifetime_ns"], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(totals["activities"]["user"]["count"], std::numeric_limits<std::uint64_t>::max());
}

// Only counts the bytes, so that the test times the rendering alone.
class Counting : public std::streambuf {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

 protected:
  std::streamsize xsputn(const char* /*text*/, std::streamsize count) override {
    size_ += static_cast<std::size_t>(count);
    return count;
  }
  int overflow(int c) override {
    ++size_;
    return c;
  }

 private:
  std::size_t size_ = 0;
};

Report report_of(std::uint32_t processes) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < processes; ++i) {
    builder.process(i + 2, "true", TaskOrigin::fork, 1us * i, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms)).exits(0);
  }
  return builder.build();
}

// Returns the shortest time of three runs.
std::chrono::duration<double> time_to_write(const Report& report) {
  auto best = std::chrono::duration<double>::max();
  for (int i = 0; i < 3; ++i) {
    Counting sink;
    std::ostream out(&sink);
    const auto start = std::chrono::steady_clock::now();
    render_json(report, out);
    best = std::min<std::chrono::duration<double>>(best, std::chrono::steady_clock::now() - start);
    EXPECT_GT(sink.size(), 100'000U);
  }
  return best;
}

TEST(Json, TimeGrowsWithTheNumberOfProcessesAndNotFaster) {
  const auto few = time_to_write(report_of(100));
  const auto many = time_to_write(report_of(1000));
  RecordProperty("seconds_of_1000", std::to_string(many.count()));
  EXPECT_LT(many / few, 30) << "ten times as many";
}

TEST(JsonWriter, WritesEmptyAndNestedValues) {
  std::ostringstream out;
  {
    JsonWriter writer(out);
    writer.object([&] {
      writer.array("none", [] {});
      writer.object(
          "row",
          [&] {
            writer.field("a", 1);
            writer.field("b", false);
          },
          JsonWriter::Layout::row);
      writer.object("lines", [&] { writer.field("x", -0.5); });
    });
    writer.end_document();
  }
  EXPECT_EQ(out.str(),
            "{\n  \"none\": [],\n  \"row\": {\"a\": 1, \"b\": false},\n  \"lines\": {\n    \"x\": -0.5\n  }\n}\n");
}

}  // namespace
}  // namespace taskcost
