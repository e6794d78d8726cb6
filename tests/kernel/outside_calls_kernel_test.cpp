// SPDX-License-Identifier: Apache-2.0
//
// What the kernel does for a task outside of the traced system calls, and why tasks stand still: compared with programs
// that know what they did, and with the kernel's own statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "support/expect.h"
#include "support/servers.h"
#include "support/setting.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* name = "outside_calls";

// The "key value" lines of the program.
std::map<std::string, std::int64_t> said(const Observed& observed) {
  std::map<std::string, std::int64_t> values;
  std::istringstream lines(observed.finished.out);
  std::string key;
  for (std::int64_t value = 0; lines >> key >> value;) {
    values[key] = value;
  }
  return values;
}

// The tasks with that comm, by id.
std::map<std::uint64_t, Json> tasks_named(const Report& report, const std::string& comm) {
  std::map<std::uint64_t, Json> tasks;
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      if (task.at("comm") == comm) {
        tasks[task.at("id").get<std::uint64_t>()] = task;
      }
    }
  }
  return tasks;
}

Json first_named(const Report& report, const std::string& comm) {
  const auto tasks = tasks_named(report, comm);
  EXPECT_FALSE(tasks.empty()) << comm;
  return tasks.empty() ? Json() : tasks.begin()->second;
}

// How often waits with one cause were ended, by "waker: call site".
std::map<std::string, int> wakeups(const Report& report, const std::string& cause) {
  std::map<std::string, int> sums;
  for (const Json& edge : report["edges"]) {
    if (edge.at("channel") != cause || edge.at("wakeups") == 0) {
      continue;
    }
    const std::string waker = edge.at("waker");
    if (edge.at("call_sites").empty()) {
      sums[waker] += edge.at("wakeups").get<int>();
    }
    for (const auto& [place, count] : edge.at("call_sites").items()) {
      sums[waker + ": " + place] += count.get<int>();
    }
  }
  return sums;
}

std::int64_t waited(const Json& task, const std::string& cause) {
  const Json& waits = task.at("account").at("waits");
  return waits.contains(cause) ? waits.at(cause).at("blocked_ns").get<std::int64_t>() : 0;
}

