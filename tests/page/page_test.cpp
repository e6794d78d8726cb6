// SPDX-License-Identifier: Apache-2.0
//
// The HTML report in a browser, made from synthetic reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "support/browser.h"
#include "support/fixture_crowd.h"
#include "support/fixture_waits.h"
#include "support/rendered.h"
#include "support/report_builder.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

SeenPage render_report(const Report& report, int width = 1280, Scheme scheme = Scheme::light) {
  return test::render_page(html_of(report), width, scheme);
}

class Width : public ::testing::TestWithParam<int> {};

TEST_P(Width, NothingIsCut) {
  const SeenPage seen = render_report(full_report(), GetParam());
  expect_well_rendered(seen);
  EXPECT_EQ(seen.facts.at("width"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Page, Width, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

// The values of a row from its second cell on.
json values(const json& row) {
  json all = json::array();
  for (std::size_t i = 1; i < row.size(); ++i) {
    all.push_back(row[i].at("value"));
  }
  return all;
}

TEST(Page, NumbersAreThoseOfTheJson) {
  const Report report = full_report();
  const json data = json::parse(json_of(report));
  const SeenPage seen = render_report(report);

  for (const json& claim : data.at("claims")) {
    const std::string id = claim.at("id");
    const json row = seen.row(id, id);
    ASSERT_EQ(row.size(), 5U);
    EXPECT_EQ(row[1].at("text"), claim.at("verdict"));
    EXPECT_EQ(row[2].at("value"), claim.at("left"));
    EXPECT_EQ(row[3].at("value"), claim.at("right"));
    EXPECT_EQ(row[4].at("value"), claim.at("ratio"));
  }
  const json& totals = data.at("totals");
  const json pipe = values(seen.row("All 4 tasks of 2 processes: activity", "pipe"));
  const json& cells = totals.at("activities").at("pipe");
  for (std::size_t i = 0; i < 4; ++i) {
    const char* conditions[] = {"running_ns", "preempted_ns", "runnable_ns", "blocked_ns"};
    EXPECT_EQ(pipe[i], cells.at(conditions[i])) << conditions[i];
  }
  EXPECT_EQ(pipe[6], cells.at("count"));
  EXPECT_EQ(values(seen.row("All 4 tasks of 2 processes: activity", "residual"))[4], totals.at("residual_ns"));
  EXPECT_EQ(values(seen.row("Switches", "voluntary switches"))[0], totals.at("counters").at("voluntary_switches"));
  EXPECT_EQ(values(seen.row("Latencies", "run-queue wait"))[2], data.at("histograms").at("run_queue").at("p90_ns"));
  const json& fork = data.at("lifecycle_costs").at("fork");
  EXPECT_EQ(values(seen.row("Lifetime cost (mean kernel time on a CPU): kind", "fork"))[1], fork.at("create_ns"));
  EXPECT_EQ(values(seen.row("Creation by resident memory of the creator: copy and publish (cost.creation)", "fork"))[1],
            data.at("sweeps")[0].at("series")[0].at("points")[1].at("y"));
  EXPECT_EQ(values(seen.row("Lifetime cost, in kernel time on a CPU (cost.creation.lifetime)", "create")),
            data.at("tables")[0].at("rows")[0].at("values"));
  EXPECT_EQ(
      values(seen.row("create: process (fork) (left) against thread (pthread_create) (right), 25 rounds", "copy"))[0],
      data.at("comparisons")[0].at("lines")[0].at("left"));
  const json death = seen.row("Ended by a signal: process", "helper (4712)");
  EXPECT_EQ(death[2].at("value"), data.at("signal_deaths")[0].at("tasks_ended"));
  EXPECT_THAT(seen.facts.at("headings").dump(), HasSubstr("Price list"));
  const json& contents = seen.facts.at("contents");
  const json& headings = seen.facts.at("headings");
  ASSERT_EQ(contents.size(), headings.size()) << "the list of contents has them all";
  for (std::size_t i = 0; i < contents.size(); ++i) {
    EXPECT_THAT(headings[i].get<std::string>(), StartsWith(contents[i].get<std::string>()));
  }
}

TEST(Page, WhatWasNotMeasuredIsNotZero) {
  Report report = full_report();
  report.session.totals.creations[TC_CREATION_FORK].returns = 0;
  const SeenPage seen = render_report(report);
  expect_well_rendered(seen);
  EXPECT_EQ(seen.row("Creation and end: kind", "fork")[4].at("text"), "-");
  EXPECT_EQ(seen.row("Switches", text_of(TC_COUNTER_TLB_FLUSHES_ON_SWITCH))[1].at("text"), "not measured");
  const json exec = seen.row("Lifetime cost, in kernel time on a CPU (cost.creation.lifetime)", "exec");
  EXPECT_EQ(exec[1].at("text"), "-");
  EXPECT_EQ(exec[2].at("value"), 0);
}

TEST(Page, DistributionsAreCharts) {
  const SeenPage seen = render_report(full_report());
  EXPECT_THAT(seen.facts.at("distributions"), Contains("creation, 8.19 µs to 16.4 µs: 2, 32.8 µs to 65.5 µs: 1"));
}

TEST(Page, OnlyChartsOfSweepsNeedTheLibrary) {
  Report report = full_report();
  EXPECT_THAT(html_of(report), HasSubstr("Chart.js"));
  report.sweeps.clear();
  EXPECT_THAT(html_of(report), Not(HasSubstr("Chart.js")));
  expect_well_rendered(render_report(report));
}

// Readers of the screen jump from heading to heading.
TEST(Page, HeadingsSkipNoLevel) {
  const SeenPage seen = render_report(full_report());
  int before = 0;
  for (const json& level : seen.facts.at("levels")) {
    EXPECT_LE(level.get<int>(), before + 1);
    before = level;
  }
}

TEST(Page, NoTableIsThereTwice) {
  for (const Report& report : {full_report(), report_with_waits()}) {
    std::set<std::string> seen;
    for (const json& table : render_report(report).facts.at("tables")) {
      const json& rows = table.at("rows");
      if (rows.size() > 1) {
        EXPECT_TRUE(seen.insert(table.at("label").get<std::string>() + rows.dump()).second) << table.at("label");
      }
    }
  }
}

TEST(Page, GroupsFoldTheirProcesses) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 6; ++i) {
    builder.process(100 + i, i < 4 ? "cc1" : "as", TaskOrigin::fork, 0ms,
                    AccountBuilder().runs(TC_ACTIVITY_USER, 1ms * (i + 1)));
  }
  builder.thread(206, "worker", 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 2ms));
  const SeenPage seen = render_report(builder.build());
  expect_well_rendered(seen);
  const json rows = seen.rows("By program: comm");
  std::vector<std::string> names;
  for (const json& row : rows) {
    names.push_back(row[0].at("text"));
  }
  EXPECT_THAT(names, ElementsAre("comm", "as", "as --flag (105)", "as (105)", "worker (206)", "as --flag (104)", "cc1",
                                 "cc1 --flag (103)", "cc1 --flag (102)", "cc1 --flag (101)", "cc1 --flag (100)"));
  EXPECT_EQ(seen.row("By program: comm", "cc1")[3].at("value"), 10'000'000);
  EXPECT_EQ(seen.row("By program: comm", "worker (206)")[3].at("value"), 2'000'000);
  EXPECT_EQ(seen.row("cc1: sum of 4 processes, 4 tasks: activity", "user code")[1].at("value"), 10'000'000);
  EXPECT_EQ(seen.row("cc1 (103): 1 task, unknown: activity", "user code")[1].at("value"), 4'000'000);
}

