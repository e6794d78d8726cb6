// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "account/region_table.h"
#include "support/hostile_names.h"
#include "support/marked_regions.h"

namespace taskcost {
namespace {

using test::region_key;
using test::regions_of;

TEST(RegionTable, AddsUpRegionsOfOneProgramAndName) {
  RegionTable table;
  table.add(region_key("server", "parse"), regions_of({1'000, 3'000}));
  table.add(region_key("server", "parse"), regions_of({2'000}));
  table.add(region_key("server", "reply"), regions_of({100'000}));
  table.add(region_key("client", "parse"), regions_of({50}));
  const auto rows = table.take();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "reply");
  EXPECT_EQ(rows[1].program, "server");
  EXPECT_EQ(rows[1].name, "parse");
  EXPECT_EQ(rows[1].count, 3U);
  EXPECT_EQ(rows[1].total, Duration(6'000));
  EXPECT_EQ(rows[1].parts.total(), Duration(6'000));
  EXPECT_EQ(rows[1].shortest, Duration(1'000));
  EXPECT_EQ(rows[1].longest, Duration(3'000));
  EXPECT_NEAR(static_cast<double>(rows[1].p50.value().count()), 2'000, 2'000 / 8);
  EXPECT_EQ(rows[2].program, "client");
}

TEST(RegionTable, RegionsThatDidNotEndHaveNoTimesOfTheOthers) {
  tc_region_sums sums{};
  sums.not_ended = 2;
  sums.not_ended_ns = 30;
  sums.open = 1;
  sums.open_ns = 7;
  sums.stray_ends = 3;
  sums.too_deep = 4;
  RegionTable table;
  table.add(region_key("server", "parse"), sums);
  table.add(region_key("server", "parse"), sums);
  const auto rows = table.take();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 0U);
  EXPECT_EQ(rows[0].total, Duration());
  EXPECT_FALSE(rows[0].p50 || rows[0].p99 || rows[0].shortest || rows[0].longest);
  EXPECT_EQ(rows[0].not_ended, 4U);
  EXPECT_EQ(rows[0].not_ended_time, Duration(60));
  EXPECT_EQ(rows[0].open, 2U);
  EXPECT_EQ(rows[0].open_time, Duration(14));
  EXPECT_EQ(rows[0].stray_ends, 6U);
  EXPECT_EQ(rows[0].too_deep, 8U);
}

// A wait before the region was shortened in the region.
TEST(RegionTable, APartIsNeverNegative) {
  tc_region_sums sums = regions_of({1'000});
  sums.parts.blocked_ns[TC_WAIT_PIPE] = static_cast<std::uint64_t>(-50);
  RegionTable table;
  table.add(region_key("server", "parse"), sums);
  EXPECT_EQ(table.take().at(0).parts.blocked[TC_WAIT_PIPE], Duration());
}

TEST(RegionTable, NamesAreKeptAsTheyAre) {
  for (const std::string& name : test::hostile_names) {
    const std::string cut = name.substr(0, TC_REGION_NAME_LEN - 1).c_str();
    RegionTable table;
    table.add(region_key("server", name), regions_of({1}));
    EXPECT_EQ(table.take().at(0).name, cut);
  }
}

}  // namespace
}  // namespace taskcost
