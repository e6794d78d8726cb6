// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/session_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "report/render.h"
#include "support/figures_of.h"
#include "support/fixture_runs.h"
#include "support/report_builder.h"

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
  EXPECT_FALSE(read_figures(R"({"schema": "taskcost.compare/1"})"));
  EXPECT_FALSE(read_figures(R"({"schema": "taskcost.compare/1", "commands": [{"quantities": 3}]})"));
}

}  // namespace
}  // namespace taskcost
