// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapped_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/read_text.h"
#include "support/elf_file.h"
#include "symbols/elf_symbols.h"

namespace taskcost::test {
namespace {

// Returns the mapping of this program's own code, from /proc/self/maps.
Mapping own_code() {
  const std::vector<Mapping> mappings = parse_maps(read_text("/proc/self/maps"));
  const std::string path = std::filesystem::read_symlink("/proc/self/exe");
  const auto own = std::ranges::find(mappings, path, &Mapping::path);
  EXPECT_NE(own, mappings.end());
  return own == mappings.end() ? Mapping{} : *own;
}

bool may_look() { return access("/proc/self/map_files", R_OK | X_OK) == 0 && geteuid() == 0; }

TEST(MappedFiles, HaveTheBuildIdOfALivingProcess) {
  if (!may_look()) {
    GTEST_SKIP() << "needs root";
  }
  Mapping mapping = own_code();
  const std::string path = mapping.path;
  MappedFiles files;
  files.identify(static_cast<std::uint32_t>(getpid()), mapping);
  EXPECT_EQ(mapping.build_id, ElfSymbols::read(RegularFile(path), path, {})->build_id());
  EXPECT_FALSE(files.open(mapping)) << "its path leads there";
}

TEST(MappedFiles, KeepWhatNoPathLeadsTo) {
  if (!may_look()) {
    GTEST_SKIP() << "needs root";
  }
  Mapping mapping = own_code();
  mapping.path = "/elsewhere/in/another/namespace";
  MappedFiles files;
  files.identify(static_cast<std::uint32_t>(getpid()), mapping);
  const RegularFile kept = files.open(mapping);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept.status().st_ino, mapping.inode);
  mapping.path = "/other";
  EXPECT_FALSE(files.open(mapping));
}

TEST(MappedFiles, AMappingOfAnotherFileIsNotTaken) {
  Mapping mapping = own_code();
  mapping.path = "/elsewhere";
  mapping.inode += 1;
  MappedFiles files;
  files.identify(static_cast<std::uint32_t>(getpid()), mapping);
  EXPECT_FALSE(files.open(mapping)) << "the pid has another process now";
  mapping.inode = 0;
  mapping.build_id = "0123";
  files.identify(static_cast<std::uint32_t>(getpid()), mapping);
  EXPECT_FALSE(files.open(mapping));
}

TEST(MappedFiles, WhatIsNoFileHasNone) {
  MappedFiles files;
  for (const char* path : {"[vdso]", "//anon", ""}) {
    Mapping mapping;
    mapping.path = path;
    files.identify(static_cast<std::uint32_t>(getpid()), mapping);
    EXPECT_EQ(mapping.build_id, "");
    EXPECT_FALSE(files.open(mapping));
  }
}

}  // namespace
}  // namespace taskcost::test
