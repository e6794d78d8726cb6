// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "report/render.h"
#include "support/fixture_runs.h"
#include "support/golden.h"
#include "support/schema.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::experiment_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Comparison two_bakers() { return compare_runs(experiment_of({{10ms, 1ms, 300, 2ms}, {10ms, 4ms, 1200, 2ms}}, 16)); }

std::string text_of(const Comparison& comparison) {
  std::ostringstream out;
  render_comparison_text(comparison, out, {});
  return out.str();
}

json json_of(const Comparison& comparison) {
  std::ostringstream out;
  render_comparison_json(comparison, out);
  return json::parse(out.str());
}

std::string compare_complaints(const json& document) { return test::schema_complaints(comparison_schema(), document); }

TEST(CompareText, Golden) { test::expect_golden("compare.txt", text_of(two_bakers())); }

std::string decide_answer(const Comparison& comparison) {
  return test::first_said(sections::of(comparison, false).front());
}

TEST(CompareSections, AnswerFirst) {
  EXPECT_THAT(decide_answer(two_bakers()), StartsWith("B takes 1.23 times as long as A [1."));
}

TEST(CompareSections, SayWhatIsTheSameAndWhatIsUndecided) {
  EXPECT_THAT(decide_answer(compare_runs(experiment_of({{10ms}, {10ms}}, 16))), HasSubstr("(the same)."));
  EXPECT_THAT(decide_answer(compare_runs(experiment_of({{10ms}, {30ms}}, 2))), HasSubstr("Too few rounds (2)"));
  std::vector<std::vector<test::FixtureRun>> scattered(2);
  for (int run = 0; run < 12; ++run) {
    scattered[0].push_back({run % 2 == 0 ? 10ms : 14ms});
    scattered[1].push_back({run % 3 == 0 ? 10ms : 14ms});
  }
  EXPECT_THAT(decide_answer(compare_runs(experiment_of(scattered))), HasSubstr("(undecided): "));
}

TEST(CompareSections, ShowNamesWhereTheyWereGiven) {
  Experiment experiment = experiment_of({{10ms}, {20ms}}, 16);
  experiment.commands[1].name = "new\x1b[2J";
  EXPECT_THAT(decide_answer(compare_runs(std::move(experiment))), StartsWith("new\\x1b[2J takes 2.0"));
}

TEST(CompareSections, OfOneCommand) {
  const auto page = sections::of(compare_runs(experiment_of({{10ms, 1ms, 300, 2ms, 5ms}}, 10)), false);
  EXPECT_THAT(test::ids_of(page), testing::ElementsAre("head", "medians", "wall_time", "cpu_time", "counts"));
  EXPECT_THAT(test::first_said(page[0]), AllOf(StartsWith("A takes 18.0 ms ["), HasSubstr("median of 10 runs")));
  EXPECT_THAT(test::row_of(page[3], "helper: user code"), testing::SizeIs(3));
  EXPECT_THAT(test::row_of(page[4], "minor faults"), testing::SizeIs(5));
}

TEST(CompareSections, AChildWithTheNameOfItsParentHasRowsOfItsOwn) {
  Experiment experiment = experiment_of({{10ms, 1ms, 300, 2ms, 5ms}}, 10);
  experiment.commands.front().program = "helper";
  const auto page = sections::of(compare_runs(std::move(experiment)), false);
  EXPECT_NE(test::row_of(page[3], "child helper: user code"), test::row_of(page[3], "helper: user code"));
}

TEST(CompareJson, FollowsItsSchema) {
  for (const Comparison& comparison :
       {two_bakers(), compare_runs(experiment_of({{10ms}}, 3)), compare_runs(experiment_of({{10ms}, {9ms}}, 1)),
        compare_runs(experiment_of({{10ms, 0ms, 0, 1ms, 5ms}, {9ms}, {8ms}}, 12))}) {
    EXPECT_EQ(compare_complaints(json_of(comparison)), "");
  }
}

