// SPDX-License-Identifier: Apache-2.0
#include "symbols/jit_processes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "symbols/file_times.h"

namespace taskcost::test {
namespace {

// This process as one that compiles code; each test finds no map, and leaves none.
class JitMap : public ::testing::Test {
 protected:
  JitMap() { number_ = jit_.find(static_cast<std::uint32_t>(getpid()), roots_); }
  ~JitMap() override { std::filesystem::remove(path_); }
  JitMap(const JitMap&) = delete;
  JitMap& operator=(const JitMap&) = delete;

  [[nodiscard]] bool opens() const { return static_cast<bool>(jit_.open_map(number_)); }
  void write() const { std::ofstream(path_) << "1000 10 bake\n"; }

  const std::string path_ = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  ProcessRoots roots_;
  JitProcesses jit_;
  std::uint32_t number_ = 0;
};

TEST_F(JitMap, OfALivingProcessIsFound) {
  EXPECT_NE(number_, 0U);
  EXPECT_FALSE(opens());
  write();
  EXPECT_TRUE(opens());
  EXPECT_EQ(jit_.find(static_cast<std::uint32_t>(getpid()), roots_), number_);
}

TEST_F(JitMap, OfAnEarlierProcessIsNone) {
  write();
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), old, 0), 0);
  EXPECT_FALSE(opens());
}

// It was written by the program that the process ran before.
TEST_F(JitMap, OfAnEarlierProgramIsNone) {
  write();
  const auto pid = static_cast<std::uint32_t>(getpid());
  jit_.forget(pid, static_cast<std::uint64_t>(read_clock_ns(CLOCK_MONOTONIC)) + 1'000'000'000);
  const std::uint32_t second = jit_.find(pid, roots_);
  EXPECT_NE(second, number_);
  EXPECT_FALSE(jit_.open_map(second));
  EXPECT_FALSE(opens()) << "it could be of the second one";
}

// The links lead to a file that could have the names of another program.
TEST_F(JitMap, ThatIsALinkIsNone) {
  const std::string other = path_ + ".other";
  std::ofstream(other) << "1000 10 bake\n";
  std::filesystem::create_symlink(other, path_);
  EXPECT_FALSE(opens());
  std::filesystem::remove(path_);
  std::filesystem::create_hard_link(other, path_);
  EXPECT_FALSE(opens());
  std::filesystem::remove(other);
  EXPECT_TRUE(opens()) << "it has one name again";
}

TEST_F(JitMap, ThatIsNoFileIsNone) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(opens());
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(opens());
}

TEST_F(JitMap, OfAnotherUserIsNone) {
  write();
  if (chown(path_.c_str(), geteuid() + 1, getegid()) != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_FALSE(opens());
}

TEST(JitProcesses, ThatHaveEndedHaveNoNumber) {
  ProcessRoots roots;
  JitProcesses jit;
  EXPECT_EQ(jit.find(0x7fffffff, roots), 0U);
  EXPECT_FALSE(jit.open_map(0));
  EXPECT_FALSE(jit.open_map(1));
}

TEST(JitProcesses, CodeWithoutAFile) {
  for (const char* path :
       {"//anon", "/memfd:doublemapper (deleted)", "/dev/zero (deleted)", "/anon_hugepage (deleted)"}) {
    EXPECT_TRUE(may_be_compiled(path)) << path;
  }
  for (const char* path : {"/usr/bin/node", "[vdso]", "", "/dev/zeros/tool"}) {
    EXPECT_EQ(may_be_compiled(path), std::string(path) == "/dev/zeros/tool") << path;
  }
}

}  // namespace
}  // namespace taskcost::test
