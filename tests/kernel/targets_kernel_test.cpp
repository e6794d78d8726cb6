// SPDX-License-Identifier: Apache-2.0
//
// The targets of attach: cgroups, names, the whole machine, and tasks that arrive later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/expect.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A cgroup that is removed with the object.
class Cgroup {
 public:
  explicit Cgroup(const std::string& path) : path_(path) { EXPECT_EQ(mkdir(path.c_str(), 0755), 0) << path; }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  // The kernel removes the last task from the cgroup a moment after its parent has reaped it.
  ~Cgroup() {
    for (int tries = 0; rmdir(path_.c_str()) != 0 && tries < 100; ++tries) {
      std::this_thread::sleep_for(10ms);
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  void take(pid_t pid) const { EXPECT_TRUE(std::ofstream(path_ + "/cgroup.procs") << pid << std::flush); }

 private:
  std::string path_;
};

// The mounted hierarchies of one version: directories in which cgroups can be made.
std::vector<std::string> hierarchies(const std::string& type) {
  std::vector<std::string> roots;
  std::ifstream mounts("/proc/mounts");
  for (std::string source, point, kind, rest; mounts >> source >> point >> kind && std::getline(mounts, rest);) {
    // New cgroups of cpuset have no CPUs, and accept no tasks.
    if (kind == type && point.find("cpuset") == std::string::npos) {
      roots.push_back(point);
    }
  }
  return roots;
}

class InCgroup : public ::testing::TestWithParam<const char*> {};

TEST_P(InCgroup, TasksBelowItAndLateArrivalsAreObserved) {
  const auto roots = hierarchies(GetParam());
  ASSERT_FALSE(roots.empty()) << "no hierarchy of type " << GetParam() << " is mounted";
  const Cgroup outer(roots.front() + "/taskcost-test-" + std::to_string(getpid()));
  const Cgroup inner(outer.path() + "/inner");
  const Running below({program("steady"), "2"});
  const Running outside({program("steady"), "1"});
  const Running late({program("steady"), "1"});
  inner.take(below.pid());

  Window window({"--cgroup", outer.path()});
  outer.take(late.pid());
  std::this_thread::sleep_for(200ms);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_sound(*report);
  const Json* found = report->find(below.pid());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->at("threads"), 3);
  EXPECT_EQ(report->find(outside.pid()), nullptr);
  const Json* arrived = report->find(late.pid());
  ASSERT_NE(arrived, nullptr) << "it came during the observation";
  EXPECT_EQ(arrived->at("threads"), 2);
  EXPECT_GT(arrived->at("start_ns"), found->at("start_ns"));
}

TEST_P(InCgroup, APathBelowTheRootIsEnough) {
  const auto roots = hierarchies(GetParam());
  ASSERT_FALSE(roots.empty());
  const std::string name = "/taskcost-test-" + std::to_string(getpid());
  const Cgroup group(roots.front() + name);
  const Running inside({program("steady"), "1"});
  group.take(inside.pid());
  const TemporaryDirectory directory;
  const Finished finished = run(attach_command({"--cgroup", name, "-d", "0.2"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  EXPECT_NE(report->find(inside.pid()), nullptr);
}

TEST_P(InCgroup, AnEmptyOneIsAnError) {
  const auto roots = hierarchies(GetParam());
  ASSERT_FALSE(roots.empty());
  const Cgroup group(roots.front() + "/taskcost-test-" + std::to_string(getpid()));
  const Finished finished = run({taskcost_binary(), "attach", "--cgroup", group.path(), "-d", "1"});
  EXPECT_EQ(finished.exit_code(), 1);
  EXPECT_THAT(finished.err, HasSubstr("no task is in the cgroup"));
}

INSTANTIATE_TEST_SUITE_P(Version, InCgroup, ::testing::Values("cgroup2", "cgroup"),
                         [](const auto& type) { return std::string(type.param); });

TEST(ByName, MatchesProcessesAndThoseThatTakeTheNameLater) {
  const Running early({program("steady"), "1"});
  Window window({"--comm", "st[a-e]?d*"});
  const Running late({program("steady"), "1"});
  std::this_thread::sleep_for(200ms);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_NE(report->find(early.pid()), nullptr);
  const Json* arrived = report->find(late.pid());
  ASSERT_NE(arrived, nullptr) << "it took the name during the observation";
  EXPECT_EQ(arrived->at("threads"), 2);
  for (const Json& process : report->processes()) {
    EXPECT_EQ(process.at("comm"), "steady");
  }
}

TEST(ByName, ANameOfNoProcessIsAnError) {
  const Finished finished = run({taskcost_binary(), "attach", "--comm", "no-such-name*", "-d", "1"});
  EXPECT_EQ(finished.exit_code(), 1);
  EXPECT_THAT(finished.err, HasSubstr("no process has a matching name"));
}

TEST(Machine, IsObservedWithoutTheObserver) {
  const TemporaryDirectory directory;
  const Running one({program("steady"), "2"});
  Subprocess attach(attach_command({"-a", "-d", "0.8"}, directory.file("r.json")));
  const pid_t observer = attach.pid();
  std::vector<pid_t> born;
  while (!attach.ended(20ms)) {
    born.push_back(run({"true"}).pid);
  }
  const Finished finished = attach.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_no_losses(*report);
  expect_closed(*report);
  expect_waits(*report);
  EXPECT_NE(report->find(one.pid()), nullptr);
  const auto observed = std::ranges::count_if(born, [&](pid_t pid) { return report->find(pid) != nullptr; });
  EXPECT_GT(observed, 5) << "of " << born.size() << ", most of which were born during the observation";
  EXPECT_EQ(report->find(observer), nullptr);
  std::size_t kernel_threads = 0;
  for (const Json& process : report->processes()) {
    if (process.at("kernel").get<bool>()) {
      ++kernel_threads;
      EXPECT_EQ(time_in_activity(process.at("total"), "user"), 0);
    }
  }
  EXPECT_GT(kernel_threads, 5);
  EXPECT_GT((*report)["kernel_totals"].at("lifetime_ns"), 0);
}

// Two programs may try to give a task its ledger: the probe on task creation, and the walk over all tasks.
TEST(Machine, WhoIsBornDuringTheWalkHasOneLedger) {
  const Subprocess storm({program("fork_storm"), "60"});
  for (int round = 0; round < 6; ++round) {
    const TemporaryDirectory directory;
    const Finished attach = run(attach_command({"-a", "-d", "0.02"}, directory.file("r.json")));
    ASSERT_EQ(attach.exit_code(), 0) << attach.describe();
    const auto report = read_report(directory.file("r.json"));
    ASSERT_TRUE(report);
    expect_no_losses(*report);
    std::set<std::int64_t> tids;
    for (const Json& process : report->processes()) {
      for (const Json& task : process.at("tasks")) {
        EXPECT_TRUE(tids.insert(task.at("tid").get<std::int64_t>()).second) << "twice: " << task.at("tid");
      }
    }
  }
}

TEST(Namespaces, IdsAreThoseOfTheHostAndThoseInside) {
  const Observed observed = observe({"unshare", "--pid", "--fork", program("threads"), "2"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  bool found = false;
  for (const Json& process : observed.report->processes()) {
    if (process.at("comm") == "threads") {
      found = true;
      EXPECT_EQ(process.at("tgid_inside"), 1);
      EXPECT_GT(process.at("tgid"), 1);
      EXPECT_EQ(process.at("tasks").at(0).at("tid_inside"), 1);
      EXPECT_EQ(process.at("tasks").at(1).at("tid_inside"), 2);
    } else {
      EXPECT_TRUE(process.at("tgid_inside").is_null());
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace taskcost::test
