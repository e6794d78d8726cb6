// SPDX-License-Identifier: Apache-2.0
//
// The timeline of the HTML report: its appearance and its use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/browser.h"
#include "support/fixture_timeline.h"
#include "support/marked_regions.h"
#include "support/rendered.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

SeenPage render_timeline(const Report& report, int width, const std::string& question, Scheme scheme = Scheme::light) {
  return test::render_page(html_of(report), width, scheme, "timeline." + question);
}

json answer(const std::string& question) {
  const SeenPage seen = render_timeline(report_with_timeline(), 1280, question);
  expect_well_rendered(seen);
  return seen.facts.at("answer");
}

class TimelineWidth : public ::testing::TestWithParam<std::tuple<int, Scheme>> {};

TEST_P(TimelineWidth, BarsHaveTheColorOfTheActivityFaintWhileBlocked) {
  const auto [width, scheme] = GetParam();
  const SeenPage seen = render_timeline(report_with_timeline(), width, "colors", scheme);
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_EQ(got.at("user")[0], got.at("user")[1]);
  for (std::size_t i = 0; i < 3; ++i) {
    const int shown = got.at("faint")[0][i];
    const int full = got.at("faint")[1][i];
    const int page = got.at("faint")[2][i];
    EXPECT_THAT(shown, AllOf(Ge(std::min(full, page)), Le(std::max(full, page))));
    EXPECT_LE(std::abs(shown - page), std::abs(shown - full) + 1) << "nearer to the page";
  }
  EXPECT_THAT(got.at("names"), ElementsAre("baker (10), 2 tasks", "baker (10)", "oven (11)", "waiter (20)"));
  EXPECT_EQ(got.at("fits"), true);
  EXPECT_THAT(seen.facts.at("headings"), Contains(json("Timeline")));
}

INSTANTIATE_TEST_SUITE_P(Page, TimelineWidth,
                         ::testing::Combine(::testing::Values(1280, 400),
                                            ::testing::Values(Scheme::light, Scheme::dark)),
                         [](const auto& how) {
                           return "px" + std::to_string(std::get<0>(how.param)) +
                                  (std::get<1>(how.param) == Scheme::dark ? "dark" : "light");
                         });

TEST(TimelinePage, HoverShowsActivityDurationAndWaker) {
  const json got = answer("hovered");
  EXPECT_THAT(got[0], ElementsAre("waiter (20)", "pipe (read), blocked", "1.9 ms, from 0 on", "for a pipe",
                                  "ended by baker (10) (write)"));
  EXPECT_THAT(got[1], ElementsAre("oven (11)", "unknown: events were lost", "3 ms, from 5 ms on"));
  EXPECT_THAT(got[2], Contains("for a futex in shared memory"));
  EXPECT_THAT(got[2].dump(), Not(HasSubstr("ended by"))) << "it lasts beyond the window";
  EXPECT_TRUE(got[3].is_null()) << "a process has no intervals of its own";
}

TEST(TimelinePage, WakeUpsOfTheChosenIntervalAreArrows) {
  const json got = answer("arrows");
  EXPECT_EQ(got[0], json::parse("[[1, 3, 1900000]]"));
  EXPECT_EQ(got[1], json::parse("[[1, 3, 1900000]]"));
  EXPECT_EQ(got[2], json::parse("[[0, 1, 1900000]]")) << "from the collapsed process";
  EXPECT_THAT(got[3], ElementsAre("baker (10), 2 tasks", "waiter (20)"));
}

TEST(TimelinePage, KeysZoomMoveAndFit) {
  const json got = answer("zoomed");
  EXPECT_EQ(got[0], json::parse("[0, 10000000]"));
  EXPECT_EQ(got[1], json::parse("[2500000, 7500000]"));
  EXPECT_EQ(got[2], json::parse("[3750000, 8750000]"));
  EXPECT_EQ(got[3], got[0]) << "never beyond the window";
  EXPECT_EQ(got[5], got[0]);
  EXPECT_NEAR(got[6].get<double>(), 100, 0.01) << "the narrowest span";
  EXPECT_EQ(got[7], got[0]);
}

TEST(TimelinePage, TheWheelZoomsAroundThePointerWhenItIsMeant) {
  const json got = answer("wheeled");
  EXPECT_EQ(got[0], false) << "the page scrolls";
  EXPECT_EQ(got[1], json::parse("[0, 10000000]"));
  EXPECT_EQ(got[2], true);
  EXPECT_NEAR(got[3].get<double>(), 0.2, 5e-3);
  EXPECT_NEAR(got[4].get<double>(), 0.3679, 1e-3);
}

TEST(TimelinePage, DragSelectsAndShiftDragMoves) {
  const json got = answer("dragged");
  EXPECT_NEAR(got[0][0].get<double>(), 2e6, 2e4);
  EXPECT_NEAR(got[0][1].get<double>(), 4e6, 2e4);
  EXPECT_NEAR(got[1][0].get<double>(), 2.5e6, 2e4);
}

TEST(TimelinePage, ArrowKeysWalkAndDescribeIntervals) {
  const json got = answer("walked");
  EXPECT_EQ(got[0][0], "baker (10)");
  EXPECT_THAT(got[0][1].get<std::string>(), HasSubstr("user code, running on CPU 0"));
  EXPECT_THAT(got[0][2].get<std::string>(), HasSubstr("pipe (write), running on CPU 0"));
  EXPECT_THAT(got[0][3].get<std::string>(), HasSubstr("user code, running on CPU 0"));
  EXPECT_EQ(got[0][4], got[0][2]);
  EXPECT_EQ(got[0][6], "baker (10), 2 tasks, collapsed");
  EXPECT_THAT(got[1], ElementsAre("baker (10), 2 tasks", "waiter (20)"));
}

