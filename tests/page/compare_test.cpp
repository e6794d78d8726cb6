// SPDX-License-Identifier: Apache-2.0
//
// The page of compared commands in a browser, made from synthetic runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "report/render.h"
#include "support/browser.h"
#include "support/fixture_runs.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string comparison_page(const Comparison& comparison) {
  std::ostringstream out;
  render_comparison_html(comparison, out);
  return out.str();
}

Comparison two_bakers() {
  return compare_runs(experiment_of({{10ms, 1ms, 300, 2ms}, {10ms, 4ms, 1200, 2ms, 3ms}}, 16));
}

TEST(ComparePage, NothingIsCut) {
  for (const int width : {1280, 400}) {
    const SeenPage seen = render_page(comparison_page(two_bakers()), width);
    expect_well_rendered(seen);
    EXPECT_EQ(seen.facts.at("width"), width);
  }
}

TEST(ComparePage, ThePicturesAreThere) {
  const SeenPage seen = render_page(comparison_page(two_bakers()), 1280, Scheme::light, "compare.pictures");
  EXPECT_EQ(seen.facts.at("answer"), (nlohmann::json{1, 1, 1, 1}));
}

TEST(ComparePage, TheNumbersAreThoseOfTheJson) {
  const Comparison comparison = two_bakers();
  const SeenPage seen = render_page(comparison_page(comparison), 1280);
  const auto& parts = comparison.pairs.front().cpu_time->parts;
  const auto row = seen.row("CPU time: where B differs from A", "baker: page faults");
  ASSERT_FALSE(row.empty());
  const auto faults =
      std::ranges::find(parts, std::string("page_fault"), [](const auto& part) { return part.name.key; });
  ASSERT_NE(faults, parts.end());
  EXPECT_EQ(row[3].at("value").get<double>(), faults->figures.difference);
}

TEST(ComparePage, OneCommand) {
  const SeenPage seen = render_page(comparison_page(compare_runs(experiment_of({{10ms, 1ms, 300, 2ms}}, 8))), 1280);
  expect_well_rendered(seen);
  EXPECT_FALSE(seen.rows("Counts").empty());
  EXPECT_THAT(seen.facts.at("contents"), ::testing::Contains("Where the CPU time goes"));
}

}  // namespace
}  // namespace taskcost::test
