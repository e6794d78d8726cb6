// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/fixture_crowd.h"
#include "support/rendered.h"
#include "support/report_builder.h"
#include "verdict/report.h"

namespace taskcost::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The data for the page's script.
std::string data_in(const std::string& html) {
  const std::string begin = "<script id=\"report\" type=\"application/json\">\n";
  const std::size_t from = html.find(begin) + begin.size();
  return html.substr(from, html.find("</script>", from) - from);
}

TEST(Html, HoldsTheJsonReport) {
  const Report report = full_report();
  EXPECT_EQ(nlohmann::json::parse(data_in(html_of(report))), nlohmann::json::parse(json_of(report)));
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
