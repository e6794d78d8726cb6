// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_map.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace taskcost {
namespace {

using Map = BoundedMap<int, std::string>;

std::optional<int> key_in(const Map::Found& found) { return found ? std::optional(*found.key) : std::nullopt; }

TEST(BoundedMap, ForgetsTheOldest) {
  Map map(2);
  map.refresh(1) = "one";
  map.refresh(2) = "two";
  map.refresh(3) = "three";
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(*map.find(2), "two");
}

TEST(BoundedMap, KeepsWhatIsStillInUse) {
  Map map(2);
  map.refresh(1) = "one";
  map.refresh(2) = "two";
  EXPECT_EQ(map.refresh(1), "one");
  map.refresh(3) = "three";
  EXPECT_EQ(map.find(2), nullptr);
  EXPECT_EQ(*map.find(1), "one");
}

TEST(BoundedMap, FindsNeighbors) {
  Map map(9);
  map.refresh(20) = "twenty";
  map.refresh(10) = "ten";
  EXPECT_EQ(key_in(map.first_not_below(11)), 20);
  EXPECT_EQ(key_in(map.first_not_below(20)), 20);
  EXPECT_FALSE(map.first_not_below(21));
  EXPECT_EQ(key_in(map.last_not_above(20)), 20);
  EXPECT_EQ(key_in(map.last_not_above(19)), 10);
  EXPECT_FALSE(map.last_not_above(9));
  EXPECT_EQ(key_in(map.last_below(20)), 10);
  EXPECT_FALSE(map.last_below(10));
}

TEST(BoundedMap, ErasedEntriesCountNoLonger) {
  Map map(2);
  map.refresh(1) = "one";
  map.refresh(2) = "two";
  map.erase(1);
  map.erase(1);
  map.refresh(3) = "three";
  EXPECT_EQ(*map.find(2), "two");
  EXPECT_EQ(*map.find(3), "three");
}

}  // namespace
}  // namespace taskcost
