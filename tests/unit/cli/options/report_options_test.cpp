// SPDX-License-Identifier: Apache-2.0
//
// The part of a capture that a report is made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/options.h"
#include "support/parsed_options.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::HasSubstr;

CapturePart part_of(std::vector<std::string> options) {
  options.insert(options.begin(), {"report", "a.tcap"});
  return test::parsed_as<ReportCommand>(options).part;
}

std::string refused_part(std::vector<std::string> options) {
  options.insert(options.begin(), {"report", "a.tcap"});
  return test::refusal_of(options);
}

TEST(ReportOptions, TimesAreSecondsOrHaveAUnit) {
  EXPECT_TRUE(part_of({}).is_whole());
  const std::vector<std::pair<std::string, Duration>> times{{"1.2", 1200ms}, {"1.2s", 1200ms},    {"340ms", 340ms},
                                                            {"20us", 20us},  {"20\u00b5s", 20us}, {"7ns", 7ns},
                                                            {"0", 0ns},      {"-2", -2s},         {"-1.5ms", -1500us}};
  for (const auto& [text, time] : times) {
    EXPECT_EQ(part_of({"--from=" + text}).from, time) << text;
    EXPECT_EQ(part_of({"--to", text}).to, time) << text;
  }
}

TEST(ReportOptions, ATimeThatIsNoneIsRefused) {
  for (const char* text : {"", "x", "1.2m", "ms", "1 s", "nan", "inf", "1e12"}) {
    EXPECT_THAT(refused_part({std::string("--from=") + text}), HasSubstr("--from")) << text;
  }
  EXPECT_THAT(refused_part({"--from", "2", "--to", "2"}), HasSubstr("the part is empty"));
  EXPECT_THAT(refused_part({"--from", "-1", "--to", "-2"}), HasSubstr("the part is empty"));
  EXPECT_FALSE(part_of({"--from", "2", "--to", "-2"}).is_whole()) << "the length of the capture decides";
}

TEST(ReportOptions, ProcessesAndNamesChooseTasks) {
  const CapturePart part = part_of({"--pid", "7,8", "--pid", "9", "--comm", "cc*"});
  EXPECT_THAT(part.pids, ElementsAre(7, 8, 9));
  EXPECT_EQ(part.comm, "cc*");
  EXPECT_THAT(refused_part({"--pid", "7,x"}), HasSubstr("--pid"));
}

TEST(ReportOptions, WhatAPartDoesNotHaveIsRefused) {
  EXPECT_THAT(refused_part({"--audit", "--from", "1"}), HasSubstr("--audit of a part"));
  EXPECT_THAT(refused_part({"-o", "a.folded", "--to", "1"}), HasSubstr("call stacks are sums over the whole capture"));
}

TEST(ReportOptions, RegionsAreChosenByNameAndTime) {
  const auto regions =
      test::parsed_as<ReportCommand>({"report", "--region", "parse*", "--longer-than", "10ms"}).regions;
  ASSERT_TRUE(regions);
  EXPECT_EQ(regions->name, "parse*");
  EXPECT_EQ(regions->longer_than, 10ms);
  EXPECT_FALSE(test::parsed_as<ReportCommand>({"report", "--region", "parse"}).regions->longer_than);
  EXPECT_FALSE(test::parsed_as<ReportCommand>({"report"}).regions);
}

TEST(ReportOptions, RegionsWithoutAMeaningAreRefused) {
  EXPECT_THAT(refused_part({"--longer-than", "1ms"}), HasSubstr("--longer-than without --region"));
  EXPECT_THAT(refused_part({"--region", "a", "--longer-than", "-1"}), HasSubstr("negative"));
  EXPECT_THAT(refused_part({"--region", "a", "--longer-than", "x"}), HasSubstr("--longer-than"));
  EXPECT_THAT(refused_part({"--region", "a", "--region", "b"}), HasSubstr("more than once"));
  EXPECT_THAT(refused_part({"--region", "a", "--audit"}), HasSubstr("--audit with --region"));
  EXPECT_THAT(refused_part({"--region", "a", "--pid", "7"}), HasSubstr("--region with --pid or --comm"));
}

}  // namespace
}  // namespace taskcost