TEST(CompareJson, TheSchemaIsStrict) {
  const json good = json_of(two_bakers());
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad.erase(key);
    EXPECT_NE(compare_complaints(bad), "") << "without " << key;
  }
  for (const char* pointer :
       {"/window/end", "/results/0/mean", "/pairs/0/wall/ratio_low", "/pairs/0/wall_time/parts/0/kind",
        "/pairs/0/cpu_time/difference_ns", "/commands/0/wall_ns", "/commands/1/quantities/0/median",
        "/commands/0/time/queued_ns", "/commands/0/processes/0/count"}) {
    const json::json_pointer path(pointer);
    json bad = good;
    bad.at(path.parent_pointer()).erase(path.back());
    EXPECT_NE(compare_complaints(bad), "") << "without " << pointer;
    bad.at(path.parent_pointer())[path.back()] = "much";
    EXPECT_NE(compare_complaints(bad), "") << pointer;
    bad = good;
    bad.at(path.parent_pointer())["novelty"] = 1;
    EXPECT_TRUE(compare_complaints(bad) != "" || path.parent_pointer() == json::json_pointer("/window")) << pointer;
  }
}

TEST(CompareJson, ResultsAreThoseOfHyperfine) {
  const json results = json_of(two_bakers())["results"];
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["command"], "./baker 1");
  EXPECT_NEAR(results[0]["median"].get<double>(), 0.013, 0.0002);
  EXPECT_EQ(results[0]["times"].size(), 16U);
  EXPECT_EQ(results[0]["exit_codes"].size(), 16U);
}

TEST(CompareJson, PartsAddUp) {
  const json document = json_of(two_bakers());
  for (const char* key : {"wall_time", "cpu_time"}) {
    const json& difference = document["pairs"][0][key];
    double sum = 0;
    for (const json& part : difference["parts"]) {
      sum += part["difference_ns"].get<double>();
    }
    EXPECT_NEAR(sum, difference["difference_ns"].get<double>(), 1) << key;
  }
}

TEST(CompareTables, Csv) {
  std::ostringstream out;
  Experiment experiment = experiment_of({{10ms}, {20ms}}, 12);
  experiment.commands[0].name = "say \"a, b\"";
  render_comparison_csv(compare_runs(std::move(experiment)), out);
  EXPECT_THAT(out.str(), StartsWith("command,mean,stddev,median,user,system,min,max\n\"say \"\"a, b\"\"\",0.0"));
}

TEST(CompareTables, Markdown) {
  std::ostringstream out;
  Experiment experiment = experiment_of({{10ms}, {20ms}}, 12);
  experiment.commands[0].name = "cat a | grep `b`";
  render_comparison_markdown(compare_runs(std::move(experiment)), out);
  EXPECT_THAT(out.str(), AllOf(StartsWith("| Command | Mean [ms] |"), HasSubstr("| `cat a \\| grep 'b'` |"),
                               HasSubstr("| 1.00 |\n"), HasSubstr("| 2.0")));
}

TEST(CompareHtml, HoldsTheJsonAndItsScript) {
  std::ostringstream out;
  Experiment experiment = experiment_of({{10ms}, {20ms}}, 12);
  experiment.commands[0].name = "</script><b>";
  render_comparison_html(compare_runs(std::move(experiment)), out);
  EXPECT_THAT(out.str(), AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("taskcost.compare/2"), HasSubstr("waterfall"),
                               Not(HasSubstr("</script><b>"))));
}

TEST(CompareSections, FailedRunsAndLostEventsAreWarnings) {
  Experiment experiment = experiment_of({{10ms}, {10ms}}, 4);
  experiment.commands[0].statuses = {0, 3, 0, 1};
  experiment.commands[1].losses = {{"events", 40}, {"records", 2}};
  const auto texts = test::said(sections::of(compare_runs(experiment), false).front());
  EXPECT_THAT(texts, testing::Contains(HasSubstr(" failed in 2 of 4 runs, first with exit status 3.")));
  EXPECT_THAT(texts, testing::Contains(HasSubstr(": 42 events were lost over all runs")));
}

}  // namespace
}  // namespace taskcost
