// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/glob.h"

#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t comm_size = 16;

bool matches(std::string_view pattern, std::string_view name) {
  const auto glob = compile_glob(pattern);
  EXPECT_TRUE(glob) << pattern;
  std::array<char, comm_size> comm{};
  std::memcpy(comm.data(), name.data(), std::min(name.size(), comm_size - 1));
  return glob && tc_glob_matches(&*glob, comm.data(), comm_size) != 0;
}

// fnmatch() of the C library is an independent reference.
TEST(Glob, AgreesWithFnmatch) {
  for (const char* pattern : {"postgres", "postgres*", "*gres", "*st*r*", "p?st*", "[pq]ost*", "[!p]*", "[a-m]*", "*",
                              "**", "?", "kworker/*", "*/0:1*", "a*b*c", "\\*x", "[]]x", "[^a]b", "*[0-9]"}) {
    for (const char* name : {"postgres", "postgresql", "ostgres", "p", "", "kworker/0:1", "kworker/0:1H", "abc",
                             "aXbYc", "ab", "*x", "x", "]x", "zb", "q", "worker9", "fifteen-letters"}) {
      EXPECT_EQ(matches(pattern, name), fnmatch(pattern, name, 0) == 0) << pattern << " on " << name;
    }
  }
}

TEST(Glob, BytesAreBytes) {
  EXPECT_TRUE(matches("\xff*", "\xff\xfe"));
  EXPECT_FALSE(matches("\xff", "\xfe"));
  EXPECT_TRUE(matches("?", "\xff"));
}

TEST(Glob, RefusesWhatIsNoPattern) {
  EXPECT_THAT(compile_glob("").error().why, HasSubstr("empty"));
  EXPECT_THAT(compile_glob("[abc").error().why, HasSubstr("no ']'"));
  EXPECT_THAT(compile_glob(std::string(40, 'x')).error().why, HasSubstr("too long"));
}

TEST(Glob, StarsTakeNoRoom) { EXPECT_TRUE(matches(std::string(40, '*'), "anything")); }

}  // namespace
}  // namespace taskcost::test
