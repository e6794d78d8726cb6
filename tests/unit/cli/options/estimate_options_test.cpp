// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/parsed_options.h"

namespace taskcost {
namespace {

using ::testing::HasSubstr;

EstimateCommand parsed_estimate(const std::vector<std::string>& arguments) {
  return test::parsed_as<EstimateCommand>(test::after("estimate", arguments));
}

std::string refused_estimate(const std::vector<std::string>& arguments) {
  return test::refusal_of(test::after("estimate", arguments));
}

TEST(EstimateOptions, AReportAndItsPrices) {
  const EstimateCommand plain = parsed_estimate({"r.json"});
  EXPECT_EQ(plain.report, "r.json");
  EXPECT_FALSE(plain.prices || plain.as || plain.verbose || plain.quiet || plain.color);
  EXPECT_EQ(plain.format, OutputFormat::text);

  const EstimateCommand full = parsed_estimate({"--prices", "v.json", "r.json", "--as", "processes", "-o", "e.json",
                                                "-o", "e.txt", "--format", "none", "-v", "-q", "--no-color"});
  EXPECT_EQ(full.prices, "v.json");
  EXPECT_EQ(full.as, "processes");
  EXPECT_EQ(full.outputs.size(), 2);
  EXPECT_FALSE(full.format);
  EXPECT_TRUE(full.verbose && full.quiet);
  EXPECT_EQ(full.color, false);
  EXPECT_EQ(parsed_estimate({"--", "--odd"}).report, "--odd");
}

TEST(EstimateOptions, Misuse) {
  EXPECT_THAT(refused_estimate({}), HasSubstr("not one report"));
  EXPECT_THAT(refused_estimate({""}), HasSubstr("not one report"));
  EXPECT_THAT(refused_estimate({"a", "b"}), HasSubstr("not one report"));
  EXPECT_THAT(refused_estimate({"a", "--as", "fibers"}), HasSubstr("'fibers'"));
  EXPECT_THAT(refused_estimate({"a", "--price", "b"}), HasSubstr("'--prices'"));
  EXPECT_THAT(refused_estimate({"a", "-o", "e.html"}), HasSubstr(".json or .txt"));
  EXPECT_THAT(refused_estimate({"a", "--format", "csv"}), HasSubstr("'csv'"));
  EXPECT_THAT(refused_estimate({"-", "--prices", "-"}), HasSubstr("standard input"));
}

TEST(EstimateOptions, ItsSchemaNeedsNoReport) {
  const auto options = parse_options({"estimate", "--json-schema"});
  ASSERT_TRUE(options);
  const auto* const request = std::get_if<PrintSchema>(&*options);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->name, "estimate");
}

}  // namespace
}  // namespace taskcost
