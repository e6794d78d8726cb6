// SPDX-License-Identifier: Apache-2.0
//
// A file has its name only when it is complete.
#include "cli/caller/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/subprocess.h"

namespace taskcost {
namespace {

using ::testing::HasSubstr;

AtomicFile::Write write_text(const std::string& text) {
  return [text](Fd file) -> Status {
    EXPECT_EQ(write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return Done{};
  };
}

std::size_t files_in(const std::string& directory) {
  const std::filesystem::directory_iterator files(directory);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST(AtomicFile, ReplacesAFileOrMakesIt) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("x.tcap");
  const auto file = AtomicFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_FALSE(std::filesystem::exists(path)) << "not yet";
  ASSERT_TRUE(file->replace(write_text("old")));
  EXPECT_EQ(test::read_file(path), "old");
  ASSERT_TRUE(file->replace([&path](Fd opened) {
    EXPECT_EQ(test::read_file(path), "old") << "until the new one is complete";
    return write_text("new")(std::move(opened));
  }));
  EXPECT_EQ(test::read_file(path), "new");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(AtomicFile, NumbersAreThoseThatNoFileHas) {
  const test::TemporaryDirectory directory;
  test::write_file(directory.file("x.1.tcap"), "of before");
  test::write_file(directory.file("x.3.tcap"), "of before");
  auto file = AtomicFile::open(directory.file("x.tcap"));
  ASSERT_TRUE(file);
  for (const char* name : {"x.2.tcap", "x.4.tcap"}) {
    const auto path = file->add_numbered(write_text(name));
    ASSERT_TRUE(path);
    EXPECT_EQ(*path, directory.file(name));
    EXPECT_EQ(test::read_file(*path), name);
  }
  EXPECT_EQ(test::read_file(directory.file("x.1.tcap")), "of before");
  EXPECT_EQ(test::read_file(directory.file("x.3.tcap")), "of before");
}

TEST(AtomicFile, AFailureLeavesNothing) {
  const test::TemporaryDirectory directory;
  test::write_file(directory.file("x.tcap"), "old");
  auto file = AtomicFile::open(directory.file("x.tcap"));
  ASSERT_TRUE(file);
  const auto fails = [](const Fd& /*file*/) -> Status { return Error{"cannot", "the disk is full", "a hint"}; };
  for (const Status& status :
       {file->replace(fails), file->add_numbered(fails) ? Status(Done{}) : Status(file->add_numbered(fails).error())}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(to_line(status.error()), "cannot write '" + directory.file("x.tcap") + "': the disk is full");
  }
  EXPECT_EQ(test::read_file(directory.file("x.tcap")), "old");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(AtomicFile, WhatCannotBeReplacedIsRefusedAtOnce) {
  const test::TemporaryDirectory directory;
  for (const std::string& path : {std::string("/dev/null"), directory.path()}) {
    const auto file = AtomicFile::open(path);
    ASSERT_FALSE(file) << path;
    EXPECT_THAT(to_line(file.error()), HasSubstr("not a regular file"));
  }
  EXPECT_FALSE(AtomicFile::open(directory.file("none/x.tcap")));
}

// The kernel says what another program has done to the directory meanwhile.
TEST(AtomicFile, WhatChangedMeanwhileIsAnError) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("x.tcap");
  const auto replaced = AtomicFile::open(path);
  ASSERT_TRUE(replaced);
  std::filesystem::create_directory(path);
  const Status status = replaced->replace(write_text("new"));
  ASSERT_FALSE(status);
  EXPECT_EQ(to_line(status.error()), "cannot write '" + path + "': Is a directory");
  EXPECT_EQ(files_in(directory.path()), 1U) << "nothing is left beside it";

  std::filesystem::create_directory(directory.file("gone"));
  auto gone = AtomicFile::open(directory.file("gone/x.tcap"));
  ASSERT_TRUE(gone);
  std::filesystem::remove(directory.file("gone"));
  EXPECT_THAT(to_line(gone->replace(write_text("new")).error()), HasSubstr("No such file or directory"));
  const auto numbered = gone->add_numbered(write_text("new"));
  ASSERT_FALSE(numbered);
  EXPECT_THAT(to_line(numbered.error()), HasSubstr("No such file or directory"));
}

TEST(AtomicFile, ANumberStandsBeforeTheEndingOfTheName) {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.file("a.b"));
  for (const auto& [name, numbered] :
       {std::pair("a.b/plain", "a.b/plain.1"), std::pair("a.b/x.y.tcap", "a.b/x.y.1.tcap")}) {
    auto file = AtomicFile::open(directory.file(name));
    ASSERT_TRUE(file);
    EXPECT_EQ(file->path(), directory.file(name));
    const auto path = file->add_numbered(write_text(name));
    ASSERT_TRUE(path);
    EXPECT_EQ(*path, directory.file(numbered));
  }
}

}  // namespace
}  // namespace taskcost
