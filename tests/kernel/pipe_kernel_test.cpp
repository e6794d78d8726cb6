// SPDX-License-Identifier: Apache-2.0
//
// Many switches: two tasks hand a byte to and fro (perf bench sched pipe).
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

struct Variant {
  const char* name;
  bool pinned;
  bool threads;
};

class Pipe : public ::testing::TestWithParam<Variant> {};

TEST_P(Pipe, AccountsClose) {
  const std::int64_t rounds = thorough() ? 100'000 : 20'000;
  Words command{"/usr/bin/perf", "bench", "sched", "pipe", "-l", std::to_string(rounds)};
  if (GetParam().threads) {
    command.emplace_back("-T");
  }
  if (GetParam().pinned) {
    command.insert(command.begin(), {"/usr/bin/taskset", "-c", "0"});
  }
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, command);
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  const Report& report = *watched.observed.report;
  expect_sound(report);
  expect_as_waited(report, watched.waited);

  // perf runs two processes, or a main thread with two more.
  ASSERT_EQ(watched.waited.size(), 1);
  const auto bench = report.family(*report.find(watched.waited.front().pid));
  EXPECT_EQ(bench.size(), GetParam().threads ? 1 : 2);
  EXPECT_EQ(tasks_in(bench), GetParam().threads ? 3 : 2);
  EXPECT_EQ(report.task_count(), tasks_in(bench) + 1) << "the waiter and nothing else";

  // Each round sends an int there and an int back.
  std::int64_t bytes = 0;
  for (const Json* process : bench) {
    bytes += process->at("total").at("ipc").at("pipe").at("bytes_out").get<std::int64_t>();
  }
  EXPECT_EQ(bytes, rounds * 2 * static_cast<std::int64_t>(sizeof(int)));
}

INSTANTIATE_TEST_SUITE_P(Variants, Pipe,
                         ::testing::Values(Variant{"free_processes", false, false},
                                           Variant{"pinned_processes", true, false},
                                           Variant{"free_threads", false, true}, Variant{"pinned_threads", true, true}),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace taskcost::test
