// SPDX-License-Identifier: Apache-2.0
#include "verdict/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "support/fixture_runs.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using test::experiment_of;
using test::figures_of;
using test::FixtureRun;
using testing::DoubleNear;

double sum_of(const std::map<PartName, double>& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0,
                         [](double sum, const auto& part) { return sum + part.second; });
}

TEST(RunFigures, PartsAddUp) {
  const RunFigures figures = figures_of({10ms, 2ms, 300, 5ms, 7ms});
  EXPECT_EQ(figures.wall, 24.01e6);
  EXPECT_EQ(figures.cpu, 19e6);
  EXPECT_EQ(figures.user, 17e6);
  EXPECT_EQ(sum_of(figures.wall_parts), figures.wall);
  EXPECT_EQ(sum_of(figures.cpu_parts), figures.cpu);
  EXPECT_EQ(sum_of(figures.children_parts), 7e6);
  EXPECT_EQ(figures.program, "baker");
  EXPECT_EQ(figures.quantities.at({Topic::window, "wall", "wall_ns"}).value, figures.wall);
  EXPECT_EQ(figures.quantities.at({Topic::window, "all", "own_ns"}).value, 24e6);
  EXPECT_EQ(figures.quantities.at({Topic::counter, "faults_minor", "count"}).value, 300);
}

TEST(RunFigures, AnEmptySessionHasNone) { EXPECT_FALSE(run_figures(Session(), 1)); }

TEST(CommandRuns, AColumnOfEachFigure) {
  CommandRuns runs;
  runs.add(0, 0, figures_of({10ms}));
  runs.add(1, 3, figures_of({11ms, 1ms, 20}));
  EXPECT_EQ(runs.count(), 2U);
  EXPECT_THAT(runs.wall, testing::ElementsAre(10e6, 12e6));
  EXPECT_THAT(runs.system(), testing::ElementsAre(0, 1e6));
  EXPECT_THAT(runs.statuses, testing::ElementsAre(0, 3));
  EXPECT_THAT((runs.wall_parts.at({"", PartName::Kind::running, "page_fault"})), testing::ElementsAre(0, 1e6));
  EXPECT_THAT((runs.quantities.at({Topic::counter, "faults_minor", "count"}).values), testing::ElementsAre(0, 20));
}

TEST(CommandRuns, NamesThatChangeInEachRunAreBounded) {
  CommandRuns runs;
  for (std::size_t run = 0; run < 6000; ++run) {
    RunFigures figures;
    figures.cpu_parts[{"child" + std::to_string(run), PartName::Kind::running, "user"}] = 1;
    figures.processes["child" + std::to_string(run)].count = 1;
    runs.add(run, 0, figures);
  }
  EXPECT_LE(runs.processes.size(), 257U);
  EXPECT_LE(runs.cpu_parts.size(), 257U * TC_NR_ACTIVITIES);
}

TEST(Compare, AKnownDifferenceIsFoundAndAttributed) {
  const Comparison comparison = compare_runs(experiment_of({{10ms}, {10ms, 3ms, 900}}, 16));
  ASSERT_EQ(comparison.pairs.size(), 1U);
  const PairComparison& pair = comparison.pairs.front();
  EXPECT_EQ(pair.wall.answer, Answer::more);
  EXPECT_EQ(pair.cpu.answer, Answer::more);
  ASSERT_TRUE(pair.wall.ratio);
  EXPECT_NEAR(pair.wall.ratio->ratio, 1.3, 0.02);
  for (const auto* difference : {&pair.wall_time, &pair.cpu_time}) {
    ASSERT_TRUE(*difference);
    ASSERT_FALSE((*difference)->parts.empty());
    EXPECT_EQ((*difference)->parts.front().name.key, "page_fault");
    EXPECT_NEAR((*difference)->parts.front().figures.difference, 3e6, 0.1e6);
    double sum = 0;
    for (const TimePart& part : (*difference)->parts) {
      sum += part.figures.difference;
    }
    EXPECT_THAT(sum, DoubleNear((*difference)->whole.difference, 1));
  }
  const auto faults =
      std::ranges::find(pair.quantities, QuantityName{Topic::counter, "faults_minor", "count"}, &QuantityAnswer::name);
  ASSERT_NE(faults, pair.quantities.end());
  EXPECT_EQ(faults->answer, Answer::more);
  EXPECT_FALSE(faults->ratio) << "A has none";
}

TEST(Compare, TheSameIsAnAnswer) {
  const Comparison comparison = compare_runs(experiment_of({{10ms}, {10ms}}, 16));
  EXPECT_EQ(comparison.pairs.front().wall.answer, Answer::same);
  EXPECT_EQ(comparison.pairs.front().cpu.answer, Answer::same);
  const Comparison less = compare_runs(experiment_of({{10ms}, {5ms}}, 16));
  EXPECT_EQ(less.pairs.front().wall.answer, Answer::less);
}

