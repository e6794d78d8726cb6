// SPDX-License-Identifier: Apache-2.0
#include "base/fetcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/subprocess.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string content_of(const FetchedFile& fetched) {
  std::string text(1 << 20, '\0');
  const ssize_t size = pread(fetched.file.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

TEST(Fetcher, OpensRegularFilesAndNothingElse) {
  Fetcher fetcher;
  const test::TemporaryDirectory directory;
  test::write_file(directory.file("some"), "content");
  const FetchedFile some = fetcher.open(directory.file("some"));
  ASSERT_TRUE(some.file) << some.error;
  EXPECT_EQ(content_of(some), "content");
  EXPECT_FALSE(some.is_copy);
  struct stat status {};
  ASSERT_EQ(stat(directory.file("some").c_str(), &status), 0);
  EXPECT_EQ(some.status.st_ino, status.st_ino);
  EXPECT_NE(fcntl(some.file.get(), F_GETFD) & FD_CLOEXEC, 0);

  ASSERT_EQ(mkfifo(directory.file("fifo").c_str(), 0600), 0);
  for (const auto& [path, error] :
       {std::pair(directory.file("none"), ENOENT), std::pair(directory.path(), EINVAL),
        std::pair(directory.file("fifo"), EINVAL), std::pair(std::string("/dev/zero"), EINVAL),
        std::pair(directory.file("some/below"), ENOTDIR), std::pair(std::string(5000, 'x'), ENAMETOOLONG),
        std::pair(std::string("/dev\0zero", 9), ENAMETOOLONG)}) {
    const FetchedFile refused = fetcher.open(path);
    EXPECT_FALSE(refused.file) << path;
    EXPECT_EQ(refused.error, error) << path;
  }
  EXPECT_TRUE(fetcher.open(directory.file("some")).file) << "and goes on";
  EXPECT_EQ(fetcher.given_up(), 0U);
}

// A container's paths are looked up below its root, wherever its links point.
TEST(Fetcher, APathBelowARootStaysThere) {
  Fetcher fetcher;
  const test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory.file("root/etc"));
  test::write_file(directory.file("root/etc/inner"), "inner");
  test::write_file(directory.file("outer"), "outer");
  std::filesystem::create_symlink("/etc/inner", directory.file("root/absolute"));
  std::filesystem::create_symlink("../../../outer", directory.file("root/etc/upward"));
  const Fd root = fetcher.open_directory(directory.file("root"));
  ASSERT_TRUE(root);
  for (const char* path : {"/etc/inner", "/absolute", "/../../etc/inner"}) {
    EXPECT_EQ(content_of(fetcher.open(path, {.root = root.get()})), "inner") << path;
  }
  EXPECT_EQ(fetcher.open("/etc/upward", {.root = root.get()}).error, ENOENT);
  EXPECT_EQ(fetcher.open(directory.file("outer"), {.root = root.get()}).error, ENOENT);
  EXPECT_FALSE(fetcher.open("/absolute", {.root = root.get(), .no_follow = true}).file);
  EXPECT_TRUE(fetcher.open("/etc/inner", {.root = root.get(), .no_follow = true}).file);
  EXPECT_EQ(content_of(fetcher.open(directory.file("outer"))), "outer") << "the root belongs to the question";

  EXPECT_FALSE(fetcher.open_directory(directory.file("outer")));
  EXPECT_EQ(errno, ENOTDIR);
  EXPECT_FALSE(fetcher.open_directory(directory.file("none")));
  EXPECT_EQ(errno, ENOENT);
}

