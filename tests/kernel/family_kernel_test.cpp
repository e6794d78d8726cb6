// SPDX-License-Identifier: Apache-2.0
//
// Many short-lived tasks: none may be missed, and each has to agree with the kernel's own figures.
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

// The process of the command and its descendants, the command first.
std::vector<const Json*> family_of_command(const WatchedRun& watched) {
  const Json* process = watched.observed.report->find(watched.waited.front().pid);
  if (process == nullptr) {
    ADD_FAILURE() << "the command is not in the report";
    return {};
  }
  return watched.observed.report->family(*process);
}

void expect_good(const WatchedRun& watched) {
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  ASSERT_FALSE(watched.waited.empty());
  expect_sound(*watched.observed.report);
  expect_as_waited(*watched.observed.report, watched.waited);
}

TEST(Family, ForkAndExit) {
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, {program("forks"), "2000", own_log(directory)});
  ASSERT_NO_FATAL_FAILURE(expect_good(watched));
  EXPECT_EQ(watched.waited.size(), 2001);
  const auto family = family_of_command(watched);
  EXPECT_EQ(family.size(), 2001);
  EXPECT_EQ(tasks_in(family), 2001);
  EXPECT_EQ(counter(family, "children_forks"), 2000);
  EXPECT_EQ(counter(family, "children_threads"), 0);
  EXPECT_EQ(counter(family, "execs"), 1);
  EXPECT_EQ(watched.observed.report->task_count(), 2002);
}

// More tasks live in all than there is room for at the same time.
TEST(Family, CreateAndJoin) {
  const TemporaryDirectory directory;
  const std::size_t count = thorough() ? 20'000 : 5'000;
  const Words room = thorough() ? Words{} : Words{"--max-tasks", "4096"};
  const WatchedRun watched = watch(directory, {program("threads"), std::to_string(count)}, room);
  ASSERT_NO_FATAL_FAILURE(expect_good(watched));
  const auto family = family_of_command(watched);
  EXPECT_EQ(family.size(), 1);
  EXPECT_EQ(tasks_in(family), count + 1);
  EXPECT_EQ(counter(family, "children_threads"), count);
  EXPECT_EQ(counter(family, "children_forks"), 0);
}

TEST(Family, ShellScript) {
  const TemporaryDirectory directory;
  const WatchedRun watched =
      watch(directory, {"/bin/sh", "-c", "i=0; while [ $i -lt 300 ]; do /bin/true $i; i=$((i+1)); done"});
  ASSERT_NO_FATAL_FAILURE(expect_good(watched));
  const auto family = family_of_command(watched);
  EXPECT_EQ(family.size(), 301);
  EXPECT_EQ(tasks_in(family), 301);
  // The shell chooses the system call that creates its children.
  EXPECT_EQ(counter(family, "children_forks") + counter(family, "children_vforks") + counter(family, "children_spawns"),
            300);
  EXPECT_EQ(counter(family, "execs"), 301);
  for (const int i : {0, 150, 299}) {
    EXPECT_EQ(watched.observed.report->with_command("/bin/true " + std::to_string(i)).size(), 1);
  }
}

class Messaging : public ::testing::TestWithParam<bool> {};

TEST_P(Messaging, SendersAndReceivers) {
  constexpr std::int64_t kLoops = 20;
  const std::int64_t groups = thorough() ? 10 : 2;
  const bool threads = GetParam();
  Words command{"/usr/bin/perf",       "bench", "sched", "messaging", "-g", std::to_string(groups), "-l",
                std::to_string(kLoops)};
  if (threads) {
    command.emplace_back("-t");
  }
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, command);
  ASSERT_NO_FATAL_FAILURE(expect_good(watched));
  const auto family = family_of_command(watched);
  // perf bench has 20 senders and 20 receivers in a group.
  const auto workers = static_cast<std::size_t>(groups * 40);
  EXPECT_EQ(tasks_in(family), workers + 1);
  EXPECT_EQ(family.size(), threads ? 1 : workers + 1);
  EXPECT_EQ(counter(family, threads ? "children_threads" : "children_forks"), workers);

  // Every sender sends every receiver of its group 100 bytes a loop, over unix sockets. Each worker sends one byte to
  // say that it is ready, and the command one byte to let each of them go.
  std::int64_t bytes = 0;
  for (const Json* process : family) {
    bytes += process->at("total").at("ipc").at("unix_socket").at("bytes_out").get<std::int64_t>();
  }
  EXPECT_EQ(bytes, groups * 20 * 20 * kLoops * 100 + static_cast<std::int64_t>(workers) + 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Messaging, ::testing::Bool(),
                         [](const auto& threads) { return threads.param ? "threads" : "processes"; });

// The program calls getrusage right before it ends: the ledger includes the little that comes after it.
TEST(Family, OwnUsage) {
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, {program("own_usage"), own_log(directory)});
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  const Report& report = *watched.observed.report;
  ASSERT_EQ(watched.waited.size(), 4);
  const Waited& itself = watched.waited[1];
  const Waited& children = watched.waited[3];
  const Json* process = report.find(itself.pid);
  ASSERT_NE(process, nullptr);
  const std::vector<const Json*> alone{process};
  EXPECT_EQ(process->at("tasks").size(), 2);

  // Three lines are written and the program ends: a handful of switches and faults.
  const auto close_to = [&](const char* figure, std::int64_t own, std::int64_t later) {
    EXPECT_GE(counter(alone, figure), own) << figure;
    EXPECT_LE(counter(alone, figure), own + later) << figure;
  };
  close_to("voluntary_switches", itself.voluntary_switches, 10);
  close_to("involuntary_switches", itself.involuntary_switches, 20);
  close_to("faults_minor", itself.faults_minor, 20);
  close_to("faults_major", itself.faults_major, 0);

  const auto family = report.family(*process);
  EXPECT_EQ(family.size(), 3);
  EXPECT_EQ(counter(family, "faults_minor") - counter(alone, "faults_minor"), children.faults_minor);
}

}  // namespace
}  // namespace taskcost::test
