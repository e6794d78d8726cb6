// SPDX-License-Identifier: Apache-2.0
//
// Tests with synthetic reports and prices: lines add up, intervals contain what they must, and missing prices are
// reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "support/priced_program.h"
#include "support/rendered.h"
#include "verdict/estimate/estimate.h"

namespace taskcost {
namespace {

using test::exact_prices;
using test::forking_report;
using test::price_of;
using test::threaded_report;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ProgramCounts program_of(const Report& report) {
  auto program = program_counts(report);
  if (!program) {
    ADD_FAILURE() << to_line(program.error());
    return {};
  }
  return *std::move(program);
}

Estimate estimated(const Report& report, const PriceList& prices, std::optional<Model> to = std::nullopt) {
  auto result = estimate(program_of(report), prices, to);
  if (!result) {
    ADD_FAILURE() << to_line(result.error());
    return {};
  }
  return *std::move(result);
}

std::string refused(const Report& report, std::optional<Model> to = std::nullopt) {
  const auto result = estimate(program_of(report), exact_prices(), to);
  if (result) {
    ADD_FAILURE() << "there is an estimate";
    return "";
  }
  EXPECT_EQ(result.error().kind, ErrorKind::runtime);
  return to_line(result.error());
}

EstimateLine line(const Estimate& estimate, const std::string& id) {
  const auto found = std::ranges::find(estimate.lines, id, &EstimateLine::id);
  if (found == estimate.lines.end()) {
    ADD_FAILURE() << "no line " << id;
    return {};
  }
  return *found;
}

const EstimateFact* fact(const Estimate& estimate, const std::string& id) {
  const auto found = std::ranges::find(estimate.facts, id, &EstimateFact::id);
  return found == estimate.facts.end() ? nullptr : &*found;
}

PriceList without(PriceList list, const std::string& id) {
  std::erase_if(list.prices, [&id](const Price& price) { return price.id == id; });
  return list;
}

PriceList with(PriceList list, Price price) {
  list = without(std::move(list), price.id);
  list.prices.push_back(std::move(price));
  return list;
}

// Compares values and ignores intervals.
void expect_adds_up(const Estimate& estimate) {
  double measured = estimate.rest;
  double estimated = estimate.rest;
  for (const EstimateLine& each : estimate.lines) {
    EXPECT_LE(each.estimated.low, each.estimated.value) << each.id;
    EXPECT_GE(each.estimated.high, each.estimated.value) << each.id;
    EXPECT_GE(each.estimated.low, 0) << each.id;
    measured += each.measured;
    estimated += each.estimated.value;
  }
  EXPECT_NEAR(measured, estimate.cpu.measured, 1);
  EXPECT_NEAR(estimated, estimate.cpu.estimated.value, 1);
  EXPECT_LE(estimate.cpu.estimated.low, estimate.cpu.estimated.value);
  EXPECT_GE(estimate.cpu.estimated.high, estimate.cpu.estimated.value);
}

TEST(EstimateAsThreads, IsChosenForForkedWorkers) {
  const Estimate estimate = estimated(forking_report(), exact_prices());
  EXPECT_EQ(estimate.to, Model::threads);
  EXPECT_EQ(estimate.workers, 16);
  EXPECT_THAT(estimate.warnings, IsEmpty());
  EXPECT_EQ(estimate.without_price(), 0);
}

TEST(EstimateAsThreads, AddsUp) {
  const Estimate estimate = estimated(forking_report(), exact_prices());
  expect_adds_up(estimate);
  EXPECT_LT(estimate.cpu.estimated.value, estimate.cpu.measured);
  ASSERT_TRUE(estimate.kernel);
  EXPECT_LT(estimate.kernel->measured, estimate.cpu.measured);
}

TEST(EstimateAsThreads, TakesTheProgramsOwnCostsHereAndPricesThere) {
  const Estimate estimate = estimated(forking_report(), exact_prices());
  // A fork costs twice its price in the list. So a thread costs its price, or twice as much.
  const EstimateLine create = line(estimate, "create");
  EXPECT_EQ(create.count, 16);
  EXPECT_DOUBLE_EQ(create.measured, 16 * 120'000);
  EXPECT_DOUBLE_EQ(create.estimated.low, 16 * 10'000);
  EXPECT_DOUBLE_EQ(create.estimated.high, 16 * 20'000);
  EXPECT_NEAR(create.estimated.value, 16 * 10'000 * std::sqrt(2), 1);
  const EstimateLine exit = line(estimate, "exit");
  EXPECT_DOUBLE_EQ(exit.measured, 16 * 80'000);
  EXPECT_DOUBLE_EQ(exit.estimated.value, 16 * 8'000);
  EXPECT_DOUBLE_EQ(line(estimate, "reap").estimated.value, 16 * 4'000);
  EXPECT_DOUBLE_EQ(line(estimate, "thread-calls").estimated.value, 16 * 3'000);
}

TEST(EstimateAsThreads, FaultsOfTheForkDisappearAndThoseOfOwnMemoryRemain) {
  const EstimateLine faults = line(estimated(forking_report(), exact_prices()), "fault");
  EXPECT_EQ(faults.count, 1600);
  EXPECT_DOUBLE_EQ(faults.measured, 16 * 300'000);
  // Each worker has 60 faults that copy nothing, at 3 us; 10 of them are on its own memory. The file faults of one
  // worker may remain.
  EXPECT_DOUBLE_EQ(faults.estimated.low, 160 * 3'000);
  EXPECT_DOUBLE_EQ(faults.estimated.high, (160 + 50) * 3'000);
}

TEST(EstimateAsThreads, BytesAreSentInBothModels) {
  const Estimate estimate = estimated(forking_report(), exact_prices());
  const EstimateFact* const bytes = fact(estimate, "unix_socket");
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(bytes->state, EstimateFact::State::unchanged);
  EXPECT_EQ(bytes->count, 16 * 5000);
  const EstimateFact* const tables = fact(estimate, "page-tables");
  ASSERT_NE(tables, nullptr);
  EXPECT_EQ(tables->state, EstimateFact::State::falls_away);
  EXPECT_EQ(tables->count, 16 * 40960);
}

TEST(EstimateAsThreads, AnotherProgramHasNoCounterpart) {
  Report report = forking_report();
  report.session.processes.back().tasks.back().account->counters[TC_COUNTER_EXECS] = 1;
  const Estimate estimate = estimated(report, exact_prices());
  EXPECT_EQ(estimate.workers, 15);
  const EstimateFact* const programs = fact(estimate, "exec");
  ASSERT_NE(programs, nullptr);
  EXPECT_EQ(programs->state, EstimateFact::State::no_counterpart);
  EXPECT_EQ(programs->count, 1);
}

TEST(EstimateAsThreads, ConvertsWorkersThatStartedBeforeTheWindow) {
  Report report = forking_report();
  for (Process& process : report.session.processes) {
    process.origin = TaskOrigin::attached;
  }
  EXPECT_EQ(estimated(report, exact_prices()).workers, 16);
  report.session.processes.back().command = "logger --to syslog";
  EXPECT_EQ(estimated(report, exact_prices()).workers, 15);
}

TEST(EstimateAsProcesses, IsChosenForThreads) {
  const Estimate estimate = estimated(threaded_report(), exact_prices());
  EXPECT_EQ(estimate.to, Model::processes);
  EXPECT_EQ(estimate.workers, 10);
  expect_adds_up(estimate);
  EXPECT_GT(estimate.cpu.estimated.value, estimate.cpu.measured);
  EXPECT_NE(fact(estimate, "shared-memory"), nullptr);
}

TEST(EstimateAsProcesses, AForkCostsMoreWhereMoreWasTouchedAndMapped) {
  PriceList prices = exact_prices();
  const EstimateLine small = line(estimated(threaded_report(), prices), "create");
  EXPECT_DOUBLE_EQ(small.estimated.value, 10 * 60'000);
  prices = with(with(std::move(prices), price_of("create.fork.per-mib", 20'000, 19'000, 21'000)),
                price_of("create.fork.per-mapping", 1'000, 900, 1'100));
  const EstimateLine large = line(estimated(threaded_report(), prices), "create");
  // 80 mappings without those of stacks: at least a third of them is kept. At most 500 pages are touched.
  EXPECT_NEAR(large.estimated.low, 10 * (60'000 + 80'000 / 3.0), 1);
  EXPECT_NEAR(large.estimated.high, 10 * (60'000 + 80'000 + 500 * 4096 / 1048576.0 * 20'000), 1);
}

TEST(EstimateAsProcesses, FutexesBecomeShared) {
  const EstimateLine futex = line(estimated(threaded_report(), exact_prices()), "futex");
  EXPECT_EQ(futex.count, 1000);
  // A call on a shared futex costs 400 ns more, minus half of a switch, 200 ns.
  EXPECT_NEAR(futex.estimated.value - futex.measured, 1000 * 200, 1);
}

TEST(EstimateAsProcesses, AnUnknownSizeIsReported) {
  Report report = threaded_report();
  report.target.mode = TargetMode::attach;
  report.session.processes.front().tasks.front().account->counters[TC_COUNTER_EXECS] = 0;
  const Estimate estimate = estimated(report, exact_prices());
  const EstimateFact* const size = fact(estimate, "size");
  ASSERT_NE(size, nullptr);
  EXPECT_EQ(size->state, EstimateFact::State::bound);
  EXPECT_DOUBLE_EQ(line(estimate, "create").estimated.high, 2 * line(estimate, "create").estimated.low);
}

TEST(Estimate, TheIntervalHoldsBothConditions) {
  const PriceList prices = with(with(exact_prices(), price_of("clone.thread.across-cpus", 40'000, 40'000, 40'000)),
                                price_of("clone.process.across-cpus", 240'000, 240'000, 240'000));
  // The program's 120 us are the geometric mean of 60 and 240.
  const EstimateLine create = line(estimated(forking_report(), prices), "create");
  EXPECT_NEAR(create.estimated.value, 16 * 20'000, 1);
  EXPECT_NEAR(create.estimated.low, 16 * 10'000, 1);
  EXPECT_NEAR(create.estimated.high, 16 * 40'000, 1);
}

TEST(Estimate, TheIntervalGrowsWithThoseOfThePricesAndTheScatterOfTheMachine) {
  const Estimate narrow = estimated(forking_report(), exact_prices());
  const Estimate wide =
      estimated(forking_report(), with(exact_prices(), price_of("switch.user.same", 1'000, 100, 1'400)));
  EXPECT_LT(wide.cpu.estimated.low, narrow.cpu.estimated.low);
  EXPECT_GT(wide.cpu.estimated.high, narrow.cpu.estimated.high);
  EXPECT_DOUBLE_EQ(narrow.run_to_run, 1.3);
  const Estimate restless = estimated(forking_report(), with(exact_prices(), price_of("scatter", 1.5, 1.4, 1.6)));
  EXPECT_DOUBLE_EQ(restless.run_to_run, 1.5);
  EXPECT_GT(restless.cpu.estimated.high, narrow.cpu.estimated.high);
  EXPECT_LT(restless.cpu.estimated.low, narrow.cpu.estimated.low);
}

TEST(Estimate, AMissingPriceIsReportedAndLeavesItsLineUnchanged) {
  const Estimate estimate = estimated(forking_report(), without(exact_prices(), "exit.thread"));
  EXPECT_EQ(estimate.without_price(), 1);
  const EstimateLine exit = line(estimate, "exit");
  EXPECT_EQ(exit.state, EstimateLine::State::not_priced);
  EXPECT_EQ(exit.estimated.value, exit.measured);
  EXPECT_THAT(exit.note, HasSubstr("exit.thread"));
  expect_adds_up(estimate);
  EXPECT_GT(estimated(forking_report(), PriceList{}).without_price(), 4);
}

TEST(Estimate, AMissingCountIsReported) {
  Report report = forking_report();
  for (Process& process : report.session.processes) {
    process.tasks.back().account->counters[TC_COUNTER_FAULTS_COW] = std::nullopt;
  }
  const EstimateLine faults = line(estimated(report, exact_prices()), "fault");
  EXPECT_EQ(faults.state, EstimateLine::State::not_measured);
  EXPECT_EQ(faults.estimated.value, faults.measured);
}

TEST(Estimate, PricesOfAnotherMachineAreAWarning) {
  PriceList prices = exact_prices();
  prices.measured_on.kernel = "6.12.0";
  prices.measured_on.cpus = 64;
  const Estimate estimate = estimated(forking_report(), prices);
  ASSERT_THAT(estimate.warnings, SizeIs(1));
  EXPECT_THAT(estimate.warnings.front(), HasSubstr("kernel 6.1.0-18-amd64 and 6.12.0"));
  EXPECT_THAT(estimate.warnings.front(), HasSubstr("CPUs 2 and 64"));
}

TEST(Estimate, WithoutWorkersThereIsNothingToConvert) {
  EXPECT_THAT(refused(forking_report(), Model::processes), HasSubstr("no process has a second thread"));
  EXPECT_THAT(refused(threaded_report(), Model::threads), HasSubstr("no process was forked without an exec"));
  EXPECT_THAT(refused(test::ReportBuilder().build()), HasSubstr("nothing to convert"));
}

TEST(Estimate, PricesMayBeOfAnySize) {
  for (const double value : {0.0, 1e-300, 1e18}) {
    PriceList prices = exact_prices();
    for (Price& price : prices.prices) {
      price.value = value;
      price.interval = Interval{0, value};
    }
    for (const Report& report : {forking_report(), threaded_report()}) {
      const Estimate estimate = estimated(report, prices);
      EXPECT_TRUE(std::isfinite(estimate.cpu.estimated.value)) << value;
      EXPECT_TRUE(std::isfinite(estimate.cpu.estimated.high)) << value;
      EXPECT_GE(estimate.cpu.estimated.low, 0) << value;
      EXPECT_LE(estimate.cpu.estimated.low, estimate.cpu.estimated.high) << value;
    }
  }
}

}  // namespace
}  // namespace taskcost
