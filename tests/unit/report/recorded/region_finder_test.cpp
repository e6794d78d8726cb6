// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/recorded/region_finder.h"
#include "support/marked_regions.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::region_record;
using testing::HasSubstr;

Result<FoundRegions> find(const RegionFilter& filter, const std::vector<tc_region>& regions, TraceSpan span = {}) {
  RegionFinder finder(filter, span);
  for (const tc_region& region : regions) {
    finder.on(region);
  }
  Process process;
  Task& task = process.tasks.emplace_back();
  task.id = 1;
  task.tid = 1001;
  task.comm = "server";
  return finder.take({process}, [](std::uint64_t ledger) { return ledger == 5 ? 1 : 0; });
}

TEST(RegionFinder, TheLongestComesFirstWithItsTask) {
  const auto found = find({"parse"}, {region_record(5, "parse", 100, 200), region_record(6, "parse", 100, 600),
                                      region_record(5, "reply", 0, 9000)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 2U);
  EXPECT_EQ(found->longest, 500ns);
  ASSERT_EQ(found->regions.size(), 2U);
  EXPECT_EQ(found->regions[0].time, 500ns);
  EXPECT_EQ(found->regions[0].tid, 0U) << "its task is not kept";
  EXPECT_EQ(found->regions[1].tid, 1001U);
  EXPECT_EQ(found->regions[1].comm, "server");
  EXPECT_EQ(found->regions[1].start, instant(100));
  EXPECT_EQ(found->regions[1].wait, TC_WAIT_PIPE);
}

TEST(RegionFinder, KeepsTheLongestOfMany) {
  std::vector<tc_region> many;
  constexpr std::uint64_t count = RegionFinder::most_regions + 50;
  for (std::uint64_t i = 0; i < count; ++i) {
    many.push_back(region_record(5, "r", 0, 1 + i * 7919 % count));
  }
  const auto found = find({"*"}, many);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, count);
  ASSERT_EQ(found->regions.size(), RegionFinder::most_regions);
  for (std::size_t i = 0; i < found->regions.size(); ++i) {
    EXPECT_EQ(found->regions[i].time, nanoseconds(count - i));
  }
}

TEST(RegionFinder, LongerThanALimit) {
  const std::vector regions{region_record(5, "parse", 0, 100), region_record(5, "parse", 0, 101)};
  const auto found = find({"p*", 100ns}, regions);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 1U);
  EXPECT_EQ(found->regions.at(0).time, 101ns);
  const auto none = find({"p*", 1s}, regions);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->count, 0U);
  EXPECT_EQ(none->longest, 101ns);
}

TEST(RegionFinder, OfAPartEndInIt) {
  const std::vector regions{region_record(5, "parse", 0, 100), region_record(5, "parse", 50, 300)};
  const auto found = find({"parse"}, regions, {150, 301});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 1U);
}

TEST(RegionFinder, AnUnknownNameIsAnErrorThatNamesOthers) {
  const auto found = find({"purse"}, {region_record(5, "parse", 0, 100)});
  ASSERT_FALSE(found);
  EXPECT_THAT(to_line(found.error()), HasSubstr("no region 'purse'"));
  EXPECT_THAT(to_line(found.error()), HasSubstr("name one of 'parse'"));
  EXPECT_THAT(to_line(find({"*"}, {}).error()), HasSubstr("no marked region has ended"));
}

}  // namespace
}  // namespace taskcost
