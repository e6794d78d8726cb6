// SPDX-License-Identifier: Apache-2.0
//
// Waits, wakers, chains and kernel threads in the HTML report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "support/browser.h"
#include "support/fixture_waits.h"
#include "support/rendered.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

SeenPage render_waits(const Report& report, const std::string& question = {}, int width = 1280,
                      Scheme scheme = Scheme::light) {
  return test::render_page(html_of(report), width, scheme, question);
}

json answer(const Report& report, const std::string& question) {
  const SeenPage seen = render_waits(report, question);
  expect_well_rendered(seen);
  return seen.facts.at("answer");
}

// The label of the account of all tasks.
std::string all_tasks(const Report& report) {
  return "All " + std::to_string(report.session.task_count) + " tasks of " +
         std::to_string(report.session.process_count) + " processes: activity";
}

class WaitsWidth : public ::testing::TestWithParam<int> {};

TEST_P(WaitsWidth, NothingIsCut) {
  for (const Scheme scheme : {Scheme::light, Scheme::dark}) {
    const SeenPage seen = render_waits(report_with_waits(), {}, GetParam(), scheme);
    expect_well_rendered(seen);
    EXPECT_EQ(seen.facts.at("width"), GetParam());
    EXPECT_EQ(seen.facts.at("blank_in_print"), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Page, WaitsWidth, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

void expect_waits(const json& rows, const json& account) {
  ASSERT_EQ(rows.size(), account.at("waits").size() + 1) << rows.dump();
  std::vector<std::string> names;
  double before = 1e18;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    names.push_back(rows[i][0].at("text"));
    EXPECT_LE(rows[i][1].at("value").get<double>(), before) << "the largest first";
    before = rows[i][1].at("value");
  }
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    const auto cause = static_cast<tc_wait>(wait);
    if (!account.at("waits").contains(key_of(cause))) {
      continue;
    }
    const auto found = std::ranges::find(names, text_of(cause));
    ASSERT_NE(found, names.end()) << text_of(cause);
    const json& row = rows[1 + static_cast<std::size_t>(found - names.begin())];
    const json& sums = account.at("waits").at(key_of(cause));
    const double blocked = sums.at("blocked_ns");
    EXPECT_EQ(row[1].at("value"), sums.at("blocked_ns"));
    EXPECT_DOUBLE_EQ(row[2].at("value"), blocked / account.at("lifetime_ns").get<double>());
    EXPECT_EQ(row[3].at("value"), sums.at("count"));
    EXPECT_DOUBLE_EQ(row[4].at("value"), blocked / sums.at("count").get<double>());
  }
}

TEST(Waits, NumbersAreThoseOfTheJson) {
  const Report report = report_with_waits();
  const json data = json::parse(json_of(report));
  const SeenPage seen = render_waits(report);
  expect_well_rendered(seen);
  expect_waits(seen.rows("Waits: waited for"), data.at("totals"));
  expect_waits(seen.rows("baker (10): sum of 2 tasks, unknown: waited for"), data.at("processes")[0].at("total"));
}

TEST(Waits, BarsAreAsLongAsTheirTimes) {
  const json seen = answer(report_with_waits(), "waits.bars");
  EXPECT_THAT(seen, Contains(json({"a timer", {100}})));
  EXPECT_THAT(seen, Contains(json({"a pipe", {60}})));
  EXPECT_THAT(seen, Contains(json({"a futex of its process", {6.6}})));
}

TEST(Waits, BarsHaveTheColorsOfTheirTitles) {
  for (const Scheme scheme : {Scheme::light, Scheme::dark}) {
    const SeenPage seen = render_waits(report_with_waits(), "waits.barColors", 1280, scheme);
    const json& bars = seen.facts.at("answer");
    ASSERT_GT(bars.size(), 2U);
    for (const json& bar : bars) {
      for (const json& color : bar[0].empty() ? json::array() : bar[1]) {
        EXPECT_THAT(bar[0], Contains(color));
      }
    }
  }
}

TEST(Waits, EveryCauseHasTheWordsOfTheTextReport) {
  AccountBuilder waits;
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    waits.blocks(TC_ACTIVITY_OTHER, 1ms * (wait + 1), static_cast<tc_wait>(wait));
  }
  const Report report = ReportBuilder().process(10, "patient", TaskOrigin::attached, 0ms, waits).build();
  const SeenPage seen = render_waits(report);
  expect_well_rendered(seen);
  expect_waits(seen.rows("Waits: waited for"), json::parse(json_of(report)).at("totals"));
}

