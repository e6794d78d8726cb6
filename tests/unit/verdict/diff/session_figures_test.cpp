// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/session_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "report/render.h"
#include "support/figures_of.h"
#include "support/fixture_runs.h"
#include "support/report_builder.h"
#include "verdict/diff/compare_visitor.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::experiment_of;
using testing::HasSubstr;

void expect_alike(const TimeSums& one, const TimeSums& other) {
  EXPECT_EQ(one.lifetime, other.lifetime);
  EXPECT_EQ(one.running, other.running);
  EXPECT_EQ(one.queued, other.queued);
  EXPECT_EQ(one.blocked, other.blocked);
}

// A session and its JSON have the same quantities by the same names.
TEST(SessionFigures, EqualThoseOfTheJsonReport) {
  for (const Report& report : {test::full_report(), Report()}) {
    const ReportFigures direct = session_figures(report.session);
    const ReportFigures read = test::figures_of(report);
    for (const auto& [name, quantity] : read.quantities) {
      if (name.topic == Topic::comparison || name.topic == Topic::sweep) {
        continue;
      }
      const auto found = direct.quantities.find(name);
      if (found == direct.quantities.end() && quantity.state == Quantity::State::not_measured) {
        continue;
      }
      ASSERT_NE(found, direct.quantities.end()) << key_of(name.topic) << " " << name.item << " " << name.aspect;
      EXPECT_EQ(found->second.state, quantity.state) << name.item << " " << name.aspect;
      EXPECT_EQ(found->second.value, quantity.value) << name.item << " " << name.aspect;
      EXPECT_EQ(found->second.unit, quantity.unit) << name.item << " " << name.aspect;
    }
    for (const auto& [name, quantity] : direct.quantities) {
      EXPECT_TRUE(read.quantities.contains(name)) << key_of(name.topic) << " " << name.item << " " << name.aspect;
    }
    EXPECT_EQ(direct.losses, read.losses);
    EXPECT_EQ(direct.process_count, read.process_count);
    ASSERT_EQ(direct.time.has_value(), read.time.has_value());
    if (direct.time) {
      expect_alike(*direct.time, *read.time);
    }
    ASSERT_EQ(direct.processes.size(), read.processes.size());
    for (const auto& [comm, named] : read.processes) {
      EXPECT_EQ(direct.processes.at(comm).count, named.count);
      expect_alike(direct.processes.at(comm).time, named.time);
    }
  }
}

// A type with one field of each kind.
struct Described {
  std::uint64_t calls = 3;
  std::optional<std::uint64_t> bytes_sent;
  Duration sum = 30ns;
  std::string name = "text";
};
void describe(auto& v, Is<Described> auto& of) {
  v.row("described", "A type of this test.");
  v.field("calls", of.calls, "Number of calls.");
  v.field("bytes_sent", of.bytes_sent, "Sum of bytes.");
  v.field("name", of.name, "A text.");
  compared_as_means(v, of.calls);
  v.field("took_ns", of.sum, "Sum of the calls.");
  not_compared(v);
  v.derived(
      "twice", [&] { return 2 * of.calls; }, "Repeats the number of calls.");
}

std::map<QuantityName, Quantity> quantities_of(const Described& described) {
  std::map<QuantityName, Quantity> quantities;
  QuantityTable table(quantities);
  CompareVisitor(table).visit(Topic::lifecycle, "item", described);
  return quantities;
}

TEST(CompareVisitor, FindsTheNumbersThatAreDescribed) {
  const auto quantities = quantities_of({});
  EXPECT_EQ(quantities.size(), 3U);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "calls"}).value, 3);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "calls"}).unit, Unit::count);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "bytes_sent"}).state, Quantity::State::not_measured);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "bytes_sent"}).unit, Unit::bytes);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "took_ns"}).value, 10);
  EXPECT_EQ(quantities.at({Topic::lifecycle, "item", "took_ns"}).unit, Unit::ns);
}

TEST(CompareVisitor, WithoutACaseThereIsNoMean) {
  Described nothing;
  nothing.calls = 0;
  EXPECT_EQ(quantities_of(nothing).at({Topic::lifecycle, "item", "took_ns"}).state, Quantity::State::none);
}

TEST(SessionFigures, HaveEveryCounterOfTheList) {
  const ReportFigures figures = session_figures(test::full_report().session);
  for (const tc_counter counter : every<tc_counter>()) {
    const auto is_this = [counter](const auto& quantity) { return quantity.first.item == key_of(counter); };
    EXPECT_EQ(std::ranges::count_if(figures.quantities, is_this), 1) << key_of(counter);
  }
  EXPECT_TRUE(figures.quantities.contains({Topic::memory, "kernel_pages", "count"}));
  EXPECT_TRUE(figures.quantities.contains({Topic::lifecycle, "create_spawn", "copy_ns"}));
}

ReportFigures read_again(const Comparison& comparison) {
  std::ostringstream out;
  render_comparison_json(comparison, out);
  auto figures = read_figures(out.str());
  if (!figures) {
    ADD_FAILURE() << to_line(figures.error());
    return {};
  }
  return *std::move(figures);
}

TEST(ReadRounds, MediansWithTheirIntervals) {
  const ReportFigures figures = read_again(compare_runs(experiment_of({{10ms, 2ms, 300, 1ms, 5ms}}, 12)));
  EXPECT_EQ(figures.command, "./baker 1");
  EXPECT_EQ(figures.ended, "exit 0");
  const Quantity& wall = figures.quantities.at({Topic::window, "wall", "wall_ns"});
  EXPECT_NEAR(wall.value, 18.01e6, 0.1e6);
  ASSERT_TRUE(wall.interval);
  EXPECT_LT(wall.interval->low, wall.value);
  ASSERT_TRUE(figures.time);
  EXPECT_NEAR(figures.time->running.at("user"), 15e6, 0.1e6);
  EXPECT_EQ(figures.processes.at("helper").count, 1);
}

TEST(ReadRounds, TwoReportsAreCompared) {
  const Difference difference = diff_reports(read_again(compare_runs(experiment_of({{10ms}}, 12))),
                                             read_again(compare_runs(experiment_of({{10ms, 3ms, 900}}, 12))));
  EXPECT_TRUE(difference.any_interval());
  EXPECT_TRUE(difference.wall_is_a_cost());
  const Change* const wall = difference.find(Topic::window, "wall", "wall_ns");
  ASSERT_NE(wall, nullptr);
  ASSERT_TRUE(wall->ratio_interval());
  EXPECT_GT(wall->ratio_interval()->low, 1.2);
  EXPECT_EQ(difference.pieces.front().key, "page_fault");
  const auto checks = check_costs(difference, 10);
  ASSERT_TRUE(checks);
  EXPECT_EQ(checks->front().outcome, CostCheck::Outcome::above);
}

TEST(ReadRounds, SeveralCommandsAreRefused) {
  std::ostringstream out;
  render_comparison_json(compare_runs(experiment_of({{10ms}, {9ms}}, 3)), out);
  const auto figures = read_figures(out.str());
  ASSERT_FALSE(figures);
  EXPECT_THAT(to_line(figures.error()), HasSubstr("it holds 2 commands"));
  EXPECT_FALSE(read_figures(R"({"schema": "taskcost.compare/2"})"));
  EXPECT_FALSE(read_figures(R"({"schema": "taskcost.compare/2", "commands": [{"quantities": 3}]})"));
}

}  // namespace
}  // namespace taskcost
