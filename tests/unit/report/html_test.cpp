// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/figures_of.h"
#include "support/fixture_crowd.h"
#include "support/fixture_stacks.h"
#include "support/rendered.h"
#include "support/report_builder.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The data for the page's script.
std::string data_in(const std::string& html, const std::string& id = "report") {
  const std::string begin = "<script id=\"" + id + "\" type=\"application/json\">\n";
  const std::size_t from = html.find(begin) + begin.size();
  return html.substr(from, html.find("</script>", from) - from);
}

TEST(Html, HoldsTheJsonReport) {
  const Report report = full_report();
  EXPECT_EQ(nlohmann::json::parse(data_in(html_of(report))), nlohmann::json::parse(json_of(report)));
}

TEST(Html, HoldsEachFrameOfTheStacksOnce) {
  const Report report = report_with_stacks();
  const std::string html = html_of(report);
  const auto data = nlohmann::json::parse(data_in(html, "stacks"));
  const auto expected = nlohmann::json::parse(json_of(report))["stacks"]["stacks"];
  const auto& frames = data["frames"];
  EXPECT_EQ(std::set<nlohmann::json>(frames.begin(), frames.end()).size(), frames.size());
  ASSERT_EQ(data["stacks"].size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& stack = data["stacks"][i];
    for (const char* key : {"kind", "wait", "cut", "count", "time_ns", "runnable_ns"}) {
      EXPECT_EQ(stack[key], expected[i][key]) << key;
    }
    ASSERT_EQ(stack["frames"].size(), expected[i]["frames"].size());
    for (std::size_t at = 0; at < stack["frames"].size(); ++at) {
      EXPECT_EQ(frames[stack["frames"][at].get<std::size_t>()], expected[i]["frames"][at]);
    }
  }
  EXPECT_TRUE(nlohmann::json::parse(data_in(html))["stacks"]["stacks"].empty());
}

TEST(Html, OfTwoReportsHoldsTheStacksOfBoth) {
  const Report a = report_with_stacks();
  Report b = a;
  b.stacks->stacks.resize(1);
  std::ostringstream page;
  render_difference_html(compared(a, b), &a, &b, page);
  const auto data = nlohmann::json::parse(data_in(page.str(), "stacks"));
  ASSERT_EQ(data["stacks"].size(), a.stacks->stacks.size() + 1);
  EXPECT_FALSE(data["stacks"].front().contains("is_b"));
  EXPECT_EQ(data["stacks"].back()["is_b"], true);
  EXPECT_EQ(data["stacks"].back()["frames"], data["stacks"].front()["frames"]) << "frames are those of both";
  EXPECT_EQ(nlohmann::json::parse(data_in(page.str()))["schema"], "taskcost.diff/2");
}

// Each stack has a function of its own.
TEST(Html, APageOfManyStacksStaysSmall) {
  Report report = report_with_stacks();
  for (int i = 0; i < 10'000; ++i) {
    std::vector<Frame> frames(8,
                              user_frame("a_function_of_the_bakery_with_a_long_name", "/usr/lib/bakery/libdough.so"));
    frames.push_back(user_frame("leaf_" + std::to_string(i)));
    report.stacks->stacks.push_back(waiting(2, TC_WAIT_FUTEX_PRIVATE, 1, 1us, frames));
  }
  EXPECT_LT(html_of(report).size(), json_of(report).size() / 3);
}

TEST(Html, NeedsNothingElse) {
  const std::string html = html_of(full_report());
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(html, HasSubstr("Chart.js"));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
}

// All of the JSON report would be 7 KB for each task.
TEST(Html, APageOfManyTasksStaysSmallAndSaysWhatItLacks) {
  const Report report = report_of_crowd(20'000);
  ASSERT_TRUE(report.timeline);
  EXPECT_EQ(report.timeline->rows.size() + report.timeline->lane_tasks + report.timeline->undrawn_tasks, 20'000U);
  const std::string html = html_of(report);
  EXPECT_LT(html.size(), 10'000'000U);
  EXPECT_THAT(html, HasSubstr("of 20000 tasks"));
  const auto data = nlohmann::json::parse(data_in(html));
  EXPECT_EQ(data["task_count"], 20'000);
  EXPECT_EQ(data["processes"].size(), report.timeline->rows.size());
}

}  // namespace
}  // namespace taskcost::test