TEST(Matrix, CellsAreTheSumsOfTheirEdges) {
  const Report report = report_with_waits();
  const json seen = answer(report, "waits.cells");
  std::map<std::string, json> cells;
  double wakeups = 0;
  double waited = 0;
  double bytes = 0;
  std::vector<std::pair<double, double>> shades;
  for (const json& cell : seen) {
    const json& values = cell[1];
    cells[cell[0]] = values;
    waited += values.at(0).get<double>();
    wakeups += values.at(1).get<double>();
    bytes += values.size() > 2 ? values[2].get<double>() : 0;
    shades.emplace_back(values[0], cell[2]);
  }
  EXPECT_EQ(cells, (std::map<std::string, json>{
                       {"an interrupt > guest (30)", {500'000'000, 5}},
                       {"waiter (20) > baker (10)", {217'000'000, 41, 4096}},
                       {"tray (21) > baker (10)", {11'000'000, 2, 64}},
                       {"baker (10) > waiter (20)", {60'000'000, 12, 512}},
                       {"baker (10) > oven (11)", {33'000'000, 3}},
                       {"task 99, not observed > baker (10)", {8'000'000, 4}},
                       {"task 98, not observed > baker (10)", {7'000'000, 4}},
                       {"many others > baker (10)", {6'000'000, 6}},
                       {"waker not seen > waiter (20)", {5'000'000, 1}},
                       {"others > baker (10)", {4'000'000, 2, 32}},
                       {"baker (10) > others", {0, 0, 128}},
                   }));
  double all_wakeups = 0;
  double all_waited = 0;
  double all_bytes = 0;
  const json edges = json::parse(json_of(report)).at("edges");
  for (const json& edge : edges) {
    all_wakeups += edge.at("wakeups").get<double>();
    all_waited += edge.at("waited_ns").get<double>();
    all_bytes += edge.at("bytes").is_null() ? 0 : edge.at("bytes").get<double>();
  }
  EXPECT_EQ(wakeups, all_wakeups);
  EXPECT_EQ(waited, all_waited);
  EXPECT_EQ(bytes, all_bytes);
  std::ranges::sort(shades);
  EXPECT_TRUE(std::ranges::is_sorted(shades, {}, &std::pair<double, double>::second)) << "longer waits are darker";
  EXPECT_GT(shades.back().second, shades.front().second + 0.3);
}

TEST(Matrix, ACellSelectsItsRows) {
  const json seen = answer(report_with_waits(), "waits.visited");
  EXPECT_EQ(seen.at("start"), json({"All rows", 12}));
  EXPECT_THAT(seen.at("clicked")[0].get<std::string>(), HasSubstr("waiter (20) → baker (10)"));
  EXPECT_EQ(seen.at("clicked")[1],
            json({{"waiter (20)", "baker (10)", "pipe", "40", "200 ms", "100 ms", "4.00 KiB", "write 39, close 1"},
                  {"waiter (20)", "baker (10)", "child", "1", "17.0 ms", "8.50 ms", "-", "exit 1"}}));
  EXPECT_EQ(seen.at("right"), "tray (21) → baker (10)");
  EXPECT_EQ(seen.at("down"), "tray (21) → baker (10)");
  EXPECT_EQ(seen.at("up"), "waiter (20) → baker (10)");
  EXPECT_EQ(seen.at("stops"), 1);
  EXPECT_EQ(seen.at("pressed").size(), 1U);
  EXPECT_EQ(seen.at("all_again"), json({"All rows", 12, "waiter (20) → baker (10)"})) << "the focus is not lost";
  EXPECT_EQ(seen.at("escaped"), json({"All rows", 12}));
}

TEST(Matrix, HasTwentyProcessesAndTheRestInOne) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 60; ++i) {
    builder.process(100 + i, "worker", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  }
  Report report = builder.build();
  // A ring in which each wait is longer than the one before: the last 20 processes have the longest waits.
  for (std::uint32_t i = 0; i < 60; ++i) {
    add_edge(report.session, task_waker(report.session, 100 + i), 100 + (i + 1) % 60, TC_WAIT_PIPE, 1, 1ms * (i + 1),
             {{"write", 1}}, 10);
  }
  std::ranges::stable_sort(report.session.edges, std::ranges::greater(), &Edge::waited);
  const SeenPage seen = render_waits(report, "waits.sums");
  expect_well_rendered(seen);
  const json& facts = seen.facts.at("answer");
  EXPECT_EQ(facts.at("rows").size(), 21U);
  EXPECT_EQ(facts.at("columns").size(), 21U);
  EXPECT_EQ(facts.at("rows")[0], "worker (159)");
  EXPECT_EQ(facts.at("rows")[20], "40 others");
  EXPECT_EQ(facts.at("sum"), 1'000'000LL * 60 * 61 / 2);
  EXPECT_EQ(facts.at("others")[1], 39);
  EXPECT_EQ(seen.rows("Who woke whom: from").size(), 51U);
  EXPECT_THAT(seen.facts.at("summaries"), Contains("10 more"));
}

