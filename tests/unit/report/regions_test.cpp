// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/sections/sections.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

MarkedRegion region(std::string name, Duration blocked) {
  MarkedRegion made;
  made.program = "bakery";
  made.name = std::move(name);
  made.count = 2;
  made.parts.user = 2ms;
  made.parts.calls = 300us;
  made.parts.faults = 100us;
  made.parts.runnable = 50us;
  made.parts.blocked[TC_WAIT_PIPE] = blocked;
  made.total = made.parts.total();
  made.p50 = made.p99 = made.shortest = made.longest = made.total / 2;
  return made;
}

sections::Section section_with(std::vector<MarkedRegion> regions) {
  Report report = test::full_report();
  report.session.regions = std::move(regions);
  return sections::regions(report.session, false /*verbose*/);
}

TEST(RegionSection, ShowsTheDecomposition) {
  const auto section = section_with({region("knead", 5ms)});
  const auto tables = test::items_of<sections::Table>(section);
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].columns.at(0).title, "region") << "all are of one program";
  const auto& cells = tables[0].rows.at(0).cells;
  EXPECT_EQ(cells.at(0).text, "knead");
  EXPECT_EQ(cells.at(2).text, "7.45 ms");
  double sum = 0;
  for (std::size_t i = 5; i < cells.size(); ++i) {
    sum += cells[i].value;
  }
  EXPECT_EQ(sum, cells.at(2).value);
  EXPECT_THAT(test::said(section), Contains("blocked on a pipe 5.00 ms"));
}

TEST(RegionSection, ProgramsHaveAColumnWhereTheyDiffer) {
  MarkedRegion other = region("", 0ms);
  other.program = "helper";
  const auto tables = test::items_of<sections::Table>(section_with({region("knead", 1ms), other}));
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].columns.at(0).title, "program");
  EXPECT_EQ(tables[0].rows.at(1).cells.at(1).text, "(no name)");
}

TEST(RegionSection, NamesMisuse) {
  MarkedRegion bad = region("knead", 0ms);
  bad.not_ended = 3;
  bad.not_ended_time = 2ms;
  bad.stray_ends = 1;
  bad.too_deep = 5;
  bad.open = 1;
  bad.open_time = 7ms;
  EXPECT_THAT(test::said(section_with({bad})),
              ElementsAre("1 open at the end (7.00 ms)",
                          "3 not ended (2.00 ms); 1 end without a beginning; 5 within 8 others, not measured",
                          StartsWith("marked by the program")));
}

TEST(RegionSection, SaysThatHiddenRowsHaveMisuse) {
  std::vector<MarkedRegion> many(20, region("knead", 1ms));
  many.back().stray_ends = 1;
  EXPECT_THAT(test::said(section_with(many)), Contains("1 of these has marks without their counterpart"));
}

TEST(RegionSection, IsEmptyWithoutRegions) {
  EXPECT_TRUE(section_with({}).blocks.empty());
  EXPECT_TRUE(sections::regions(Session(), true).blocks.empty());
}

TEST(FoundRegions, AreAListWithTheirThread) {
  Report report = test::full_report();
  FoundRegions found{"knead*", 1ms, 7, 9ms, {}};
  FoundRegion one;
  one.name = "knead";
  one.comm = "bakery";
  one.tid = 4711;
  one.start = report.session.start + 5ms;
  one.time = 9ms;
  one.user = 2ms;
  one.blocked = 7ms;
  one.wait = TC_WAIT_PIPE;
  one.ended = false;
  found.regions = {one};
  report.found_regions = found;
  const auto section = sections::found_regions(report, false);
  EXPECT_EQ(section.title, "Regions 'knead*' longer than 1.00 ms: 7");
  const auto tables = test::items_of<sections::Table>(section);
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].rows.at(0).cells.at(0).text, "5.00 ms");
  EXPECT_EQ(tables[0].rows.at(0).cells.at(1).text, "bakery (4711)");
  EXPECT_THAT(test::said(section),
              ElementsAre("blocked mostly on a pipe", "no mark ended it", "and 6 more (--verbose)"));
}

TEST(FoundRegions, WithoutOneSayHowLongTheLongestTook) {
  Report report = test::full_report();
  report.found_regions = FoundRegions{"knead", 10ms, 0, 9ms, {}};
  EXPECT_THAT(test::said(sections::found_regions(report, false)), ElementsAre("none; the longest took 9.00 ms"));
}

}  // namespace
}  // namespace taskcost