// The baker bakes from 1 to 6 ms, kneads within that from 2 to 3 ms, and begins another region at 8 ms.
std::vector<Record> marked(const char* name) {
  std::vector<Record> records;
  const auto add = [&](const char* what, std::uint64_t begun_us, std::uint64_t at_us, std::uint8_t depth,
                       std::uint8_t how) {
    tc_region region = region_record(1, what, 1000 * begun_us, 1000 * at_us);
    region.depth = depth;
    region.how = how;
    records.emplace_back(region);
  };
  add("knead", 2000, 3000, 1, TC_REGION_ENDED);
  add(name, 1000, 6000, 0, TC_REGION_ENDED);
  add("", 8000, 9000, 0, TC_REGION_NOT_ENDED);
  return records;
}

TEST(TimelinePage, RegionsStandAboveTheirTask) {
  const SeenPage seen = render_timeline(report_with_timeline(marked("bake")), 1280, "regions");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_THAT(got.at("names"),
              ElementsAre("baker (10), 2 tasks", "regions", "within", "baker (10)", "oven (11)", "waiter (20)"));
  EXPECT_THAT(got.at("tips")[0], ElementsAre("baker (10)", "region bake", "5 ms, from 1 ms on"));
  EXPECT_THAT(got.at("tips")[1], ElementsAre("baker (10)", "region knead", "1 ms, from 2 ms on"));
  EXPECT_THAT(got.at("tips")[2],
              ElementsAre("baker (10)", "a region without a name", "1 ms, from 8 ms on", "no mark ended it"));
  EXPECT_TRUE(got.at("tips")[3].is_null()) << "between two regions";
  EXPECT_THAT(got.at("tips")[4][0], "baker (10)") << "the states are below";
  EXPECT_EQ(got.at("drawn")[0], got.at("drawn")[1]) << "regions are drawn";
  EXPECT_NE(got.at("drawn")[0], got.at("drawn")[2]) << "where there is none, the page is seen";
  EXPECT_THAT(got.at("walked")[0].get<std::string>(), HasSubstr("region bake"));
  EXPECT_THAT(got.at("walked")[1].get<std::string>(), HasSubstr("a region without a name"));
  EXPECT_THAT(seen.facts.at("text").get<std::string>(), HasSubstr("Regions that a task marked stand above it."));
}

TEST(TimelinePage, NamesOfRegionsAreText) {
  const SeenPage seen = render_timeline(report_with_timeline(marked("</script><b>x")), 400, "regions");
  expect_well_rendered(seen);
  EXPECT_THAT(seen.facts.at("answer").at("tips")[0][1], "region </script><b>x");
}

TEST(TimelinePage, HostileNamesAreText) {
  Report report = report_with_timeline();
  const std::string name = "</script><b>x";
  report.session.processes[1].comm = report.session.processes[1].tasks[0].comm = name;
  for (Timeline::Facts& facts : report.timeline->facts) {
    facts.call_site = facts.call_site.empty() ? "" : "<img src=x>";
  }
  report.timeline->rows[2].marks[0].comm = "<!--<script>";
  const SeenPage seen = render_timeline(report, 400, "waiterHovered");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_EQ(got[0], name + " (20)");
  EXPECT_THAT(got[1], Contains("exec: now <!--<script>"));
  EXPECT_THAT(got[2], Contains("ended by baker (10) (<img src=x>)"));
}

TEST(TimelinePage, MergedIntervalsAndLanesTellTheirShares) {
  Report report = report_with_timeline();
  report.timeline = timeline_from(fixture_records(), 10ms, {.intervals = 2, .rows = 2, .pixels = 3});
  const SeenPage seen = render_timeline(report, 1280, "mergedAndLanes");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_THAT(got[0], Contains(HasSubstr("running")).Times(Ge(1)));
  EXPECT_THAT(got[1], Contains("other tasks"));
}

TEST(TimelinePage, AButtonJumpsToTheLongestWait) {
  const json got = answer("jumped");
  EXPECT_THAT(got[0].get<std::string>(), HasSubstr("for a futex in shared memory"));
  EXPECT_THAT(got[1].get<std::string>(), AllOf(HasSubstr("waiter (20)"), HasSubstr("for a pipe")));
  EXPECT_NEAR(got[2][1].get<double>(), 2.375e6, 1e3) << "with an eighth of it on each side, but within the window";
}

TEST(TimelinePage, WithoutARecordingThereIsNone) {
  Report report = report_with_timeline();
  report.timeline.reset();
  const SeenPage seen = render_timeline(report, 1280, "isMissing");
  expect_well_rendered(seen);
  EXPECT_EQ(seen.facts.at("answer"), true);
  EXPECT_THAT(seen.facts.at("headings"), Not(Contains(json("Timeline"))));
}

TEST(TimelinePage, ManyIntervalsAreSummedUpByPixel) {
  std::vector<Record> records = {adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING)};
  for (std::uint64_t i = 1; i < 70'000; ++i) {
    records.push_back(called(1, 1000 * i - 500, 1000 * i, TC_ACTIVITY_PIPE, 1));
  }
  Report report = report_with_timeline();
  report.timeline = timeline_from(records, 70ms);
  const SeenPage seen = render_timeline(report, 1280, "paintedRectangles");
  expect_well_rendered(seen);
  const json& got = seen.facts.at("answer");
  EXPECT_GT(got[1], 130'000);
  EXPECT_LE(got[0].get<double>(), 2 * got[2].get<double>() + 100) << "two activities in each pixel";
  EXPECT_LT(got[3], 20) << "the pointer leaves them as they are";
}

}  // namespace
}  // namespace taskcost::test
