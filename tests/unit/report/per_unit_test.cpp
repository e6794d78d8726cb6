// SPDX-License-Identifier: Apache-2.0
//
// Figures for one unit of work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/render.h"
#include "report/sections/sections.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(PerUnit, DividesTotalsByTheGivenNumber) {
  Report report = test::shell_script();
  report.per = UnitsOfWork{100, std::nullopt};
  const sections::Section section = sections::per_unit(report);
  EXPECT_EQ(section.title, "Per unit of work: 100 units");
  const auto tables = test::items_of<sections::Table>(section);
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].rows.at(0).cells.at(0).text, "wall time");
  for (const sections::Row& row : tables[0].rows) {
    EXPECT_NEAR(row.cells.at(2).value, row.cells.at(1).value / 100, 1e-6) << row.cells.at(0).text;
  }
}

TEST(PerUnit, TakesTheTotalOfACounter) {
  Report report = test::shell_script();
  report.session.totals.counters[TC_COUNTER_SYSCALLS] = 400;
  report.per = UnitsOfWork{0, TC_COUNTER_SYSCALLS};
  EXPECT_EQ(report.per->in(report.session), 400);
  EXPECT_THAT(sections::per_unit(report).title, HasSubstr("400 system calls"));
}

TEST(PerUnit, CountsTheRegionsOfAName) {
  Report report = test::shell_script();
  MarkedRegion one;
  one.name = "request";
  one.count = 30;
  MarkedRegion other = one;
  other.program = "helper";
  other.count = 12;
  report.session.regions = {one, other};
  report.per = UnitsOfWork{0, std::nullopt, "request"};
  EXPECT_EQ(report.per->in(report.session), 42);
  EXPECT_EQ(sections::per_unit(report).title, "Per unit of work: 42 regions 'request'");
  report.per->region = "reply";
  EXPECT_EQ(report.per->in(report.session), std::nullopt);
  EXPECT_THAT(test::said(sections::per_unit(report)), Contains("regions 'reply': none was counted"));
  report.session.regions.reset();
  EXPECT_EQ(report.per->in(report.session), std::nullopt);
  EXPECT_THAT(test::said(sections::per_unit(report)), Contains(HasSubstr("regions were not measured")));
}

TEST(PerUnit, SaysThatNothingWasCounted) {
  Report report = test::shell_script();
  for (const auto& total : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(0)}) {
    report.session.totals.counters[TC_COUNTER_SHOOTDOWNS_SENT] = total;
    report.per = UnitsOfWork{0, TC_COUNTER_SHOOTDOWNS_SENT};
    EXPECT_EQ(report.per->in(report.session), std::nullopt);
    EXPECT_THAT(test::said(sections::per_unit(report)), Contains(HasSubstr("none was counted")));
  }
}

TEST(PerUnit, IsEmptyWithoutTheOption) { EXPECT_TRUE(sections::per_unit(test::shell_script()).blocks.empty()); }

}  // namespace
}  // namespace taskcost