TEST(Page, HostileNamesAreText) {
  const std::string names[] = {"</script><b>x", "<!--<script>", "\x1b[31mred", "'\"&amp;<img>",
                               "\xff\xfe\xfd\x80\x81\xc3\x28\xe2\x28\xa1\xf0\x28\x8c\x28\xc0"};
  ReportBuilder builder;
  std::uint32_t tgid = 100;
  for (const std::string& name : names) {
    builder.process(tgid++, name, TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  }
  const Report report = builder.build();
  const SeenPage seen = render_report(report);
  expect_well_rendered(seen);
  for (const json& process : json::parse(json_of(report)).at("processes")) {
    EXPECT_THAT(seen.row("Processes: name", process.at("comm")), Not(IsEmpty()));
    const std::string shown = process.at("comm").get<std::string>() + " (" + process.at("tgid").dump() + ")";
    EXPECT_THAT(seen.facts.at("summaries").get<std::vector<std::string>>(), Contains(HasSubstr(shown)));
  }
}

TEST(Page, ABrokenPartLeavesTheRest) {
  std::string html = html_of(full_report());
  const std::string key = "\n  \"claims\": [";
  html.replace(html.find(key), key.size(), "\n  \"clams\": [");
  const SeenPage seen = test::render_page(html, 1280);
  EXPECT_THAT(seen.facts.at("text"), HasSubstr("A picture of Claims could not be shown"));
  EXPECT_THAT(seen.rows("Who woke whom: from"), Not(IsEmpty()));
  EXPECT_EQ(seen.facts.at("ready"), true);
}

TEST(Page, PaperHasEverythingExpandedAndLight) {
  const SeenPage seen = render_report(full_report(), 1280, Scheme::dark);
  const json& facts = seen.facts;
  EXPECT_GT(facts.at("collapsed"), 0);
  EXPECT_EQ(facts.at("collapsed_in_print"), 0);
  EXPECT_EQ(facts.at("blank_in_print"), 0);
  EXPECT_GT(facts.at("collapsed_after_print"), 0);
  EXPECT_EQ(facts.at("paper"), "#ffffff");
  EXPECT_NE(facts.at("ink").at("--page"), "#ffffff") << "the page was not dark on the screen";
}

// What is collapsed is made when it is opened, so that the first paint does not depend on the number of tasks.
TEST(Page, ACrowdOfTasksHasTheElementsOfAFew) {
  json elements = json::array();
  for (const std::uint64_t tasks : {3'000U, 20'000U}) {
    const std::string html = html_of(report_of_crowd(tasks));
    EXPECT_LT(html.size(), 10'000'000U);
    const SeenPage seen = test::render_page(html, 1280);
    expect_well_rendered(seen);
    elements.push_back(seen.facts.at("elements"));
    EXPECT_EQ(seen.facts.at("collapsed_in_print"), 0);
  }
  EXPECT_LT(elements[1], 3'000);
  EXPECT_LE(elements[1].get<double>(), 1.1 * elements[0].get<double>());
}

// Relative luminance and contrast as defined by WCAG 2.
double luminance(const std::string& color) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(color.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double contrast(const std::string& a, const std::string& b) {
  const double one = luminance(a);
  const double other = luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

class Colors : public ::testing::TestWithParam<Scheme> {};

TEST_P(Colors, CanBeDistinguishedFromThePage) {
  const SeenPage seen = render_report(full_report(), 1280, GetParam());
  expect_well_rendered(seen);
  const json& ink = seen.facts.at("ink");
  for (const auto& [name, color] : ink.items()) {
    if (name == "--page" || name == "--panel") {
      continue;
    }
    const bool filling = name.starts_with("--color");
    EXPECT_GE(contrast(color, ink.at("--page")), filling ? 1.4 : 4.5) << name;
    if (!filling) {
      EXPECT_GE(contrast(color, ink.at("--panel")), 4.5) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Page, Colors, ::testing::Values(Scheme::light, Scheme::dark),
                         [](const auto& scheme) { return scheme.param == Scheme::dark ? "dark" : "light"; });

}  // namespace
}  // namespace taskcost::test