TEST(Matrix, ManyEdgesAreInsideTheSumsOfGroups) {
  ReportBuilder builder;
  for (std::uint32_t i = 0; i < 20; ++i) {
    builder.process(100 + i, i < 10 ? "cc1" : "timer", TaskOrigin::fork, 0ms,
                    AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  }
  Report report = builder.build();
  for (std::uint32_t i = 0; i < 10; ++i) {
    add_edge(report.session, task_waker(report.session, 100 + i), 110 + i, TC_WAIT_PIPE, 2, 1ms, {{"write", 2}}, 10);
  }
  for (std::uint32_t i = 0; i < 5; ++i) {
    add_edge(report.session, {Waker::Kind::timer, 0, 0}, 100 + i, TC_WAIT_TIMER, 1, 1ms);
  }
  const SeenPage seen = render_waits(report, "waits.groups");
  expect_well_rendered(seen);
  const json& facts = seen.facts.at("answer");
  EXPECT_EQ(facts[0], json({"cc1", "a timer"}));
  EXPECT_EQ(facts[1], json({"cc1", "timer"}));
  EXPECT_EQ(facts[2], json::array({json({10'000'000, 20, 100}), json({5'000'000, 5})}));
  ASSERT_EQ(facts[3].size(), 17U) << "two sums, and all edges between tasks";
  EXPECT_EQ(facts[3][0], json({0, "cc1"}));
  EXPECT_EQ(facts[3][1], json({1, "cc1 (100)"}));
  const json rows = seen.rows("Who woke whom, by program: from");
  ASSERT_EQ(rows.size(), 18U);
  EXPECT_EQ(rows[1][4].at("value"), 10'000'000);
  EXPECT_EQ(seen.rows("Who woke whom: from").size(), 0U) << "no edge stands there twice";
}

TEST(Matrix, EdgesBetweenTasksAreThoseOfTheJson) {
  const Report report = report_with_waits();
  const json edges = json::parse(json_of(report)).at("edges");
  const SeenPage seen = render_waits(report);
  const json rows = seen.rows("Who woke whom: from");
  ASSERT_EQ(rows.size(), edges.size() + 1);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const json& row = rows[i + 1];
    EXPECT_EQ(row[3].at("value"), edges[i].at("wakeups"));
    EXPECT_EQ(row[4].at("value"), edges[i].at("waited_ns"));
    EXPECT_EQ(row[5].at("value"), edges[i].at("longest_ns"));
    EXPECT_EQ(row[6].at("value"), edges[i].at("bytes"));
  }
  EXPECT_EQ(rows[1][0].at("text"), "an interrupt");
  EXPECT_EQ(rows[2][7].at("text"), "write 39, close 1");
  EXPECT_EQ(rows[7][0].at("text"), "task 99, not observed");
  EXPECT_EQ(rows[12][1].at("text"), "others");
  EXPECT_THAT(seen.facts.at("text"), HasSubstr("3 edges between tasks that were not kept one by one"));
}

TEST(Chains, AreATree) {
  const json seen = answer(report_with_waits(), "waits.chains");
  EXPECT_EQ(seen, json::array({{0, "baker", "pipe", "waiter", "write", "1", "41.0 ms", "41.0 ms"},
                               {1, "waiter", "pipe", "baker", "close", "1", "38.0 ms", "38.0 ms"},
                               {2, "baker", "timer", "an interrupt", "", "1", "30.0 ms", "30.0 ms"},
                               {0, "baker", "child", "waiter", "exit", "1", "17.0 ms", "17.0 ms"},
                               {1, "waiter", "epoll", "tasks not observed", "", "1", "9.00 ms", "9.00 ms"}}));
}

TEST(Waits, HostileNamesAreText) {
  const std::string name = "<img src=x>'\"&amp;\x1b[31m</script>";
  ReportBuilder builder;
  builder.process(10, name, TaskOrigin::attached, 0ms, AccountBuilder().blocks(TC_ACTIVITY_PIPE, 5ms, TC_WAIT_PIPE))
      .kernel_thread(7, name, AccountBuilder().runs(TC_ACTIVITY_KERNEL, 1ms));
  Report report = builder.build();
  const Waker waker = task_waker(report.session, 10);
  add_edge(report.session, waker, 10, TC_WAIT_PIPE, 1, 5ms, {{name, 1}, {"__proto__", 1}}, 1);
  report.session.chains = {{{1, 10, waker, TC_WAIT_PIPE, name, 5ms}}};
  const SeenPage seen = render_waits(report, "waits.hostile");
  expect_well_rendered(seen);
  const std::string shown = json::parse(json_of(report)).at("processes")[0].at("comm").get<std::string>() + " (10)";
  const json& facts = seen.facts.at("answer");
  EXPECT_EQ(facts[0], shown);
  EXPECT_THAT(facts[1], HasSubstr(shown));
  EXPECT_THAT(facts[2], HasSubstr("<img src=x>"));
  EXPECT_EQ(facts[3], 0);
  EXPECT_EQ(seen.rows("Longest chains of waits, by program: waited")[1][6].at("text"), "5.00 ms");
}

