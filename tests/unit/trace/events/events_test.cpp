// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/escape.h"
#include "support/csv.h"
#include "support/fixture_script.h"
#include "support/golden.h"
#include "support/hostile_names.h"
#include "support/marked_regions.h"
#include "support/script.h"
#include "support/subprocess.h"
#include "trace/events/writers.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using nlohmann::json;
using test::comes;
using test::idle_comes;
using test::idle_leaves;
using test::leaves;
using test::Script;
using testing::HasSubstr;

template <typename Export>
std::string written(const Script& script) {
  std::ostringstream out;
  Export exported(out, test::trace_info());
  for (const Record& record : script.records()) {
    exported.on_record(record);
  }
  exported.finish(100'000);
  return out.str();
}

std::vector<json> all_rows_of(const std::string& text) {
  std::vector<json> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    rows.push_back(json::parse(line));
  }
  return rows;
}

// Returns the rows between the first and the last, which describe the recording itself.
std::vector<json> rows_between(const std::string& text) {
  std::vector<json> rows = all_rows_of(text);
  EXPECT_EQ(rows.front().at("event"), "recording_begins");
  EXPECT_EQ(rows.back().at("event"), "recording_ends");
  rows.erase(rows.begin());
  rows.pop_back();
  return rows;
}

std::vector<json> rows_of(const Script& script) { return rows_between(written<EventNdjson>(script)); }

TraceInfo info_of_part(const TraceSpan& span, const std::vector<std::uint64_t>& tasks) {
  TraceInfo info = test::trace_info();
  info.part.span = span;
  info.part.tasks =
      std::make_shared<TracePart::Tasks>(TracePart::Tasks{{tasks.begin(), tasks.end()}, {tasks.begin(), tasks.end()}});
  return info;
}

