// SPDX-License-Identifier: Apache-2.0
//
// Tests which files the tool writes, and which it leaves alone because another user may have put them there.
#include "cli/caller/output_path.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/subprocess.h"

namespace taskcost {
namespace {

using test::read_file;
using test::write_file;
using ::testing::HasSubstr;

// Returns nullopt if it was written.
std::optional<Error> write_to(const std::string& path, const std::string& text = "new") {
  auto output = OutputPath::open(path, OutputPath::Access::write);
  if (!output) {
    return output.error();
  }
  if (auto status = output->clear(); !status) {
    return status.error();
  }
  EXPECT_EQ(write(output->fd(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  output->keep();
  return std::nullopt;
}

void expect_refused(const std::string& path, const std::string& why) {
  const auto error = write_to(path);
  ASSERT_TRUE(error) << path;
  EXPECT_EQ(error->what, "cannot write '" + path + "'");
  EXPECT_THAT(error->why, HasSubstr(why));
  EXPECT_THAT(error->hint, testing::StartsWith("name a"));
}

std::string target_in(const std::string& directory) {
  write_file(directory + "/target", "old");
  return directory + "/target";
}

class Output : public ::testing::Test {
 protected:
  void SetUp() override {
    mkdir(private_.c_str(), 0755);
    mkdir(shared_.c_str(), 0755);
    chmod(shared_.c_str(), 01777);
  }

  test::TemporaryDirectory directory_;
  const std::string private_ = directory_.file("private");
  const std::string shared_ = directory_.file("shared");
};

TEST_F(Output, IsWrittenInDirectoriesOfBothKinds) {
  for (const std::string& directory : {private_, shared_}) {
    EXPECT_FALSE(write_to(directory + "/r.json", "first of all"));
    EXPECT_FALSE(write_to(directory + "/r.json", "second"));
    EXPECT_EQ(read_file(directory + "/r.json"), "second");
  }
}

TEST_F(Output, OneThatIsNotKeptIsGone) {
  EXPECT_TRUE(OutputPath::open(private_ + "/new", OutputPath::Access::write));
  EXPECT_FALSE(std::filesystem::exists(private_ + "/new"));
  EXPECT_TRUE(OutputPath::open(target_in(private_), OutputPath::Access::write));
  EXPECT_EQ(read_file(private_ + "/target"), "old");
}

// The process may end without running destructors.
TEST_F(Output, OnesThatAreNotFinishedAreRemovedTogether) {
  const auto open = [this](const char* name) {
    auto output = OutputPath::open(private_ + name, OutputPath::Access::write);
    EXPECT_TRUE(output);
    return *std::move(output);
  };
  target_in(private_);
  std::vector<OutputPath> outputs;
  for (const char* name : {"/one", "/kept", "/last", "/target"}) {
    outputs.push_back(open(name));
  }
  outputs[1].keep();
  { const OutputPath closed = open("/closed"); }
  CreatedFile::remove_unfinished();
  for (const char* name : {"/one", "/last", "/closed"}) {
    EXPECT_FALSE(std::filesystem::exists(private_ + name)) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(private_ + "/kept"));
  EXPECT_EQ(read_file(private_ + "/target"), "old");
}

TEST_F(Output, LinksOfOnesOwnAreFollowed) {
  const std::string target = target_in(private_);
  std::filesystem::create_symlink(target, private_ + "/absolute");
  std::filesystem::create_symlink("absolute", private_ + "/chain");
  std::filesystem::create_symlink("../private", private_ + "/directory");
  EXPECT_FALSE(write_to(private_ + "/chain", "by a chain"));
  EXPECT_EQ(read_file(target), "by a chain");
  EXPECT_FALSE(write_to(private_ + "/directory/target", "by a directory"));
  EXPECT_EQ(read_file(target), "by a directory");
  std::filesystem::create_symlink("new", private_ + "/dangling");
  EXPECT_FALSE(write_to(private_ + "/dangling"));
  EXPECT_EQ(read_file(private_ + "/new"), "new");
}

TEST_F(Output, LinksInSharedDirectoriesAreRefused) {
  const std::string target = target_in(private_);
  std::filesystem::create_symlink(target, shared_ + "/link");
  std::filesystem::create_symlink(private_ + "/new", shared_ + "/dangling");
  std::filesystem::create_symlink(private_, shared_ + "/directory");
  std::filesystem::create_symlink(shared_ + "/link", private_ + "/to-link");
  expect_refused(shared_ + "/link", "'link' is a symbolic link in a directory that others can write to");
  expect_refused(shared_ + "/dangling", "symbolic link");
  expect_refused(shared_ + "/directory/target", "'directory' is a symbolic link");
  expect_refused(private_ + "/to-link", "'link' is a symbolic link");
  expect_refused(private_ + "/../shared/link", "symbolic link");
  EXPECT_EQ(read_file(target), "old");
  EXPECT_FALSE(std::filesystem::exists(private_ + "/new"));
}

TEST_F(Output, ADirectoryIsSharedByItsGroupOrWithoutStickyBitToo) {
  for (const mode_t mode : {01777, 0777, 01775, 0775}) {
    ASSERT_EQ(chmod(shared_.c_str(), mode), 0);
    std::filesystem::create_symlink(target_in(private_), shared_ + "/link");
    expect_refused(shared_ + "/link", "symbolic link");
    unlink((shared_ + "/link").c_str());
  }
}

TEST_F(Output, OtherNamesOfAFileAreRefusedInSharedDirectories) {
  const std::string target = target_in(private_);
  std::filesystem::create_hard_link(target, shared_ + "/other");
  expect_refused(shared_ + "/other", "hard links");
  std::filesystem::create_hard_link(target, private_ + "/other");
  EXPECT_FALSE(write_to(private_ + "/other"));
}

TEST_F(Output, PipesAreRefusedInSharedDirectories) {
  ASSERT_EQ(mkfifo((shared_ + "/pipe").c_str(), 0666), 0);
  expect_refused(shared_ + "/pipe", "not a regular file");
  const std::string own = private_ + "/pipe";
  ASSERT_EQ(mkfifo(own.c_str(), 0666), 0);
  const Fd reader(open(own.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_FALSE(write_to(own, "through it"));
  std::array<char, 16> text{};
  EXPECT_EQ(read(reader.get(), text.data(), text.size()), 10);
}

TEST_F(Output, DevicesWork) {
  EXPECT_FALSE(write_to("/dev/null"));
  auto full = OutputPath::open("/dev/full", OutputPath::Access::write);
  ASSERT_TRUE(full);
  EXPECT_EQ(write(full->fd(), "x", 1), -1);
  EXPECT_THAT(full->error(ENOSPC).why, HasSubstr("No space left"));
}

// /dev/stdout is such a path: a symbolic link in /proc to a file that the caller opened.
TEST_F(Output, DescriptorsOfTheCallerWork) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  EXPECT_FALSE(write_to("/dev/fd/" + std::to_string(writer.get()), "to a pipe"));
  std::array<char, 16> text{};
  EXPECT_EQ(read(reader.get(), text.data(), text.size()), 9);

  std::filesystem::create_symlink(target_in(private_), shared_ + "/link");
  const Fd file(open((shared_ + "/link").c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(write_to("/proc/self/fd/" + std::to_string(file.get()), "to a file"));
  EXPECT_EQ(read_file(private_ + "/target"), "to a file");
}

TEST_F(Output, WhatTheKernelSaysIsPassedOn) {
  std::filesystem::create_symlink("loop", private_ + "/loop");
  expect_refused(private_ + "/loop", "Too many levels of symbolic links");
  expect_refused(private_ + "/no/such", "No such file or directory");
  expect_refused(private_, "Is a directory");
  expect_refused(shared_, "Is a directory");
  expect_refused("/", "Is a directory");
  expect_refused(target_in(private_) + "/r.json", "Not a directory");
  expect_refused(private_ + "/target/", "Not a directory");
  expect_refused(private_ + "/new/", "No such file or directory");
}

TEST_F(Output, PathsMayBeRelative) {
  const std::string before = std::filesystem::current_path();
  ASSERT_EQ(chdir(private_.c_str()), 0);
  EXPECT_FALSE(write_to("plain"));
  EXPECT_FALSE(write_to(".//../private/./dotted"));
  ASSERT_EQ(chdir(before.c_str()), 0);
  EXPECT_TRUE(std::filesystem::exists(private_ + "/plain"));
  EXPECT_TRUE(std::filesystem::exists(private_ + "/dotted"));
}

}  // namespace
}  // namespace taskcost
