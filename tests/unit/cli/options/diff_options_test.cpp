// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/parsed_options.h"

namespace taskcost {
namespace {

using ::testing::HasSubstr;

DiffCommand parsed(const std::vector<std::string>& arguments) {
  return test::parsed_as<DiffCommand>(test::after("diff", arguments));
}

std::string refused_diff(const std::vector<std::string>& arguments) {
  return test::refusal_of(test::after("diff", arguments));
}

TEST(DiffOptions, TwoReportsAndALimit) {
  const DiffCommand plain = parsed({"a.json", "b.json"});
  EXPECT_EQ(plain.a, "a.json");
  EXPECT_EQ(plain.b, "b.json");
  EXPECT_EQ(plain.format, OutputFormat::text);
  EXPECT_FALSE(plain.fail_above || plain.verbose || plain.color);

  const DiffCommand full =
      parsed({"--fail-above", "2.5", "-v", "--no-color", "--format", "json", "a", "-o", "d.json", "-o", "d.txt", "b"});
  EXPECT_EQ(full.fail_above, 2.5);
  EXPECT_EQ(full.color, false);
  EXPECT_TRUE(full.verbose);
  EXPECT_EQ(full.format, OutputFormat::json);
  EXPECT_EQ(full.outputs.size(), 2);
  EXPECT_EQ(full.b, "b");
  EXPECT_EQ(parsed({"a", "b", "--fail-above=0"}).fail_above, 0);
  EXPECT_EQ(parsed({"a", "--", "--odd"}).b, "--odd");
  EXPECT_EQ(parsed({"-", "b"}).a, "-");
}

TEST(DiffOptions, Misuse) {
  EXPECT_THAT(refused_diff({}), HasSubstr("not two reports"));
  EXPECT_THAT(refused_diff({"a"}), HasSubstr("not two reports"));
  EXPECT_THAT(refused_diff({"a", "b", "c"}), HasSubstr("not two reports"));
  EXPECT_THAT(refused_diff({"", "b"}), HasSubstr("not two reports"));
  EXPECT_THAT(refused_diff({"-", "-"}), HasSubstr("standard input"));
  EXPECT_THAT(refused_diff({"a", "b", "--fail-abov", "3"}), HasSubstr("'--fail-above'"));
  for (const char* limit : {"x", "", "nan", "inf", "10%", "-1", "-0.5", "1e7"}) {
    EXPECT_THAT(refused_diff({"a", "b", std::string("--fail-above=") + limit}), HasSubstr("--fail-above")) << limit;
  }
  EXPECT_THAT(refused_diff({"a", "b", "--fail-above", "-1"}), HasSubstr("--fail-above"));
  EXPECT_THAT(refused_diff({"a", "b", "--fail-above"}), HasSubstr("value is missing"));
  EXPECT_THAT(refused_diff({"a", "b", "-o", "d.pftrace"}), HasSubstr(".html, .json, .txt or .folded"));
  EXPECT_THAT(refused_diff({"a", "b", "--format", "csv"}), HasSubstr("'csv'"));
}

TEST(DiffOptions, ItsSchemaNeedsNoReports) {
  const auto options = parse_options({"diff", "--json-schema"});
  ASSERT_TRUE(options);
  const auto* const request = std::get_if<PrintSchema>(&*options);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->name, "diff");
}

}  // namespace
}  // namespace taskcost
