// SPDX-License-Identifier: Apache-2.0
//
// Reports and price lists are untrusted files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/render.h"
#include "support/priced_program.h"
#include "support/rendered.h"
#include "verdict/estimate/estimate.h"

namespace taskcost {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

Result<ProgramCounts> read_program(const std::string& text) {
  const auto report = read_report(text);
  return report ? program_counts(*report) : report.error();
}

Result<PriceList> read_price_list(const std::string& text) {
  const auto report = read_report(text);
  return report ? price_list(*report) : report.error();
}

json forking_json() { return json::parse(test::json_of(test::forking_report())); }

json with_prices() {
  Report report = test::ReportBuilder().build();
  report.target.mode = TargetMode::verify;
  report.prices = test::exact_prices().prices;
  return json::parse(test::json_of(report));
}

template <typename T>
std::string line_of(const Result<T>& result, const std::string& what) {
  if (result) {
    ADD_FAILURE() << "accepted: " << what;
    return "";
  }
  const std::string line = to_line(result.error());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  return line;
}

TEST(ReadProgram, TakesTheCountsOfAReport) {
  const auto program = read_program(forking_json().dump());
  ASSERT_TRUE(program) << to_line(program.error());
  EXPECT_EQ(program->mode, "run");
  EXPECT_EQ(program->measured_on.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(program->measured_on.cpus, 2);
  ASSERT_THAT(program->processes, SizeIs(17));
  EXPECT_EQ(program->processes[1].origin, "fork");
  EXPECT_EQ(program->processes[1].parent, 1);
  EXPECT_EQ(program->processes[1].work.faults_copy_on_write, 40);
  EXPECT_EQ(program->processes[1].reap, 10'000);
  EXPECT_EQ(program->forks.count, 16);
  EXPECT_EQ(program->forks.running, 1'920'000);
  ASSERT_THAT(program->channels, SizeIs(1));
  EXPECT_EQ(program->channels[0].bytes, 80'000);
}

TEST(ReadProgram, RefusesOtherReports) {
  EXPECT_THAT(line_of(read_program(""), "nothing"), HasSubstr("JSON syntax error"));
  EXPECT_THAT(line_of(read_program("[1]"), "a list"), HasSubstr("not a JSON object"));
  EXPECT_THAT(line_of(read_program(R"({"schema": "taskcost.diff/2"})"), "a comparison"), HasSubstr("its schema"));
  EXPECT_THAT(line_of(read_program(with_prices().dump()), "verify"), HasSubstr("a report of 'taskcost verify'"));
}

TEST(ReadProgram, EveryValueIsChecked) {
  for (const char* const place :
       {"/totals/activities/user/running_ns", "/processes/3/total/counters/faults_minor", "/processes/0/id",
        "/totals/creations/0/running_ns", "/lifecycle_costs/fork/start_ns", "/host/cpus", "/histograms"}) {
    for (const json& value : {json("x"), json(-1), json(1e300), json::array({1})}) {
      json report = forking_json();
      report[json::json_pointer(place)] = value;
      EXPECT_THAT(line_of(read_program(report.dump()), place + value.dump()), HasSubstr("not a taskcost report"));
    }
  }
}

TEST(ReadProgram, AMissingValueIsNotMeasured) {
  const auto program = read_program(R"({"schema": "taskcost.report/2"})");
  ASSERT_TRUE(program) << to_line(program.error());
  EXPECT_FALSE(estimate(*program, test::exact_prices(), std::nullopt));
}

// The parents form a cycle, and an id occurs twice.
TEST(ReadProgram, ToleratesImpossibleParents) {
  json report = forking_json();
  for (json& process : report["processes"]) {
    process["parent"] = 3;
    process["origin"] = "fork";
    process["total"]["counters"]["execs"] = 0;
    process["tasks"].push_back(process["tasks"][0]);
  }
  report["processes"][5]["id"] = 3;
  const auto program = read_program(report.dump());
  ASSERT_TRUE(program);
  for (const Model model : {Model::threads, Model::processes}) {
    EXPECT_TRUE(estimate(*program, test::exact_prices(), model));
  }
}

TEST(ReadPriceList, TakesThePricesOfVerify) {
  const auto list = read_price_list(with_prices().dump());
  ASSERT_TRUE(list) << to_line(list.error());
  ASSERT_THAT(list->prices, SizeIs(test::exact_prices().prices.size()));
  EXPECT_EQ(list->prices[0].id, "clone.process");
  EXPECT_EQ(list->prices[0].value, 60'000);
  EXPECT_EQ(list->prices[0].condition, Condition::same_cpu);
}

TEST(ReadPriceList, RefusesAReportWithout) {
  EXPECT_THAT(line_of(read_price_list(forking_json().dump()), "a run"), HasSubstr("no price list"));
}

TEST(ReadPriceList, EveryPriceIsChecked) {
  for (const json& value : {json("x"), json(1e300)}) {
    json report = with_prices();
    report["price_list"][0]["value"] = value;
    EXPECT_THAT(line_of(read_price_list(report.dump()), value.dump()), HasSubstr("price_list/0/value"));
  }
  // A price below 0 is not a price.
  json free = with_prices();
  free["price_list"][0]["value"] = -1;
  EXPECT_FALSE(read_price_list(free.dump())->prices[0].value);
  // An interval that excludes its value is widened.
  json report = with_prices();
  report["price_list"][0]["low"] = 70'000;
  report["price_list"][0]["high"] = 80'000;
  const auto list = read_price_list(report.dump());
  ASSERT_TRUE(list);
  EXPECT_EQ(list->prices[0].interval->low, 60'000);
}

}  // namespace
}  // namespace taskcost
