// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapped_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/read_text.h"
#include "support/elf_file.h"
#include "symbols/elf_symbols.h"
#include "symbols/file_times.h"

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

void identify(MappedFiles& files, Mapping& mapping, std::uint32_t pid = static_cast<std::uint32_t>(getpid())) {
  files.identify(pid, mapping, static_cast<std::uint64_t>(read_clock_ns(CLOCK_MONOTONIC)));
}

TEST(MappedFiles, HaveTheBuildIdOfALivingProcess) {
  if (!may_look()) {
    GTEST_SKIP() << "needs root";
  }
  Mapping mapping = own_code();
  const std::string path = mapping.path;
  MappedFiles files;
  identify(files, mapping);
  EXPECT_EQ(mapping.build_id, ElfSymbols::read(RegularFile(path), path, {})->build_id());
}

// Any file may be unlinked before the report.
TEST(MappedFiles, AreKeptOpen) {
  if (!may_look()) {
    GTEST_SKIP() << "needs root";
  }
  MappedFiles files;
  if (!ProcessRoots().is_on_our_root(Fd(open("/proc/self/exe", O_PATH | O_CLOEXEC)).get())) {
    GTEST_SKIP() << "this program is on another mount than the root";
  }
  Mapping mapping = own_code();
  mapping.path = "/elsewhere";
  identify(files, mapping);
  const KeptFile kept = files.find(mapping);
  ASSERT_TRUE(kept.file);
  EXPECT_EQ(kept.file.status().st_ino, mapping.inode);
  EXPECT_FALSE(kept.root) << "it is ours";
  mapping.path = "/other";
  EXPECT_FALSE(files.find(mapping).file);
}

TEST(MappedFiles, AMappingOfAnotherFileIsNotTaken) {
  Mapping mapping = own_code();
  mapping.path = "/elsewhere";
  mapping.inode += 1;
  MappedFiles files;
  identify(files, mapping);
  EXPECT_FALSE(files.find(mapping).file) << "the pid has another process now";
  mapping.inode = 0;
  mapping.build_id = "0123";
  identify(files, mapping);
  EXPECT_FALSE(files.find(mapping).file);
}

// The program ended before it was looked at. Its parent has the same root.
TEST(MappedFiles, OfAnEndedProcessAreFoundByItsParent) {
  if (!may_look() || !ProcessRoots().is_on_our_root(Fd(open("/proc/self/exe", O_PATH | O_CLOEXEC)).get())) {
    GTEST_SKIP() << "needs root, and this program on the mount of the root";
  }
  const pid_t ended = fork();
  if (ended == 0) {
    _exit(0);
  }
  ASSERT_EQ(waitpid(ended, nullptr, 0), ended);
  const auto pid = static_cast<std::uint32_t>(ended);
  MappedFiles files;
  Mapping mapping = own_code();
  identify(files, mapping, pid);
  EXPECT_FALSE(files.find(mapping).file) << "no parent is known";
  files.on_fork(pid, pid + 1, 1);  // and a grandparent
  files.on_fork(static_cast<std::uint32_t>(getpid()), pid, 1);
  identify(files, mapping, pid + 1);
  EXPECT_TRUE(files.find(mapping).file);
  EXPECT_NE(mapping.build_id, "");

  Mapping other = own_code();
  other.inode += 1;
  identify(files, other, pid);
  EXPECT_FALSE(files.find(other).file) << "another file has the path";
}

TEST(MappedFiles, ThatAreNotKeptAreCounted) {
  if (!may_look()) {
    GTEST_SKIP() << "needs root";
  }
  MappedFiles files;
  const Folder folder;
  const std::uint64_t wanted = files.sums().limit + 2;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    const std::string path = folder.take("pie", std::to_string(i));
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    void* at = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
    ASSERT_NE(at, MAP_FAILED);
    std::filesystem::remove(path);
    std::vector<Mapping> mappings = parse_maps(read_text("/proc/self/maps"));
    const auto mapping = std::ranges::find(mappings, reinterpret_cast<std::uint64_t>(at), &Mapping::start);
    ASSERT_NE(mapping, mappings.end());
    identify(files, *mapping);
    EXPECT_EQ(static_cast<bool>(files.find(*mapping).file), i < files.sums().limit);
    munmap(at, 4096);
  }
  EXPECT_EQ(files.sums().kept, files.sums().limit);
  EXPECT_EQ(files.sums().not_kept, 2U);
}

TEST(MappedFiles, WhatIsNoFileHasNone) {
  MappedFiles files;
  for (const char* path : {"[vdso]", "//anon", ""}) {
    Mapping mapping;
    mapping.path = path;
    identify(files, mapping);
    EXPECT_EQ(mapping.build_id, "");
    EXPECT_FALSE(files.find(mapping).file);
  }
}

}  // namespace
}  // namespace taskcost::test
