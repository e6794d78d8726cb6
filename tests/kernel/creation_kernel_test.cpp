// SPDX-License-Identifier: Apache-2.0
//
// What a new task shares with its creator, what it makes the kernel allocate, and what its life costs.
#include <gtest/gtest.h>

#include "support/expect.h"

namespace taskcost::test {
namespace {

Observed created_by(const std::string& name, const Words& options = {}) {
  Observed observed = observe({program(name), "40", "/dev/null"}, options);
  expect_ran(observed);
  return observed;
}

// Of the processes or threads that the program created.
std::vector<const Json*> new_tasks(const Report& report) {
  std::vector<const Json*> tasks;
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      if (!task.at("created_by_tid").is_null()) {
        tasks.push_back(&task);
      }
    }
  }
  return tasks;
}

TEST(Shares, AForkHasItsOwnObjects) {
  const Observed observed = created_by("forks");
  ASSERT_TRUE(observed.report);
  const auto tasks = new_tasks(*observed.report);
  ASSERT_EQ(tasks.size(), 40U);
  for (const Json* task : tasks) {
    for (const char* object : {"memory", "files", "fs", "signal_handlers", "limits"}) {
      EXPECT_EQ(task->at("shares").at(object), false) << object;
    }
    EXPECT_EQ(task->at("shares").at("cgroups"), true);
  }
}

TEST(Shares, AThreadHasItsCreatorsObjects) {
  const Observed observed = created_by("threads");
  ASSERT_TRUE(observed.report);
  const auto tasks = new_tasks(*observed.report);
  ASSERT_EQ(tasks.size(), 40U);
  for (const Json* task : tasks) {
    for (const auto& [object, shared] : task->at("shares").items()) {
      EXPECT_EQ(shared, true) << object;
    }
  }
}

TEST(KernelMemory, IsCountedOnRequestOnly) {
  const Observed observed = created_by("forks");
  ASSERT_TRUE(observed.report);
  EXPECT_TRUE((*observed.report)["totals"].at("counters").at("kernel_slab_bytes").is_null());
}

// A fork copies what a thread shares: the descriptors of its memory at least, and page tables.
TEST(KernelMemory, OfForksIsMoreThanOfThreads) {
  const Observed forks = created_by("forks", {"--kernel-memory"});
  const Observed threads = created_by("threads", {"--kernel-memory"});
  ASSERT_TRUE(forks.report && threads.report);
  for (const char* name : {"kernel_slab_bytes", "kernel_slab_allocations", "kernel_pages"}) {
    const Json& of_forks = (*forks.report)["totals"].at("counters").at(name);
    const Json& of_threads = (*threads.report)["totals"].at("counters").at(name);
    if (of_forks.is_null()) {
      ADD_FAILURE() << name << " is not measured: kmem tracepoints are missing";
      continue;
    }
    EXPECT_GT(of_forks, of_threads) << name;
    if (std::string_view(name) == "kernel_pages") {
      EXPECT_GE(of_forks, 40) << "page tables, a page each at least";
    } else {
      EXPECT_GT(of_threads, 0) << name;  // pages of stacks come in bulk, unseen
    }
  }
}

TEST(Prices, CountEveryWholeLife) {
  const Observed observed = created_by("forks");
  ASSERT_TRUE(observed.report);
  const Json& price = (*observed.report)["prices"].at("fork");
  EXPECT_EQ(price.at("count"), 40);
  for (const char* part : {"create_ns", "faults_ns", "exit_ns", "reap_ns"}) {
    EXPECT_GT(price.at(part), 0) << part;
  }
  EXPECT_LE(price.at("exit_ns"), (*observed.report)["totals"].at("activities").at("exit").at("running_ns"));
}

}  // namespace
}  // namespace taskcost::test
