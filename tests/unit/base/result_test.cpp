// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

namespace taskcost {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Error{"cannot halve 3", "it is odd", ""};
  }
  return number / 2;
}

TEST(Result, IsAValueOrAnError) {
  const Result<int> good = half(4);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 2);
  const Result<int> bad = half(3);
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().why, "it is odd");
}

TEST(Error, IsOneLine) {
  EXPECT_EQ(to_line({"cannot open log", "no space", "free some"}), "cannot open log: no space (free some)");
  EXPECT_EQ(to_line({"cannot open log", "no space", ""}), "cannot open log: no space");
  EXPECT_EQ(to_line({"no command", "", "see --help"}), "no command (see --help)");
  EXPECT_EQ(to_line({"no command", "", ""}), "no command");
}

TEST(Error, StaysOnOneLineWhateverTheCauseSays) {
  EXPECT_EQ(to_line({"cannot load", "first\nsecond\r", ""}), "cannot load: first second ");
}

}  // namespace
}  // namespace taskcost