TEST(KernelThreads, StandApart) {
  ReportBuilder builder;
  builder.process(10, "baker", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 5ms));
  for (std::uint32_t i = 0; i < 60; ++i) {
    builder.kernel_thread(500 + i, "kworker/" + std::to_string(i),
                          AccountBuilder()
                              .runs(TC_ACTIVITY_KERNEL, 1us * (i + 1))
                              .queues(TC_ACTIVITY_KERNEL, 10us)
                              .is_preempted(TC_ACTIVITY_KERNEL, 5us)
                              .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 3)
                              .counts(TC_COUNTER_INVOLUNTARY_SWITCHES, 1));
  }
  const SeenPage seen = render_waits(builder.build());
  expect_well_rendered(seen);
  const json rows = seen.rows("Kernel threads (60): thread");
  ASSERT_EQ(rows.size(), 51U) << "a head, 50 threads; the others are collapsed";
  EXPECT_EQ(rows[1][0].at("text"), "kworker/59 (559)");
  EXPECT_EQ(rows[1][1].at("value"), 60'000);
  EXPECT_EQ(rows[1][2].at("value"), 15'000);
  EXPECT_EQ(rows[1][3].at("value"), 4);
  const auto summaries = seen.facts.at("summaries").get<std::vector<std::string>>();
  EXPECT_THAT(summaries, Contains("11 more"));
  EXPECT_THAT(summaries, Not(Contains(HasSubstr("kworker"))));
  EXPECT_EQ(seen.rows("Processes: name").size(), 2U);
}

TEST(Waits, WithoutCallsNothingBreaks) {
  for (const Report& report : {report_with_waits(), full_report()}) {
    const SeenPage seen = render_waits(without_calls(report));
    expect_well_rendered(seen);
    EXPECT_THAT(seen.facts.at("headings"), Contains("Channels between tasks"));
    EXPECT_THAT(seen.facts.at("text"), HasSubstr("not measured: system calls had no probes"));
    EXPECT_EQ(seen.row(all_tasks(report), "user code")[7].at("text"), "-");
    EXPECT_EQ(seen.row("Creation and end: kind", "fork")[2].at("text"), "-");
    EXPECT_EQ(seen.rows("Who woke whom: from")[1][6].at("text"), "-");
    EXPECT_GT(seen.rows("Waits: waited for").size(), 1U) << "waits are seen all the same";
  }
}

TEST(Channels, OneThatWasNotMeasuredIsNotZero) {
  Report report = report_with_waits();
  report.session.totals.channels[TC_CHANNEL_PIPE].reset();
  report.session.processes[1].tasks[0].account->channels[TC_CHANNEL_PIPE].reset();
  const SeenPage seen = render_waits(report);
  expect_well_rendered(seen);
  EXPECT_EQ(seen.row("baker (10): sum of 2 tasks, unknown: channel", "pipe")[1].at("value"), 8);
  EXPECT_EQ(seen.row("waiter (20): sum of 2 tasks, unknown: channel", "pipe")[1].at("text"), "not measured");
  EXPECT_EQ(seen.row("Channels between tasks: channel", "pipe")[1].at("text"), "not measured");
}

TEST(Waits, IdsInsideAContainerAreFacts) {
  const SeenPage seen = render_waits(report_with_waits(), "waits.processFacts");
  expect_well_rendered(seen);
  const json& facts = seen.facts.at("answer");
  EXPECT_THAT(facts[0], HasSubstr("pid 2 in its own pid namespace"));
  EXPECT_THAT(facts[1], HasSubstr("tid 7 in its own pid namespace"));
  EXPECT_THAT(facts[2], Not(HasSubstr("namespace")));
}

TEST(Waits, AreNotShownWithoutWaits) {
  const Report report =
      ReportBuilder()
          .process(10, "busy", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms))
          .build();
  const SeenPage seen = render_waits(report);
  expect_well_rendered(seen);
  EXPECT_THAT(seen.facts.at("text"), HasSubstr("no task was blocked"));
  EXPECT_THAT(seen.facts.at("headings").dump(), Not(HasSubstr("Who woke")));
}

}  // namespace
}  // namespace taskcost::test