TEST(Fetcher, ReadsTextsOfEverySize) {
  Fetcher fetcher;
  const test::TemporaryDirectory directory;
  for (const std::size_t size : {0U, 1U, 32'767U, 32'768U, 32'769U, 1'000'000U}) {
    std::string text(size, 'x');
    text.replace(size / 2, size > 10 ? 5 : 0, size > 10 ? "\0\n\xff%%" : "", size > 10 ? 5 : 0);
    test::write_file(directory.file("text"), text);
    EXPECT_EQ(fetcher.read_text(directory.file("text"), 2'000'000), text) << size;
  }
  EXPECT_FALSE(fetcher.read_text(directory.file("text"), 999'999)) << "more than was allowed";
  EXPECT_FALSE(fetcher.read_text(directory.file("none"), 100));
  const auto status = fetcher.read_text("/proc/" + std::to_string(getpid()) + "/status", 1 << 20);
  ASSERT_TRUE(status);
  EXPECT_THAT(*status, StartsWith("Name:"));
}

// Returns the targets of its descriptors, without those that it closes meanwhile.
std::vector<std::string> open_files(const std::string& pid) {
  std::vector<std::string> targets;
  for (const auto& each : std::filesystem::directory_iterator("/proc/" + pid + "/fd")) {
    std::error_code closed;
    const auto target = std::filesystem::read_symlink(each.path(), closed);
    if (!closed) {
      targets.push_back(target.native());
    }
  }
  return targets;
}

// An inherited pipe end in the opener would keep the reader of that pipe from the end of file.
TEST(Fetcher, TheOpenerHoldsNothing) {
  Fetcher fetcher;
  const auto status = fetcher.read_text("/proc/self/status", 1 << 20);
  ASSERT_TRUE(status);
  EXPECT_THAT(*status, HasSubstr("Name:\ttaskcost-opener"));
  EXPECT_THAT(*status, HasSubstr("PPid:\t" + std::to_string(getpid()) + "\n"));
  const std::string opener = status->substr(
      status->find("\nPid:\t") + 6, status->find('\n', status->find("\nPid:\t") + 6) - status->find("\nPid:\t") - 6);
  // The opener closes a file only after it has answered.
  constexpr int patience = 1000;
  std::vector<std::string> targets = open_files(opener);
  for (int tries = 0; targets.size() > 4 && tries < patience; ++tries) {
    std::this_thread::sleep_for(1ms);
    targets = open_files(opener);
  }
  EXPECT_EQ(targets.size(), 4U);
  for (const std::string& target : targets) {
    EXPECT_TRUE(target == "/dev/null" || target.starts_with("socket:")) << target;
  }
}

TEST(Fetcher, EndsWithItsOwner) {
  pid_t opener = 0;
  {
    Fetcher fetcher;
    const auto status = fetcher.read_text("/proc/self/stat", 4096);
    ASSERT_TRUE(status);
    opener = std::stoi(*status);
    EXPECT_EQ(kill(opener, 0), 0);
  }
  for (int attempt = 0; attempt < 1000 && waitpid(opener, nullptr, WNOHANG) == 0; ++attempt) {
    usleep(1000);
  }
  EXPECT_NE(kill(opener, 0), 0);
}

TEST(Fetcher, AStopIsObeyed) {
  Fetcher fetcher;
  const Fd stop(eventfd(0, EFD_CLOEXEC));
  fetcher.begin({.stop_fd = stop.get()});
  EXPECT_TRUE(fetcher.open("/proc/self/status").file);
  const std::uint64_t one = 1;
  ASSERT_EQ(write(stop.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  EXPECT_EQ(fetcher.open("/proc/self/status").error, ECANCELED);
  fetcher.begin({});
  EXPECT_TRUE(fetcher.open("/proc/self/status").file);
}

// A stopped opener does not answer, like one that hangs on a file.
void stop_opener(Fetcher& fetcher) {
  fetcher.begin({.each = 20s, .total = 60s});
  const auto status = fetcher.read_text("/proc/self/stat", 4096);
  ASSERT_TRUE(status);
  ASSERT_EQ(kill(std::stoi(*status), SIGSTOP), 0);
}

TEST(Fetcher, WhatDoesNotAnswerIsGivenUp) {
  Fetcher fetcher;
  const auto start = std::chrono::steady_clock::now();
  for (unsigned round = 1; round <= 2; ++round) {
    stop_opener(fetcher);  // each round has a new opener
    fetcher.begin({.each = 50ms});
    EXPECT_EQ(fetcher.open("/proc/self/status").error, ETIMEDOUT);
    EXPECT_EQ(fetcher.given_up(), round);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  fetcher.begin({.each = 20s});
  EXPECT_TRUE(fetcher.open("/proc/self/status").file) << "by another one";
}

TEST(Fetcher, TheTimeForAllIsLimited) {
  Fetcher fetcher;
  stop_opener(fetcher);
  fetcher.begin({.each = 20s, .total = 50ms});
  EXPECT_EQ(fetcher.open("/proc/self/status").error, ETIMEDOUT);
  EXPECT_EQ(fetcher.given_up(), 1U);
  EXPECT_EQ(fetcher.open("/proc/self/status").error, EAGAIN);
  EXPECT_EQ(fetcher.given_up(), 1U) << "no process was asked";
  fetcher.refill();
  EXPECT_TRUE(fetcher.open("/proc/self/status").file) << "a new budget";
}

}  // namespace
}  // namespace taskcost
