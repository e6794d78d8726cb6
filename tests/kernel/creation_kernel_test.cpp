// SPDX-License-Identifier: Apache-2.0
//
// What a new task shares with its creator, what the kernel allocates for it, and what its life costs.
#include <gtest/gtest.h>
#include <sched.h>

#include <map>
#include <optional>
#include <sstream>

#include "support/expect.h"

namespace taskcost::test {
namespace {

Observed created_by(const std::string& name, const Words& options = {}) {
  Observed observed = observe({program(name), "40", "/dev/null"}, options);
  expect_ran(observed);
  return observed;
}

// The processes or threads that the program created.
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

bool has_two_cpus() {
  cpu_set_t cpus{};
  return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1;
}

struct Starts {
  std::size_t elsewhere = 0;
  std::size_t here = 0;
  std::size_t unknown = 0;                         // the kernel hid their first switch-in from tracepoints
  std::optional<std::size_t> elsewhere_by_itself;  // the workload's own count
};

Starts starts_of_workload(const std::string& model, const std::string& cpus) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.json");
  const Finished finished = run({taskcost_binary(), "workload", "--format", "none", "-o", file, "create", "--model",
                                 model, "--cpus", cpus, "--count", "60"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(file);
  Starts starts;
  if (!report) {
    return starts;
  }
  expect_valid(*report);
  expect_sound(*report);
  EXPECT_TRUE(report->processes()[0].at("tasks")[0].at("started_elsewhere").is_null()) << "the creator was adopted";
  for (const Json* task : new_tasks(*report)) {
    const Json& elsewhere = task->at("started_elsewhere");
    EXPECT_TRUE(elsewhere.is_boolean() || counter(*task, "unseen_switch_ins") > 0) << *task;
    starts.unknown += elsewhere.is_null() ? 1 : 0;
    starts.elsewhere += elsewhere == true ? 1 : 0;
    starts.here += elsewhere == false ? 1 : 0;
  }
  const std::size_t line = finished.err.find('{');
  if (line != std::string::npos) {
    const Json outcome = Json::parse(finished.err.substr(line, finished.err.find('\n', line) - line));
    if (outcome.contains("elsewhere")) {
      starts.elsewhere_by_itself = outcome.at("elsewhere").get<std::size_t>();
    }
  }
  return starts;
}

TEST(Starts, AreWhereTheWorkloadWantedThem) {
  for (const char* model : {"thread", "fork", "vfork", "vfork-exec", "spawn", "fork-exec", "clone-vm"}) {
    SCOPED_TRACE(model);
    const Starts same = starts_of_workload(model, "same");
    EXPECT_EQ(same.here + same.unknown, 60U);
    EXPECT_EQ(same.elsewhere, 0U);
    EXPECT_EQ(same.elsewhere_by_itself.value_or(0), 0U);
    if (has_two_cpus()) {
      const Starts apart = starts_of_workload(model, "apart");
      EXPECT_EQ(apart.here + apart.elsewhere + apart.unknown, 60U);
      EXPECT_GE(apart.elsewhere + apart.unknown, 36U) << "all but those whose CPU their predecessor had not left yet";
      const std::size_t by_itself = apart.elsewhere_by_itself.value_or(apart.elsewhere);
      EXPECT_GE(by_itself, apart.elsewhere);
      EXPECT_LE(by_itself, apart.elsewhere + apart.unknown);
    }
  }
}

// A task may migrate between its first switch-in and its first instruction, and its creator before its call.
TEST(Starts, AreWhereThePlainProgramSawThem) {
  const TemporaryDirectory directory;
  const std::string log = directory.file("log");
  const Observed observed = observe({program("starts"), "100", log});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  std::map<int, bool> seen;
  for (const std::string& line : lines_of(read_file(log))) {
    std::istringstream words(line);
    int tid = 0;
    int creators_cpu = -1;
    int cpu = -1;
    ASSERT_TRUE(words >> tid >> creators_cpu >> cpu) << line;
    seen[tid] = cpu != creators_cpu;
  }
  ASSERT_EQ(seen.size(), 200U);
  std::size_t alike = 0;
  for (const Json* task : new_tasks(*observed.report)) {
    const auto found = seen.find(task->at("tid").get<int>());
    const Json& elsewhere = task->at("started_elsewhere");
    const bool hidden = elsewhere.is_null() && counter(*task, "unseen_switch_ins") > 0;
    alike += found != seen.end() && (hidden || elsewhere == found->second) ? 1 : 0;
  }
  EXPECT_GE(alike, 195U);
}

TEST(KernelMemory, IsCountedOnRequestOnly) {
  const Observed observed = created_by("forks");
  ASSERT_TRUE(observed.report);
  EXPECT_TRUE((*observed.report)["totals"].at("counters").at("kernel_slab_bytes").is_null());
}

// A fork copies what a thread shares: at least the VMAs and the page tables.
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
      EXPECT_GT(of_threads, 0) << name;  // pages of stacks are allocated in bulk, which is not counted
    }
  }
}

TEST(Prices, CountEveryWholeLifetime) {
  const Observed observed = created_by("forks");
  ASSERT_TRUE(observed.report);
  const Json& price = (*observed.report)["lifecycle_costs"].at("fork");
  EXPECT_EQ(price.at("count"), 40);
  for (const char* part : {"create_ns", "faults_ns", "exit_ns", "reap_ns"}) {
    EXPECT_GT(price.at(part), 0) << part;
  }
  EXPECT_LE(price.at("exit_ns"), (*observed.report)["totals"].at("activities").at("exit").at("running_ns"));
}

}  // namespace
}  // namespace taskcost::test
