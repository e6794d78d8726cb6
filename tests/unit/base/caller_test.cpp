// SPDX-License-Identifier: Apache-2.0
#include "base/caller.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/fd.h"

namespace taskcost {
namespace {

using ::testing::Contains;
using ::testing::Not;

// Sets a variable, or removes it, until the end of the scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) {  // NOLINT(concurrency-mt-unsafe)
      before_ = before;
    }
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) const {
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    value != nullptr ? setenv(name_, value, 1) : unsetenv(name_);
  }

  const char* name_;
  std::optional<std::string> before_;
};

std::optional<Caller> caller_with(const char* uid, const char* gid) {
  const Variable user("SUDO_UID", uid);
  const Variable group("SUDO_GID", gid);
  return caller_of_sudo();
}

// Anyone can set these variables: they mean something to root alone.
TEST(Caller, IsTheUserOfSudoForRootAlone) {
  const auto caller = caller_with("1234", "56");
  ASSERT_EQ(caller.has_value(), geteuid() == 0);
  if (caller) {
    EXPECT_EQ(caller->uid, 1234U);
    EXPECT_EQ(caller->gid, 56U);
  }
}

TEST(Caller, IsNotKnownByWhatIsNoNumber) {
  for (const auto& [uid, gid] : {std::pair<const char*, const char*>{nullptr, nullptr},
                                 {"1234", nullptr},
                                 {nullptr, "56"},
                                 {"", "56"},
                                 {"1234x", "56"},
                                 {" 1234", "56"},
                                 {"-1", "56"},
                                 {"99999999999", "56"},
                                 {"1234", "5 6"}}) {
    EXPECT_FALSE(caller_with(uid, gid)) << (uid != nullptr ? uid : "none") << " " << (gid != nullptr ? gid : "none");
  }
  EXPECT_FALSE(caller_with("0", "0")) << "root ran sudo";
}

TEST(Caller, HasTheRightsOfThisProcess) { EXPECT_TRUE(check_no_borrowed_rights()); }

TEST(Caller, DescriptorsAreThoseThatAreOpen) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  auto before = open_descriptors();
  EXPECT_THAT(before, Contains(ends[0]));
  EXPECT_THAT(before, Contains(ends[1]));
  EXPECT_EQ(close(ends[1]), 0);
  EXPECT_THAT(open_descriptors(), Not(Contains(ends[1])));
  std::erase(before, ends[1]);
  EXPECT_EQ(open_descriptors(), before) << "the list's own is not among them";
}

// A file that is opened next would be what the program takes for its standard input.
TEST(Caller, AClosedStreamIsOccupied) {
  const Fd kept(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  close(STDIN_FILENO);
  occupy_closed_streams();
  const int flags = fcntl(STDIN_FILENO, F_GETFL);
  char byte = 0;
  errno = 0;
  const ssize_t got = read(STDIN_FILENO, &byte, 1);
  const int error = errno;
  const Fd next(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (kept) {
    dup2(kept.get(), STDIN_FILENO);
  } else {
    close(STDIN_FILENO);
  }
  EXPECT_NE(flags & O_PATH, 0);
  EXPECT_EQ(got, -1);
  EXPECT_EQ(error, EBADF);
  EXPECT_GT(next.get(), STDERR_FILENO);
}

}  // namespace
}  // namespace taskcost
