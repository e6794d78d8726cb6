// SPDX-License-Identifier: Apache-2.0
//
// Report files are untrusted: a valid one is read, an invalid one is a one-line error, and none crashes the reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/render.h"
#include "support/figures_of.h"
#include "support/report_builder.h"
#include "verdict/diff/diff.h"

namespace taskcost {
namespace {

using nlohmann::json;
using test::figures_of;
using test::full_report;
using testing::HasSubstr;
using testing::Not;

const Quantity& quantity(const ReportFigures& figures, Topic topic, const std::string& item,
                         const std::string& aspect) {
  static const Quantity nothing;
  const auto found = figures.quantities.find({topic, item, aspect});
  return found == figures.quantities.end() ? nothing : found->second;
}

std::string refused(const std::string& text) {
  const auto figures = read_figures(text);
  if (figures) {
    ADD_FAILURE() << "accepted: " << text.substr(0, 100);
    return "";
  }
  const std::string line = to_line(figures.error());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_EQ(figures.error().kind, ErrorKind::runtime);
  return line;
}

json full_json() { return json::parse(test::json_of(full_report())); }

TEST(ReadFigures, TakesTheFiguresOfAFullReport) {
  const ReportFigures figures = figures_of(full_report());
  EXPECT_EQ(figures.command, "./bakery --cooks 3");
  EXPECT_EQ(figures.target_mode, "run");
  EXPECT_EQ(figures.window_exit, "target-exited");
  EXPECT_EQ(figures.ended, "exit 0");
  EXPECT_EQ(figures.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(figures.cpus, 2);
  EXPECT_EQ(figures.calls_seen, true);
  EXPECT_EQ(figures.losses, (std::map<std::string, double>{{"skipped_probes", 1}, {"unresolved_faults", 3}}));
  EXPECT_EQ(figures.evidence.size(), 3);
  EXPECT_EQ(quantity(figures, Topic::window, "wall", "wall_ns").value, 1'033'652'230);
  EXPECT_EQ(quantity(figures, Topic::activity, "pipe", "blocked_ns").value, 240'000'000);
  EXPECT_EQ(quantity(figures, Topic::wait, "epoll", "blocked_ns").value, 500'000'000);
  EXPECT_EQ(quantity(figures, Topic::counter, "voluntary_switches", "count").value, 2012);
  EXPECT_EQ(quantity(figures, Topic::memory, "page_table_bytes", "bytes").value, 49'152);
  EXPECT_EQ(quantity(figures, Topic::channel, "pipe", "bytes_in").value, 64'000);
  EXPECT_EQ(quantity(figures, Topic::lifecycle, "create_thread", "publish_ns").value, 2'000);
  EXPECT_TRUE(quantity(figures, Topic::latency, "run_queue", "p99_ns").measured());
  ASSERT_EQ(figures.processes.size(), 2);
  EXPECT_EQ(figures.processes.at("helper").count, 1);
  ASSERT_TRUE(figures.time);
  EXPECT_EQ(figures.time->running_total(), 1'407'130'230);
  ASSERT_EQ(figures.claims.size(), 2);
  EXPECT_EQ(figures.claims[0].interval->low, 7.21);
}

TEST(ReadFigures, DistinguishesNotMeasuredFromNone) {
  const ReportFigures figures = figures_of(full_report());
  using State = Quantity::State;
  EXPECT_EQ(quantity(figures, Topic::counter, "tlb_flushes_on_switch", "count").state, State::not_measured);
  EXPECT_EQ(quantity(figures, Topic::latency, "fault_cow", "p50_ns").state, State::not_measured);
  EXPECT_EQ(quantity(figures, Topic::latency, "fault_major", "p50_ns").state, State::none);
  EXPECT_EQ(quantity(figures, Topic::lifecycle, "create_vfork", "publish_ns").state, State::none);
  EXPECT_TRUE(quantity(figures, Topic::lifecycle, "create_vfork", "count").measured());
  EXPECT_TRUE(quantity(figures, Topic::wait, "disk", "blocked_ns").measured()) << "a cause without waits is zero";
}

TEST(ReadFigures, WithoutTasksNothingIsMeasured) {
  Report report;
  report.session.end = Instant(std::chrono::seconds(1));
  const ReportFigures figures = figures_of(report);
  EXPECT_FALSE(figures.time);
  EXPECT_FALSE(quantity(figures, Topic::activity, "user", "running_ns").measured());
  EXPECT_EQ(quantity(figures, Topic::window, "wall", "wall_ns").value, 1e9);
}

TEST(ReadFigures, KernelThreadsAreSeparate) {
  test::ReportBuilder builder;
  builder.process(1, "sh", TaskOrigin::fork, Duration(0), test::AccountBuilder().runs(TC_ACTIVITY_USER, Duration(5)));
  builder.kernel_thread(2, "kworker/0:1", test::AccountBuilder().runs(TC_ACTIVITY_KERNEL, Duration(7)));
  const ReportFigures figures = figures_of(builder.build());
  EXPECT_EQ(figures.processes.count("kworker/0:1"), 0);
  EXPECT_EQ(quantity(figures, Topic::kernel_threads, "all", "running_ns").value, 7);
}

TEST(ReadFigures, AnInvalidReportIsAOneLineError) {
  EXPECT_THAT(refused(""), HasSubstr("JSON syntax error"));
  EXPECT_THAT(refused("{"), HasSubstr("JSON syntax error"));
  EXPECT_THAT(refused("{\"schema\": \"\x1b[2J\n\"}"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(refused("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(refused("null"), HasSubstr("not a JSON object"));
  EXPECT_THAT(refused("{}"), HasSubstr("no schema"));
  EXPECT_THAT(refused(R"({"schema": 1})"), HasSubstr("no schema"));
  EXPECT_THAT(refused(R"({"schema": "taskcost.diff/2"})"), HasSubstr("'taskcost.diff/2'"));
  EXPECT_THAT(refused(R"({"schema": "\u001b[31m)" + std::string(100'000, 'x') + "\"}"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(refused(R"({"schema": "taskcost.report/2", "window": {"wall_ns": 1e999}})"), HasSubstr("too large"));
  EXPECT_THAT(refused(std::string("TCAP\x02\0\0\0", 8)), HasSubstr("JSON syntax error"));
}

// Processes are read before the schema is known: an error in them must not hide the version.
TEST(ReadFigures, AnotherVersionIsRefusedByName) {
  for (const std::string name : {"taskcost.report/", "taskcost.compare/"}) {
    for (const char* const number : {"1", "3", "12"}) {
      EXPECT_EQ(refused(R"({"processes": [{"id": "x"}], "schema": ")" + name + number + "\"}"),
                "cannot read the report: its schema is '" + name + number + "', and this version of taskcost needs '" +
                    name + "2' (measure again, or use the version of taskcost that wrote it)");
    }
  }
}

// SCHEMA_CHANGES.md promises it. The file is the golden report of the first release with this version of the schema.
TEST(ReadFigures, AnOlderReportOfThisVersionIsRead) {
  std::ifstream file(TASKCOST_GOLDEN_DIR "/old/report-2.json");
  const std::string json(std::istreambuf_iterator<char>(file), {});
  const auto figures = read_figures(json);
  ASSERT_TRUE(figures) << to_line(figures.error());
  EXPECT_EQ(figures->command, figures_of(full_report()).command);
  EXPECT_EQ(quantity(*figures, Topic::activity, "pipe", "blocked_ns").value, 240'000'000);
}

TEST(ReadFigures, AbsurdNestingIsRefused) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(refused(deep), HasSubstr("nested"));
  EXPECT_THAT(refused(R"({"schema": "taskcost.report/2", "x": )" + deep), HasSubstr("nested"));
  EXPECT_TRUE(read_figures(R"({"schema": "taskcost.report/2", "x": ")" + deep + "\"}")) << "text is no nesting";
}

TEST(ReadFigures, TypeErrorsNameTheirPath) {
  const std::pair<const char*, const char*> faults[] = {
      {"/window", "[]"},
      {"/window/wall_ns", R"("long")"},
      {"/window/wall_ns", "-1"},
      {"/window/wall_ns", "1e300"},
      {"/totals", "3"},
      {"/totals/activities", "[]"},
      {"/totals/activities/futex", "true"},
      {"/totals/activities/futex/blocked_ns", R"({"a": 1})"},
      {"/totals/counters/migrations", R"("none")"},
      {"/histograms/run_queue/p50_ns", "[]"},
      {"/processes", "{}"},
      {"/processes/0/comm", "7"},
      {"/evidence/1", "null"},
      {"/losses/missed_ledgers", "false"},
      {"/claims/0/ratio", R"("7")"},
  };
  for (const auto& [pointer, value] : faults) {
    json bad = full_json();
    bad.at(json::json_pointer(pointer)) = json::parse(value);
    if (std::string_view(value) == "null") {
      EXPECT_TRUE(read_figures(bad.dump())) << pointer;
      continue;
    }
    EXPECT_THAT(refused(bad.dump()), HasSubstr("'" + std::string(pointer).substr(1))) << pointer;
  }
}

TEST(ReadFigures, AMissingValueIsNotMeasured) {
  const json good = full_json();
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad.erase(key);
    EXPECT_EQ(read_figures(bad.dump()).has_value(), key != "schema") << key;
  }
}

TEST(ReadFigures, AcceptsMembersOfALaterVersion) {
  json later = full_json();
  later["novelty"] = {1, 2, 3};
  later["totals"]["activities"]["dream"] = {{"running_ns", 5}, {"blocked_ns", 7}};
  const auto figures = read_figures(later.dump());
  ASSERT_TRUE(figures);
  EXPECT_FALSE(quantity(*figures, Topic::activity, "dream", "blocked_ns").measured());
}

// Replaces every value of a report by every kind of value in turn.
void replace_each(json& document, json& place, const std::vector<json>& values) {
  if (place.is_structured()) {
    for (json& inner : place) {
      replace_each(document, inner, values);
    }
  }
  const json saved = place;
  for (const json& value : values) {
    place = value;
    const auto figures = read_figures(document.dump());
    if (figures) {
      diff_reports(*figures, *figures);
    }
  }
  place = saved;
}

// A report with a few parts, because it is parsed once for each value.
json part_of(const json& report, const std::vector<std::string>& keys) {
  json part = {{"schema", report.at("schema")}};
  for (const std::string& key : keys) {
    part[key] = report.at(key);
  }
  return part;
}

TEST(ReadFigures, NoValueAnywhereCrashesIt) {
  const json report = full_json();
  for (const char* key :
       {"tool", "host", "window", "target", "evidence", "losses", "claims", "sweeps", "comparisons"}) {
    json part = part_of(report, {key});
    replace_each(part, part[key], {nullptr, true, -1, 1e300, "x", json::array(), json::object(), {{"a", 1}}});
  }
  for (const char* key : {"activities", "waits", "creations", "ipc"}) {
    json part = part_of(report, {"window", "task_count", "totals"});
    part["totals"] = {{"lifetime_ns", report["totals"]["lifetime_ns"]}, {key, report["totals"][key]}};
    replace_each(part, part["totals"][key], {nullptr, -1, "x", json::array(), json::object()});
  }
}

TEST(ReadFigures, NoTruncationCrashesIt) {
  const std::string whole = full_json().dump();
  for (std::size_t size = 0; size < whole.size(); size += 197) {
    EXPECT_FALSE(read_figures(std::string_view(whole).substr(0, size)));
  }
}

}  // namespace
}  // namespace taskcost
