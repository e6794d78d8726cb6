// SPDX-License-Identifier: Apache-2.0
#include "symbols/perf_map.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace taskcost::test {
namespace {

TEST(PerfMap, FindsTheCodeThatCoversAnAddress) {
  const PerfMap map = PerfMap::parse(
      "7f0000001000 20 LazyCompile:*bake /srv/oven.js:12\n"
      "7f0000001020 10 py::knead:/srv/oven.py\n"
      "7F0000003000 8 last;one\n");
  EXPECT_EQ(map.find(0x7f0000000fff), "");
  EXPECT_EQ(map.find(0x7f0000001000), "LazyCompile:*bake /srv/oven.js:12");
  EXPECT_EQ(map.find(0x7f000000101f), "LazyCompile:*bake /srv/oven.js:12");
  EXPECT_EQ(map.find(0x7f0000001020), "py::knead:/srv/oven.py");
  EXPECT_EQ(map.find(0x7f0000001030), "");
  EXPECT_EQ(map.find(0x7f0000003007), "last;one");
  EXPECT_EQ(map.find(0x7f0000003008), "");
  EXPECT_EQ(map.find(~0ULL), "");
}

// Compilers use memory again, and append.
TEST(PerfMap, TheLaterEntryIsRightWhereTwoOverlap) {
  const PerfMap map =
      PerfMap::parse("1000 1000 first\n1800 100 inside\n1080 80 second\n1f00 200 behind\n1800 10 newest\n");
  EXPECT_EQ(map.find(0x1000), "first");
  EXPECT_EQ(map.find(0x1080), "second");
  EXPECT_EQ(map.find(0x10ff), "second");
  EXPECT_EQ(map.find(0x1100), "first");
  EXPECT_EQ(map.find(0x1800), "newest");
  EXPECT_EQ(map.find(0x1810), "inside");
  EXPECT_EQ(map.find(0x1900), "first");
  EXPECT_EQ(map.find(0x1f00), "behind");
  EXPECT_EQ(map.find(0x20ff), "behind");
  EXPECT_EQ(map.find(0x2100), "");
}

TEST(PerfMap, WhatIsNoEntryIsPassedOver) {
  for (const char* text : {"", "\n\n", "1000", "1000 10\n", "1000 10 \n", "x 10 name\n", "1000 x name\n",
                           "1000 0 name\n", "-1000 10 name\n", "10000000000000000 10 name\n",
                           "fffffffffffffff0 20 name\n", "1000 10 half-written", "0x1000 10 name\n"}) {
    const PerfMap map = PerfMap::parse(text);
    EXPECT_TRUE(map.empty()) << text;
    EXPECT_EQ(map.find(0x1000), "") << text;
  }
  EXPECT_EQ(PerfMap::parse("nonsense\n1000 10 name\n1000 10 half").find(0x1000), "name");
  EXPECT_EQ(PerfMap::parse("1000 10 " + std::string(100'000, 'x') + "\n").find(0x1000).size(), PerfMap::max_name);
}

// Each entry lies inside all the former ones, and the text has more entries than are taken.
TEST(PerfMap, NestedEntriesTakeNoTime) {
  constexpr unsigned more = 1'200'000;
  static_assert(more > PerfMap::max_entries);
  std::string text;
  for (unsigned i = 0; i < more; ++i) {
    text += "1" + std::to_string(1'000'000'0 + i) + " 7fffffffffff n" + std::to_string(i) + "\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const PerfMap map = PerfMap::parse(std::move(text));
  EXPECT_EQ(map.find(0x7ffffff00000), "n1199999");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(1)) << "and not hours";
}

}  // namespace
}  // namespace taskcost::test
