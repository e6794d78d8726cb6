// SPDX-License-Identifier: Apache-2.0
#include "symbols/needed_libraries.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "support/elf_file.h"

namespace taskcost::test {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> needed_by(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(file) << path;
  return needed_libraries(file.get());
}

TEST(NeededLibraries, AreThoseThatTheLinkerWrote) {
  EXPECT_THAT(needed_by(elf_path("pie")), Contains(StartsWith("libc.so")));
  EXPECT_THAT(needed_by(elf_path("walks_static")), IsEmpty());
}

TEST(NeededLibraries, AreNoneOfOtherFiles) {
  EXPECT_THAT(needed_by(elf_path("pie.nm")), IsEmpty());
  EXPECT_THAT(needed_by("/dev/null"), IsEmpty());
}

}  // namespace
}  // namespace taskcost::test