class OutsideCalls : public ::testing::TestWithParam<const char*> {
 protected:
  static Observed observe_in(const Words& arguments) {
    Words command{program(name)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Observed observed = observe(command, {"--detail", GetParam()});
    expect_ran(observed);
    if (observed.report) {
      expect_valid(*observed.report);
      expect_sound(*observed.report);
    }
    return observed;
  }
};

// The last reference to a file is dropped after the call, on the way back to user mode.
TEST_P(OutsideCalls, FilesThatCloseWakeFromTheCallThatClosedThem) {
  for (const auto& [mode, place] : std::map<std::string, std::string>{
           {"exec", "execve"}, {"dup2", "dup3"}, {"close_range", "close_range"}, {"close", "close"}}) {
    SCOPED_TRACE(mode);
    const Observed observed = observe_in({mode});
    ASSERT_TRUE(observed.report);
    const auto times = static_cast<int>(said(observed)["times"]);
    const auto by = wakeups(*observed.report, "pipe");
    ASSERT_EQ(by.size(), 1U) << ::testing::PrintToString(by);
    EXPECT_EQ(by.begin()->first, "task: " + place);
    // The kernel wakes the reader while it holds the lock of the pipe, for which the reader can sleep once more.
    EXPECT_GE(by.begin()->second, times);
    EXPECT_LE(by.begin()->second, 2 * times);
  }
}

// The stop comes on the way out of the call that sent the signal. arm64 forgets that call before it delivers signals.
#if defined(__aarch64__)
const std::set<std::string> stop_sites{"task: user code"};
#else
const std::set<std::string> stop_sites{"task: tgkill", "task: tkill", "task: kill"};
#endif

TEST_P(OutsideCalls, ATaskThatStopsItselfWakesItsParent) {
  const Observed observed = observe_in({"stop"});
  ASSERT_TRUE(observed.report);
  auto by = wakeups(*observed.report, "child");
  EXPECT_FALSE(by.contains("interrupt")) << ::testing::PrintToString(by);
  EXPECT_EQ(by.contains("task: user code"), stop_sites.contains("task: user code")) << ::testing::PrintToString(by);
  int stops = 0;
  for (const std::string& site : stop_sites) {
    stops += by[site];
  }
  // SIGCONT wakes the parent too.
  EXPECT_GE(stops, said(observed)["times"]);
  for (const auto& [id, task] : tasks_named(*observed.report, "stopper")) {
    EXPECT_GT(waited(task, "stopped"), 0);
  }
}

TEST(RefusedCalls, AreCountedAndNamed) {
  constexpr std::int64_t calls = 10'000;
  const TemporaryDirectory directory;
  const std::string csv = directory.file("r.csv");
  const Finished finished =
      run(tool({"record", "-q", "--format", "none", "-o", csv, "-o", directory.file("r.json"), "-o",
                directory.file("r.tcap"), "--", program(name), "refused", std::to_string(calls)}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const Json& total = (*report)["totals"].at("counters");
  EXPECT_EQ(total.at("syscalls_entry_unseen"), calls);
  EXPECT_GE(total.at("syscalls"), calls);
  std::istringstream rows(read_file(csv));
  std::int64_t named = 0;
  for (std::string row; std::getline(rows, row);) {
    named += row.find("call") != std::string::npos && row.find("getppid") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(named, calls);
  const Finished audit = run(tool({"report", "--audit", directory.file("r.tcap")}));
  EXPECT_EQ(audit.exit_code(), 0) << audit.describe();
}

TEST_P(OutsideCalls, ACallThatASupervisorAnswersIsWhereItsTaskWaits) {
  const Observed observed = observe_in({"notified"});
  ASSERT_TRUE(observed.report);
  const Json asking = first_named(*observed.report, "asking");
  const std::int64_t own_clock = said(observed)["asked_ns"];
  const Json& activities = asking.at("account").at("activities");
  EXPECT_LE(activities.at("user").at("blocked_ns"), own_clock / 10);
  EXPECT_GE(activities.at("other").at("blocked_ns"), own_clock / 2);
  // Each of the two ends the other one's waits; no interrupt does.
  for (const Json& edge : (*observed.report)["edges"]) {
    if (edge.at("channel") == "other" && edge.at("waited_ns").get<std::int64_t>() > own_clock / 2) {
      EXPECT_EQ(edge.at("waker"), "task");
      EXPECT_EQ(edge.at("call_sites"), Json({{"ioctl", 1}}));
    }
  }
}

TEST_P(OutsideCalls, ACoreDumpIsAPartOfTheExit) {
  const Setting pattern("/proc/sys/kernel/core_pattern");
  ASSERT_TRUE(pattern.put("|/bin/sleep 0.3"));
  const Observed observed = observe_in({"dump"});
  ASSERT_TRUE(observed.report);
  auto values = said(observed);
  ASSERT_EQ(values["dumped"], 1);
  const Json dumping = first_named(*observed.report, "dumping");
  EXPECT_GE(waited(dumping, "core_dump"), values["death_ns"] / 2);
  EXPECT_LE(waited(dumping, "page_fault"), values["death_ns"] / 10);
  EXPECT_LE(dumping.at("account").at("activities").at("user").at("blocked_ns"), values["death_ns"] / 10);
  const Json idle = first_named(*observed.report, "idle");
  EXPECT_GE(waited(idle, "core_dump"), values["death_ns"] / 2);
  EXPECT_FALSE(wakeups(*observed.report, "core_dump").contains("interrupt"));
  EXPECT_EQ((*observed.report)["losses"].at("unresolved_faults"), 0);
}

// A cgroup with the CPU controller, of whichever version it is in.
class Quota {
 public:
  Quota() {
    if (read_file("/sys/fs/cgroup/cpu/cgroup.procs").empty()) {
      path_ = "/sys/fs/cgroup/taskcost-quota-" + std::to_string(getpid());
      write_file("/sys/fs/cgroup/cgroup.subtree_control", "+cpu");
      EXPECT_EQ(mkdir(path_.c_str(), 0755), 0) << path_;
      write_file(path_ + "/cpu.max", "20000 100000");
    } else {
      path_ = "/sys/fs/cgroup/cpu/taskcost-quota-" + std::to_string(getpid());
      EXPECT_EQ(mkdir(path_.c_str(), 0755), 0) << path_;
      write_file(path_ + "/cpu.cfs_quota_us", "20000");
    }
  }
  ~Quota() {
    for (int tries = 0; rmdir(path_.c_str()) != 0 && tries < 100; ++tries) {
      std::this_thread::sleep_for(10ms);
    }
  }
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  [[nodiscard]] std::string procs() const { return path_ + "/cgroup.procs"; }
  [[nodiscard]] std::string controller() const { return path_.starts_with("/sys/fs/cgroup/cpu/") ? "/cpu" : ""; }
  [[nodiscard]] std::int64_t throttled_ns() const {
    std::istringstream lines(read_file(path_ + "/cpu.stat"));
    std::string key;
    for (std::int64_t value = 0; lines >> key >> value;) {
      if (key == "throttled_time") {
        return value;
      }
      if (key == "throttled_usec") {
        return value * 1000;
      }
    }
    return 0;
  }

 private:
  std::string path_;
};

TEST_P(OutsideCalls, ATaskBeyondItsQuotaIsThrottled) {
  const Quota quota;
  const Observed observed = observe_in({"spin", quota.procs(), "200000000"});
  ASSERT_TRUE(observed.report);
  const Json& counters = (*observed.report)["totals"].at("counters");
  EXPECT_GT(counters.at("throttled"), 0);
  const auto throttled = counters.at("throttled_ns").get<std::int64_t>();
  EXPECT_GE(throttled, quota.throttled_ns() / 2);
  EXPECT_LE(throttled, quota.throttled_ns() * 3 / 2);
  const Json& quotas = (*observed.report)["cpu_quotas"];
  ASSERT_EQ(quotas.size(), 1U);
  EXPECT_EQ("/sys/fs/cgroup" + quota.controller() + quotas[0].at("cgroup").get<std::string>() + "/cgroup.procs",
            quota.procs());
  EXPECT_EQ(quotas[0].at("quota_ns"), 20'000'000);
  EXPECT_EQ(quotas[0].at("period_ns"), 100'000'000);
  EXPECT_EQ(quotas[0].at("throttled"), counters.at("throttled"));
  EXPECT_EQ(quotas[0].at("throttled_ns"), counters.at("throttled_ns"));
  // Throttling is not counted as waiting for a busy CPU. (Once back on its run queue, the task may have to.)
  EXPECT_LT((*observed.report)["histograms"].at("run_queue").at("sum_ns").get<std::int64_t>(), throttled);
}

TEST_P(OutsideCalls, YieldsAreNoPreemptions) {
  const Observed observed = observe_in({"yield", "500"});
  ASSERT_TRUE(observed.report);
  const Json& counters = (*observed.report)["totals"].at("counters");
  EXPECT_GT(counters.at("yields"), 0);
  EXPECT_LE(counters.at("yields"), counters.at("involuntary_switches"));
  if (std::string(GetParam()) == "full") {
    EXPECT_LE(counters.at("yields"), 1000);  // the saved registers alone would count a call that has returned too
  }
  EXPECT_GT(counters.at("yielded_ns"), 0);
}

void expect_frozen(const Observed& observed) {
  ASSERT_TRUE(observed.report);
  auto values = said(observed);
  for (const char* comm : {"poller", "spinner", "napper"}) {
    SCOPED_TRACE(comm);
    const Json task = first_named(*observed.report, comm);
    EXPECT_GE(waited(task, "frozen"), values["frozen_ns"] / 2);
    EXPECT_LE(waited(task, "frozen"), values["frozen_ns"] * 3 / 2);
    EXPECT_EQ(waited(task, "other"), 0);
  }
  const Json spinner = first_named(*observed.report, "spinner").at("account").at("activities");
  EXPECT_EQ(spinner.at("page_fault").at("blocked_ns"), 0);
}

TEST_P(OutsideCalls, TheFreezerIsWhatAFrozenTaskWaitsFor) {
  const Cgroup group;
  expect_frozen(observe_in({"freeze", group.path()}));
}

// A freezer of version 1 on a mount point of its own: it can be mounted beside a hierarchy of version 2.
class FirstFreezer {
 public:
  FirstFreezer() {
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
    EXPECT_EQ(mount("none", root_.c_str(), "cgroup", 0, "freezer"), 0) << errno;
    EXPECT_EQ(mkdir(path().c_str(), 0755), 0) << path();
  }
  ~FirstFreezer() {
    rmdir(path().c_str());
    umount(root_.c_str());
    rmdir(root_.c_str());
  }
  FirstFreezer(const FirstFreezer&) = delete;
  FirstFreezer& operator=(const FirstFreezer&) = delete;
  [[nodiscard]] std::string path() const { return root_ + "/taskcost-" + std::to_string(getpid()); }

 private:
  std::string root_ = "/tmp/taskcost-freezer-XXXXXX";
};

TEST_P(OutsideCalls, TheFreezerOfVersion1FreezesSleepersInTheirPlace) {
  const FirstFreezer freezer;
  expect_frozen(observe_in({"freeze", freezer.path()}));
}

TEST(AdoptedInAFault, IsWhereItIs) {
  for (const char* detail : {"full", "switches"}) {
    SCOPED_TRACE(detail);
    const Running target({program(name), "fault"});
    Words words = target.target();
    words.insert(words.end(), {"--detail", detail});
    Window window(words);
    std::this_thread::sleep_for(200ms);
    const auto report = window.close();
    ASSERT_TRUE(report);
    expect_valid(*report);
    expect_sound(*report);
    const Json faulting = first_named(*report, "faulting");
    EXPECT_GT(waited(faulting, "page_fault"), std::chrono::nanoseconds(100ms).count());
    EXPECT_EQ(waited(faulting, "other"), 0);
    EXPECT_EQ(faulting.at("account").at("activities").at("user").at("blocked_ns"), 0);
    EXPECT_GT(faulting.at("account").at("activities").at("page_fault").at("blocked_ns"),
              std::chrono::nanoseconds(100ms).count());
  }
}

INSTANTIATE_TEST_SUITE_P(Detail, OutsideCalls, ::testing::Values("full", "switches"),
                         [](const auto& level) { return std::string(level.param); });

}  // namespace
}  // namespace taskcost::test
