// SPDX-License-Identifier: Apache-2.0
//
// A bundled workload, observed in both models: the cost in one model lies in the estimate from the other model's
// report. And reports without an estimate give one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The prices and both models are observed once for all tests.
class Estimates : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    for (int round = 0; round < rounds; ++round) {
      for (const char* const model : {"fork", "thread"}) {
        const Finished finished =
            test::run({taskcost_binary(), "workload", "--quiet", "--format", "none", "-o", report(model, round),
                       "create", "--model", model, "--count", "300", "--warm-up", "20", "--cpus", "same"});
        ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
      }
    }
    // The first estimate measures the prices; a report of one claim has only some of them.
    const Finished verified = test::run(
        {taskcost_binary(), "verify", "--quiet", "--format", "none", "--claim", "cost.creation", "-o", prices()});
    ASSERT_EQ(verified.exit_code(), 0) << verified.describe();
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }

  static std::string report(const std::string& model, int round) {
    return directory_->file(model + std::to_string(round) + ".json");
  }
  static std::string prices() { return directory_->file("prices.json"); }
  static std::string written(const std::string& name, const std::string& text) {
    const std::string path = directory_->file(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  static Finished estimate(Words arguments) {
    arguments.insert(arguments.begin(), {taskcost_binary(), "estimate", "--quiet"});
    return test::run(arguments);
  }
  static void expect_one_line(const Words& arguments, int status, const std::string& said) {
    const Finished finished = estimate(arguments);
    EXPECT_EQ(finished.exit_code(), status) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
    EXPECT_THAT(finished.err, HasSubstr(said));
    EXPECT_THAT(finished.out, IsEmpty());
  }

  static constexpr int rounds = 3;
  static TemporaryDirectory* directory_;
};

TemporaryDirectory* Estimates::directory_ = nullptr;

double time_on_cpus(const std::string& path) {
  double sum = 0;
  const Json report = Json::parse(read_file(path));
  for (const Json& activity : report.at("totals").at("activities")) {
    sum += activity.at("running_ns").get<double>();
  }
  return sum;
}

TEST_F(Estimates, TheTruthLiesInThem) {
  for (const auto& [from, to] : {std::pair("fork", "thread"), std::pair("thread", "fork")}) {
    std::vector<double> truth;
    for (int round = 0; round < rounds; ++round) {
      truth.push_back(time_on_cpus(report(to, round)));
    }
    std::ranges::sort(truth);
    const Finished finished = estimate({report(from, 1), "--format", "json"});
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
    const Json result = Json::parse(finished.out);
    EXPECT_EQ(result.at("lines_without_price"), 0);
    EXPECT_EQ(result.at("workers"), 300);
    const double low = result.at("cpu").at("low_ns");
    const double high = result.at("cpu").at("high_ns");
    // At least one of three interleaved runs: the machine may run at another speed in the others.
    EXPECT_LE(low, truth.back()) << from;
    EXPECT_GE(high, truth.front()) << from;
    EXPECT_LT(high / low, 3) << from;
  }
}

TEST_F(Estimates, ThePricesOfAFileNeedNoMeasurement) {
  const Finished finished = estimate({report("fork", 0), "--prices", prices()});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, AllOf(StartsWith("As threads, these 300 workers and their program would have cost "),
                                  HasSubstr("estimate."), HasSubstr("prices.json")));
  // A report of one claim has no prices of switches.
  EXPECT_THAT(finished.out, HasSubstr("not priced"));
  EXPECT_THAT(finished.err, IsEmpty());
}

TEST_F(Estimates, TheRestGoesToFiles) {
  const std::string text = directory_->file("e.txt");
  const std::string json = directory_->file("e.json");
  const Finished finished =
      estimate({report("thread", 0), "--prices", prices(), "--format", "none", "-o", text, "-o", json});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, IsEmpty());
  EXPECT_THAT(read_file(text), StartsWith("As processes, these 300 workers"));
  EXPECT_EQ(Json::parse(read_file(json)).at("schema"), "taskcost.estimate/1");
}

TEST_F(Estimates, WhatCannotBeEstimatedIsOneLine) {
  const std::string forks = report("fork", 0);
  expect_one_line({directory_->file("none.json"), "--prices", prices()}, 1, "No such file");
  expect_one_line({written("text", "hello\n"), "--prices", prices()}, 1, "not a JSON report");
  expect_one_line({prices(), "--prices", prices()}, 1, "a report of 'taskcost verify'");
  expect_one_line({forks, "--prices", forks}, 1, "there is no price list in it");
  expect_one_line({forks, "--prices", directory_->file("none.json")}, 1, "No such file");
  expect_one_line({forks, "--as", "processes"}, 1, "nothing to convert");
  expect_one_line({report("thread", 0), "--as", "threads"}, 1, "nothing to convert");
  expect_one_line({forks, "--as", "fibers"}, 2, "fibers");
  expect_one_line({}, 2, "not one report");
}

}  // namespace
}  // namespace taskcost::test