TEST(Compare, TooFewRoundsDecideNothing) {
  for (const std::size_t rounds : {1U, 2U, 8U}) {
    const Comparison comparison = compare_runs(experiment_of({{10ms}, {30ms}}, rounds));
    EXPECT_EQ(comparison.pairs.front().wall.answer, Answer::undecided) << rounds;
    EXPECT_TRUE(excesses(comparison, 0).empty()) << rounds;
  }
  EXPECT_FALSE(enough_rounds(8, look_confidence));
  EXPECT_TRUE(enough_rounds(9, look_confidence));
  EXPECT_FALSE(enough_rounds(5, 0.95));
  EXPECT_TRUE(enough_rounds(6, 0.95));
}

TEST(Compare, TheTimeOfAChildReplacesTheWaitForIt) {
  const Comparison comparison = compare_runs(experiment_of({{10ms, 0ms, 0, 0ms, 5ms}, {10ms, 0ms, 0, 0ms, 9ms}}, 16));
  const PairComparison& pair = comparison.pairs.front();
  EXPECT_TRUE(pair.in_sequence);
  ASSERT_TRUE(pair.wall_time);
  EXPECT_EQ(pair.wall_time->parts.front().name, (PartName{"helper", PartName::Kind::running, "user"}));
  EXPECT_NEAR(pair.wall_time->parts.front().figures.difference, 4e6, 1e3);
  EXPECT_TRUE(std::ranges::any_of(pair.wall_time->parts,
                                  [](const TimePart& part) { return part.name.kind == PartName::Kind::handover; }));
  EXPECT_FALSE(
      std::ranges::any_of(pair.wall_time->parts, [](const TimePart& part) { return part.name.key == "child"; }));
}

TEST(Compare, ParallelChildrenCountAsAWait) {
  Experiment experiment = experiment_of({{10ms, 0ms, 0, 0ms, 5ms}, {10ms, 0ms, 0, 0ms, 9ms}}, 16);
  for (auto& [name, values] : experiment.commands[1].children_parts) {
    std::ranges::for_each(values, [](double& value) { value *= 2; });
  }
  EXPECT_FALSE(ran_in_sequence(experiment.commands[1]));
  const Comparison comparison = compare_runs(std::move(experiment));
  EXPECT_TRUE(comparison.pairs.front().children);
  EXPECT_FALSE(comparison.pairs.front().in_sequence);
  EXPECT_EQ(comparison.pairs.front().wall_time->parts.front().name.key, "child");
}

TEST(Compare, OnlyRoundsThatBothHaveArePaired) {
  CommandRuns left;
  CommandRuns right;
  for (const std::size_t round : {0U, 1U, 3U}) {
    left.add(round, 0, figures_of({Duration(round + 1)}));
  }
  for (const std::size_t round : {1U, 2U, 3U}) {
    right.add(round, 0, figures_of({Duration(round + 1)}));
  }
  const auto pairs = paired(left, left.wall, right, right.wall);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].left, 2);
  EXPECT_EQ(pairs[0].right, 2);
  EXPECT_EQ(pairs[1].left, 4);
}

TEST(Compare, TheWholeIntervalOfAnExcessIsAboveTheLimit) {
  const Comparison comparison = compare_runs(experiment_of({{10ms}, {12ms}}, 16));
  EXPECT_EQ(excesses(comparison, 10).size(), 2U);
  EXPECT_TRUE(excesses(comparison, 20).empty());
  EXPECT_TRUE(excesses(comparison, 50).empty());
}

TEST(Spread, OfASample) {
  const Spread spread = compute_spread({4, 1, 3, 2, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(spread.median, 5.5);
  EXPECT_EQ(spread.mean, 5.5);
  EXPECT_NEAR(spread.stddev, 3.0277, 1e-4);
  ASSERT_TRUE(spread.interval);
  // By the binomial distribution: the 2nd and the 9th of 10 values, with 97.9 %.
  EXPECT_EQ(spread.interval->low, 2);
  EXPECT_EQ(spread.interval->high, 9);
  EXPECT_FALSE(compute_spread({1, 2, 3, 4, 5}).interval);
  EXPECT_TRUE(compute_spread({1, 2, 3, 4, 5, 6}).interval);
  EXPECT_EQ(compute_spread({3}).stddev, 0);
}

TEST(Spread, TheIntervalCoversTheMedian) {
  std::mt19937_64 chance(1);  // NOLINT: repeatable on purpose
  std::lognormal_distribution<double> times(0, 1);
  int covered = 0;
  constexpr int samples = 2000;
  for (int i = 0; i < samples; ++i) {
    std::vector<double> sample(25);
    std::ranges::generate(sample, [&] { return times(chance); });
    const auto interval = interval_of_median(sample, 0.95);
    ASSERT_TRUE(interval);
    covered += interval->low <= 1 && interval->high >= 1 ? 1 : 0;
  }
  EXPECT_GE(covered, samples * 94 / 100);
  EXPECT_LE(covered, samples * 98 / 100);
}

}  // namespace
}  // namespace taskcost