// The state before the part is known: the first row of the server says for how long it was blocked.
TEST(EventRows, APartHasItsOwnRowsOnly) {
  std::ostringstream out;
  EventNdjson exported(out, info_of_part({20'000, 60'000}, {1}));
  const Script life = test::fixture_script();
  for (const Record& record : life.records()) {
    exported.on_record(record);
  }
  exported.finish(100'000);
  const std::vector<json> rows = rows_between(out.str());
  ASSERT_FALSE(rows.empty());
  for (const json& row : rows) {
    EXPECT_GE(row.at("time_ns"), 20'000);
    EXPECT_LT(row.at("time_ns"), 60'000);
    EXPECT_TRUE(!row.contains("tid") || row.at("tid") == 1001) << row;
  }
  EXPECT_EQ(rows[0].at("event"), "switch_in");
  EXPECT_EQ(rows[0].at("duration_ns"), 9000);
}

// They have the machine and the boot, and relate the times to the calendar, also across a suspend.
TEST(EventRows, TheFirstAndTheLastHaveHostAndClocks) {
  std::ostringstream out;
  EventNdjson exported(out, test::trace_info());
  exported.finish(30'000, ClockAnchor{31'000, 1'700'000'000'000'090'000, 5'000'091'000});
  const auto rows = all_rows_of(out.str());
  ASSERT_EQ(rows.size(), 2U);
  const json place = {{"host", "lab"},
                      {"machine_id", "0123456789abcdef0123456789abcdef"},
                      {"boot_id", "01234567-89ab-cdef-0123-456789abcdef"},
                      {"detail", "server --once"}};
  json first = place;
  first.update({{"event", "recording_begins"},
                {"time_ns", 1000},
                {"realtime_ns", 1'700'000'000'000'000'000},
                {"boottime_ns", 5'000'001'000}});
  EXPECT_EQ(rows[0], first);
  json last = place;
  last.update({{"event", "recording_ends"},
               {"time_ns", 31'000},
               {"realtime_ns", 1'700'000'000'000'090'000},
               {"boottime_ns", 5'000'091'000}});
  EXPECT_EQ(rows[1], last);
  // This recording is cut off.
  EXPECT_FALSE(all_rows_of(written<EventNdjson>(Script())).back().contains("realtime_ns"));
}

TEST(EventRows, AShortRecordingAsCsv) { test::expect_golden("events.csv", written<EventCsv>(test::fixture_script())); }

TEST(EventRows, ASwitchInHasItsWaitAndItsWaker) {
  Script script;
  script.at(1us).adopted(1, "reader").adopted(2, "writer");
  script.at(10us).switches(0, leaves(1).blocks(TC_WAIT_PIPE, TC_ROW_CALL_PENDING).in_call(test::number_read, 9us),
                           comes(2));
  script.at(25us).switches(0, leaves(2), comes(1).woken_by(2, test::number_write, 20us));
  const json last = rows_of(script).back();
  EXPECT_EQ(last, json({{"time_ns", 25000},
                        {"cpu", 0},
                        {"event", "switch_in"},
                        {"tid", 1001},
                        {"pid", 1001},
                        {"comm", "reader"},
                        {"activity", "call"},
                        {"condition", "blocked"},
                        {"wait", "pipe"},
                        {"duration_ns", 10000},
                        {"runnable_ns", 5000},
                        {"syscall", "read"},
                        {"syscall_number", 0},
                        {"waker_tid", 1002},
                        {"waker_comm", "writer"},
                        {"waker_kind", "task"},
                        {"waker_call_site", "write"},
                        {"other_tid", 1002}}));
}

TEST(EventRows, WhatWasNotSeenIsMissingAndNotZero) {
  Script script;
  script.at(1us).adopted(1, "a").at(3us).calls(1, test::number_read, TC_ACTIVITY_FILE, 0us, 0);
  script.at(5us).switches(0, leaves(1).blocks(TC_WAIT_DISK), idle_comes()).at(9us).switches(0, idle_leaves(), comes(1));
  const auto rows = rows_of(script);
  EXPECT_FALSE(rows.at(1).contains("duration_ns")) << rows.at(1) << ": the entry of the call";
  EXPECT_EQ(rows.at(1).at("result"), 0) << "measured";
  EXPECT_FALSE(rows.at(2).contains("duration_ns")) << rows.at(2) << ": when it got the CPU";
  EXPECT_FALSE(rows.at(3).contains("duration_ns")) << rows.at(3) << ": its wake-up";
}

TEST(EventRows, LostEventsAreRows) {
  Script script;
  script.at(1us).adopted(1, "a").at(10us).switches(0, leaves(1), idle_comes()).gap(1, 11us, 15us, 42);
  script.at(20us).switches(0, idle_leaves(), comes(1));
  const auto rows = rows_of(script);
  EXPECT_EQ(rows.at(2), json({{"time_ns", 15000}, {"cpu", 1}, {"event", "gap"}, {"duration_ns", 4000}, {"value", 42}}));
  EXPECT_EQ(rows.at(3).at("doubtful"), 1);
}

TEST(EventRows, AnInterruptionIsARow) {
  std::ostringstream out;
  EventCsv exported(out, test::trace_info());
  exported.on_interruption({Interruption::Why::dropped, CaptureSpan{5'000, 9'000, 3}});
  exported.finish(10'000);
  EXPECT_THAT(out.str(), HasSubstr("\n9000,,interruption,,,,,,,4000,"));
  EXPECT_THAT(out.str(), HasSubstr(",dropped,3,"));
}

TEST(EventRows, AnInterruptionThatCanBeAnywhereHasNoTimeAndMakesWhatFollowsDoubtful) {
  std::ostringstream out;
  EventNdjson exported(out, test::trace_info());
  exported.on_interruption({Interruption::Why::damaged, std::nullopt});
  Script script;
  script.at(1us).adopted(1, "a").at(10us).switches(0, leaves(1), idle_comes());
  script.at(20us).switches(0, idle_leaves(), comes(1));
  for (const Record& record : script.records()) {
    exported.on_record(record);
  }
  exported.finish(30'000);
  const auto rows = rows_between(out.str());
  EXPECT_EQ(rows.front(), json({{"event", "interruption"}, {"detail", "damaged"}}));
  EXPECT_EQ(rows.back().at("doubtful"), 1);
}

TEST(EventRows, AParentMayComeBackLongAfterItsChildEnded) {
  Script script;
  script.at(1us).adopted(1, "sh").born(2, 1, TC_CREATION_FORK, "child");
  script.at(5us).switches(0, leaves(1).blocks(TC_WAIT_CHILD, TC_ACTIVITY_WAIT), comes(2));
  script.at(9us).switches(0, leaves(2).for_ever(), idle_comes());
  script.at(20us).switches(0, idle_leaves(), comes(1).woken_by(2, TC_FROM_EXIT, 8us));
  const json row = rows_of(script).back();
  EXPECT_EQ(row.at("waker_comm"), "child");
  EXPECT_EQ(row.at("waker_call_site"), "exit");
}

TEST(EventRows, NamesFollowARename) {
  Script script;
  script.at(1us).adopted(1, "server").at(2us).renames(1, "server: ready");
  script.at(5us).switches(0, leaves(1).blocks(TC_WAIT_TIMER), idle_comes());
  const auto rows = rows_of(script);
  EXPECT_EQ(rows.at(0).at("comm"), "server");
  EXPECT_EQ(rows.at(1).at("event"), "rename");
  EXPECT_EQ(rows.at(1).at("comm"), "server: ready");
  EXPECT_EQ(rows.at(1).at("detail"), "server");
  EXPECT_EQ(rows.at(2).at("comm"), "server: ready");
}

TEST(EventRows, ARegionHasItsNameAndTime) {
  Script script;
  tc_region region = test::region_record(1, "=parse", 2000, 9000);
  region.depth = 3;
  tc_region open = region;
  open.how = TC_REGION_NOT_ENDED;
  open.blocked_ns = 0;
  script.at(1us).adopted(1, "server").emits(region).emits(open);
  const auto rows = rows_of(script);
  EXPECT_EQ(rows.at(1).at("event"), "region");
  EXPECT_EQ(rows.at(1).at("detail"), "=parse");
  EXPECT_EQ(rows.at(1).at("comm"), "server");
  EXPECT_EQ(rows.at(1).at("duration_ns"), 7000);
  EXPECT_EQ(rows.at(1).at("value"), 3);
  EXPECT_EQ(rows.at(1).at("wait"), "pipe");
  EXPECT_FALSE(rows.at(1).contains("condition"));
  EXPECT_EQ(rows.at(2).at("condition"), "not_ended");
  EXPECT_FALSE(rows.at(2).contains("wait"));
}

TEST(EventRows, WorkersOfTheKernelAreNoThreads) {
  Script script;
  tc_task_new worker = test::born(2, 2000, 1, TC_CREATION_THREAD, "iou-wrk-1001");
  worker.flags |= TC_LEDGER_KERNEL_WORKER;
  script.at(1us).adopted(1, "server").emits(worker);
  EXPECT_EQ(rows_of(script).at(1).at("detail"), "worker");
}

TEST(EventRows, NamesAreQuotedAndNoFormulas) {
  Script script;
  script.at(1us).adopted(1, "a,b\"\n\x1b[m\xff").at(2us).execs(1, "-sh", std::string_view("=1\0,\"\r\n\0", 8));
  const std::string csv = written<EventCsv>(script);
  EXPECT_THAT(csv, HasSubstr(R"(,"a,b""\n\x1b[m\xff",)"));
  EXPECT_THAT(csv, HasSubstr(",'-sh,"));
  EXPECT_THAT(csv, HasSubstr(R"("'=1 ,""\x0d\n")"));
  const auto rows = rows_of(script);
  EXPECT_EQ(rows.at(0).at("comm"), "a,b\"\n\x1b[m\xef\xbf\xbd");
  EXPECT_EQ(rows.at(1).at("comm"), "-sh");
}

TEST(EventRows, HostileNamesStayInTheirField) {
  Script script;
  script.at(1us);
  for (std::size_t i = 0; i < test::hostile_names.size(); ++i) {
    script.adopted(i + 1, test::hostile_names[i]);
  }
  std::istringstream lines(written<EventCsv>(script));
  std::string line;
  std::getline(lines, line);
  const std::size_t columns = test::csv_fields(line).size();
  std::size_t rows = 0;
  for (; std::getline(lines, line); ++rows) {
    EXPECT_TRUE(test::is_harmless(line)) << line;
    const auto fields = test::csv_fields(line);
    ASSERT_EQ(fields.size(), columns) << line;
    const std::string& comm = fields[5];
    EXPECT_TRUE(comm.empty() || std::string_view("=+-@").find(comm.front()) == std::string_view::npos) << line;
  }
  EXPECT_EQ(rows, test::hostile_names.size() + 2) << "the first and the last are of the recording";

  const auto objects = rows_of(script);
  ASSERT_EQ(objects.size(), test::hostile_names.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string name = test::hostile_names[i].substr(0, TC_COMM_LEN);
    EXPECT_EQ(objects[i].value("comm", ""), valid_utf8(name.substr(0, name.find('\0'))));
  }
}

// Returns the commands between the fences of docs/sql.md, which must work as printed.
std::string recipe() {
  std::ifstream page(TASKCOST_SQL_PAGE);
  std::ostringstream text;
  text << page.rdbuf();
  const std::string all = text.str();
  const std::size_t begin = all.find("```sh\nsqlite3 ");
  const std::size_t end = all.find("\n```", begin);
  return begin == std::string::npos || end == std::string::npos ? "" : all.substr(begin + 6, end - begin - 5);
}

class Directory {
 public:
  Directory() {
    std::string path = std::filesystem::temp_directory_path() / "taskcost-XXXXXX";
    path_ = mkdtemp(path.data());
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(EventRows, TheRecipeOfThePageAnswersItsQuestions) {
  ASSERT_FALSE(recipe().empty());
  const Directory directory;
  std::ofstream(directory.path() + "/events.csv") << written<EventCsv>(test::fixture_script());
  test::SpawnOptions options;
  options.directory = directory.path();
  const test::Finished finished = test::Subprocess({"sh", "-c", recipe()}, options).wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(finished.err, "");
  EXPECT_THAT(finished.out, testing::ContainsRegex("server +1001 +9 +client +1002 +write"));
  EXPECT_THAT(finished.out, testing::ContainsRegex("1001 +server +pipe +1 +14 *\n"));
  EXPECT_THAT(finished.out, testing::ContainsRegex("1003 +true +exec +1 +8 *\n"));
}

// A line has what the schema says, and nothing else.
TEST(EventRows, EveryLineFollowsTheSchema) {
  const json schema = json::parse(event_schema());
  const auto& properties = schema.at("properties");
  const auto lines = all_rows_of(written<EventNdjson>(test::fixture_script()));
  ASSERT_GT(lines.size(), 10U);
  for (const json& line : lines) {
    EXPECT_TRUE(line.contains("event"));
    for (const auto& [key, value] : line.items()) {
      ASSERT_TRUE(properties.contains(key)) << key;
      EXPECT_EQ(properties.at(key).at("type"), value.is_string() ? "string" : "integer") << key;
      EXPECT_EQ(properties.at(key).contains("unit"), key.ends_with("_ns")) << key;
    }
  }
  EXPECT_EQ(schema.at("required"), json::array({"event"}));
}

}  // namespace
}  // namespace taskcost
