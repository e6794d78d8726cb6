// SPDX-License-Identifier: Apache-2.0
//
// Where the time went, compared with a program that measures itself, and the number of system calls, compared with
// strace.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

TEST(Time, SleepingAndRunning) {
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, {program("phases"), "10", "30", "20"});
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  expect_sound(*watched.observed.report);
  std::int64_t slept = 0;
  std::int64_t spun = 0;
  std::int64_t burnt = 0;
  std::istringstream(watched.observed.finished.out) >> slept >> spun >> burnt;
  ASSERT_GE(burnt, 200'000'000);
  const Json& account = watched.observed.report->find(watched.waited.front().pid)->at("total");

  // The program reads its clock around the call, so its figure is a little longer than the call.
  const std::int64_t sleep = time_in_activity(account, "sleep");
  EXPECT_LE(sleep, slept);
  EXPECT_GE(sleep, slept - slept / 50);
  EXPECT_GE(account.at("activities").at("sleep").at("blocked_ns"), 10 * 29'000'000);
  EXPECT_EQ(account.at("activities").at("sleep").at("count"), 10);

  // Loading the program is user time too; it takes some milliseconds at most.
  const std::int64_t user = time_in_activity(account, "user");
  EXPECT_GE(user, spun - spun / 20);
  EXPECT_LE(user, spun + 100'000'000);
  EXPECT_GE(time_in_condition(account, "running_ns"), burnt);
}

// The total of `strace -c`. It counts calls when they return, so it lacks the last call of every task.
std::int64_t syscalls_by_strace(const Words& command) {
  const TemporaryDirectory directory;
  Words words{"/usr/bin/strace", "-f", "-c", "-o", directory.file("counts")};
  words.insert(words.end(), command.begin(), command.end());
  EXPECT_EQ(run(words).exit_code(), 0);
  for (const std::string& line : lines_of(read_file(directory.file("counts")))) {
    if (line.ends_with(" total")) {
      std::istringstream columns(line);
      std::string percent;
      std::string seconds;
      std::string microseconds;
      std::int64_t calls = 0;
      columns >> percent >> seconds >> microseconds >> calls;
      return calls;
    }
  }
  return -1;
}

TEST(Syscalls, AsManyAsStraceCounts) {
  const TemporaryDirectory strace_directory;
  const TemporaryDirectory directory;
  struct Case {
    Words by_strace;
    Words by_us;
    std::int64_t tasks;
  };
  const Case cases[] = {
      {{program("syscalls"), "1000"}, {program("syscalls"), "1000"}, 1},
      {{program("forks"), "50", own_log(strace_directory)}, {program("forks"), "50", own_log(directory)}, 51}};
  for (const Case& entry : cases) {
    const std::int64_t known = syscalls_by_strace(entry.by_strace);
    ASSERT_GT(known, 0);
    const WatchedRun watched = watch(directory, entry.by_us);
    expect_ran(watched.observed);
    ASSERT_TRUE(watched.observed.report);
    const Report& report = *watched.observed.report;
    // The log may hold the lines of an earlier case of the test: the waiter's line comes first.
    const auto family = report.family(*report.find(read_wait_log(directory.file("waiter.log")).back().pid));
    // strace counts a call when it returns, so it lacks the exit of each task. It starts at the exec, before which
    // fork() of the C library has made one call in the child (set_robust_list).
    EXPECT_EQ(counter(family, "syscalls"), known + entry.tasks + 1) << entry.by_us.front();
  }
}

}  // namespace
}  // namespace taskcost::test
