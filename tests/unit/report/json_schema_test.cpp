// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "report/render.h"
#include "support/fixture_stacks.h"
#include "support/report_builder.h"
#include "support/schema.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::AccountBuilder;
using test::full_report;
using test::ReportBuilder;

json parsed(const Report& report) {
  std::ostringstream out;
  render_json(report, out);
  return json::parse(out.str());
}

std::string complaints(const json& document) { return test::schema_complaints(json_schema(), document); }

TEST(JsonSchema, AcceptsAnEmptyReport) { EXPECT_EQ(complaints(parsed(Report())), ""); }

TEST(JsonSchema, AcceptsAFullReport) { EXPECT_EQ(complaints(parsed(full_report())), ""); }

TEST(JsonSchema, AcceptsStacks) {
  const json full = parsed(test::report_with_stacks());
  EXPECT_EQ(complaints(full), "");
  for (const char* pointer : {"/stacks/events", "/stacks/stacks/0/kind", "/stacks/stacks/0/frames/0/function"}) {
    const json::json_pointer path(pointer);
    json bad = full;
    bad.at(path.parent_pointer()).erase(path.back());
    EXPECT_NE(complaints(bad), "") << "without " << pointer;
  }
  for (const auto& [pointer, value] :
       {std::pair("/stacks/stacks/0/kind", "\"nap\""), std::pair("/stacks/stacks/0/wait", "\"lunch\""),
        std::pair("/stacks/stacks/0/frames/0/mark", "\"none\"")}) {
    json bad = full;
    bad.at(json::json_pointer(pointer)) = json::parse(value);
    EXPECT_NE(complaints(bad), "") << pointer << " = " << value;
  }
}

TEST(JsonSchema, AcceptsWhatIsOdd) {
  ReportBuilder builder;
  builder.process(1, "\"},\n\033[2J\xff", TaskOrigin::clone_vm, 0ms,
                  AccountBuilder().runs(TC_ACTIVITY_USER, 1ms).lost(-2ms));
  builder.aggregated("\xc3", 2, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  builder.latency("odd\"key", {1us});
  builder.report().session.totals.task_stats.reset();
  EXPECT_EQ(complaints(parsed(builder.build())), "");
}

TEST(JsonSchema, RejectsWhatIsMissing) {
  const json good = parsed(full_report());
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad.erase(key);
    EXPECT_NE(complaints(bad), "") << "without " << key;
  }
  for (const char* pointer :
       {"/processes/0/tasks/0/account/activities/futex", "/totals/counters/migrations", "/totals/residual_ns",
        "/processes/1/exit_signal", "/histograms/fault_cow", "/window/exit", "/losses/missed_switches",
        "/claims/0/ratio_low", "/records/gaps/0/why", "/records/integrity/invalid_cpus"}) {
    const json::json_pointer path(pointer);
    json bad = good;
    bad.at(path.parent_pointer()).erase(path.back());
    EXPECT_NE(complaints(bad), "") << "without " << pointer;
  }
}

TEST(JsonSchema, RejectsWrongTypes) {
  const json good = parsed(full_report());
  const std::pair<const char*, const char*> faults[] = {
      {"/schema", R"("taskcost.report/9")"},
      {"/window/wall_ns", "1.5"},
      {"/window/wall_ns", "null"},
      {"/window/exit", R"("crashed")"},
      {"/target/mode", R"("guess")"},
      {"/evidence/0/kind", R"("probably")"},
      {"/claims/0/verdict", R"("maybe")"},
      {"/claims/0/ratio", R"("7.48")"},
      {"/totals/activities/user/running_ns", "null"},
      {"/totals/activities/user/running_ns", "-1"},
      {"/totals/counters/migrations", R"("none")"},
      {"/processes/0/tasks/0/leader", "1"},
      {"/processes/0/origin", R"("magic")"},
      {"/histograms/run_queue/buckets/0/count", "null"},
      {"/histograms/zombie", "3"},
      {"/records/gaps/0/why", R"("bad luck")"},
      {"/records/unknown_ns", "null"},
      {"/records/integrity/breaks/0/cpu", "null"},
  };
  for (const auto& [pointer, value] : faults) {
    json bad = good;
    bad.at(json::json_pointer(pointer)) = json::parse(value);
    EXPECT_NE(complaints(bad), "") << pointer << " = " << value;
  }
}

TEST(JsonSchema, AllowsAdditions) {
  json later = parsed(full_report());
  later["novelty"] = 1;
  later["totals"]["counters"]["novelties"] = 2;
  EXPECT_EQ(test::schema_complaints(json_schema(), later, test::Additions::allowed), "");
  EXPECT_NE(complaints(later), "");
}

// Checks that every field has a description, and that every field in ns or bytes has a unit.
void expect_meanings(const json& schema, const std::string& name) {
  const json properties = schema.value("properties", json::object());
  for (const auto& [key, property] : properties.items()) {
    EXPECT_NE(property.value("description", ""), "") << name << ": " << key;
    const json type = property.value("type", json());
    if (key.ends_with("_ns") && type != "object" && type != "array") {
      EXPECT_EQ(property.value("unit", ""), "ns") << name << ": " << key;
    }
    expect_meanings(property, name + "/" + key);
  }
  const json definitions = schema.value("definitions", json::object());
  for (const auto& [key, definition] : definitions.items()) {
    expect_meanings(definition, key);
  }
}

TEST(JsonSchema, ReportsTheMeaningOfEachField) {
  for (const std::string& schema :
       {json_schema(), difference_schema(), comparison_schema(), estimate_schema(), audit_schema(), checkup_schema()}) {
    const json document = json::parse(schema);
    expect_meanings(document, document["title"]);
  }
}

}  // namespace
}  // namespace taskcost
