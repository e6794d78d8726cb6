// SPDX-License-Identifier: Apache-2.0
//
// Output files belong to the caller, and no other user can redirect them. Checks that need no second user are unit
// tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/expect.h"
#include "support/sudo.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

class OutputFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    caller_ = *getpwnam("daemon");  // NOLINT(concurrency-mt-unsafe)
    other_ = *getpwnam("backup");   // NOLINT(concurrency-mt-unsafe)
    ASSERT_EQ(chmod(directory_.path().c_str(), 01777), 0);
  }

  [[nodiscard]] Finished record(const std::string& capture, const std::string& report,
                                const SpawnOptions& spawn) const {
    return run({taskcost_binary(), "record", "--quiet", "-o", capture, "-o", report, "--", "true"}, spawn);
  }

  void expect_refused(const std::string& file, const std::string& why, const SpawnOptions& spawn = {}) const {
    const Finished finished = record(directory_.file("unharmed.tcap"), file, spawn);
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(file));
    EXPECT_THAT(finished.err, HasSubstr(why));
    EXPECT_FALSE(std::filesystem::exists(directory_.file("unharmed.tcap")));
  }

  static uid_t owner_of(const std::string& file) {
    struct stat status {};
    EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
    return status.st_uid;
  }

  TemporaryDirectory directory_;
  passwd caller_{};
  passwd other_{};
};

TEST_F(OutputFiles, AreRootsWhenRootCalls) {
  EXPECT_EQ(record(directory_.file("x.tcap"), directory_.file("x.json"), {}).exit_code(), 0);
  EXPECT_EQ(owner_of(directory_.file("x.tcap")), 0);
  EXPECT_TRUE(read_report(directory_.file("x.json")));
}

TEST_F(OutputFiles, AreTheCallersUnderSudo) {
  EXPECT_EQ(record(directory_.file("x.tcap"), directory_.file("x.json"), as_sudo_by(caller_)).exit_code(), 0);
  for (const std::string& file : {directory_.file("x.tcap"), directory_.file("x.json")}) {
    struct stat status {};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, caller_.pw_uid);
    EXPECT_EQ(status.st_gid, caller_.pw_gid);
    EXPECT_EQ(status.st_mode & 07777U, 0644U);
  }
  // The second run overwrites the file.
  EXPECT_EQ(record(directory_.file("x.tcap"), directory_.file("x.json"), as_sudo_by(caller_)).exit_code(), 0);
  EXPECT_TRUE(read_report(directory_.file("x.json")));
  EXPECT_EQ(owner_of(directory_.file("x.json")), caller_.pw_uid);
}

TEST_F(OutputFiles, OfAnotherUserAreLeftAloneInSharedDirectories) {
  const std::string file = directory_.file("x.json");
  write_file(file, "theirs");
  ASSERT_EQ(chown(file.c_str(), other_.pw_uid, other_.pw_gid), 0);
  expect_refused(file, "belongs to another user");
  expect_refused(file, "belongs to another user", as_sudo_by(caller_));
  EXPECT_EQ(read_file(file), "theirs");
}

TEST_F(OutputFiles, LinksOfAnotherUserAreNotFollowed) {
  const std::string target = directory_.file("target.json");
  write_file(target, "root's");
  const std::string link = directory_.file("x.json");
  std::filesystem::create_symlink(target, link);
  ASSERT_EQ(lchown(link.c_str(), other_.pw_uid, other_.pw_gid), 0);
  expect_refused(link, "symbolic link");
  expect_refused(link, "symbolic link", as_sudo_by(caller_));
  EXPECT_EQ(read_file(target), "root's");
}

// The owner of a directory can write to it, whatever its mode is.
TEST_F(OutputFiles, ADirectoryOfAnotherUserIsShared) {
  const std::string theirs = directory_.file("theirs");
  const std::string target = directory_.file("target.json");
  write_file(target, "root's");
  ASSERT_EQ(mkdir(theirs.c_str(), 0755), 0);
  ASSERT_EQ(chown(theirs.c_str(), other_.pw_uid, other_.pw_gid), 0);
  std::filesystem::create_symlink(target, theirs + "/x.json");
  expect_refused(theirs + "/x.json", "symbolic link");
  EXPECT_EQ(read_file(target), "root's");
  // A link that the caller made itself is followed.
  ASSERT_EQ(chown(theirs.c_str(), caller_.pw_uid, caller_.pw_gid), 0);
  EXPECT_EQ(record(directory_.file("x.tcap"), theirs + "/x.json", as_sudo_by(caller_)).exit_code(), 0);
  EXPECT_TRUE(read_report(target));
}

}  // namespace
}  // namespace taskcost::test
