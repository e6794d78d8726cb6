// SPDX-License-Identifier: Apache-2.0
//
// The machine or the target is in a rare state: CPU hotplug, a clock that is set, a full disk, tens of thousands of
// tasks, reused ids, targets that are traced, frozen, dead, or in namespaces of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "support/expect.h"
#include "support/servers.h"
#include "support/setting.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Perf events end when their CPU goes offline, and the tool opens them again: until then faults are counted as
// unresolved there. The tool has done so when it has as many perf descriptors as before.
class Cpu : public ::testing::Test {
 protected:
  static constexpr auto kLimit = 5min;  // only so that a broken tool does not hang the test

  void SetUp() override { ASSERT_EQ(online_.before(), "1\n"); }

  void take_offline(const Subprocess& observer) {
    events_ = descriptors_of(observer.pid(), "perf_event");
    ASSERT_TRUE(online_.put("0")) << "this kernel refuses to take CPU 1 away";
    // There are none where functions are probed instead.
    ASSERT_TRUE(
        eventually([&] { return events_ == 0 || descriptors_of(observer.pid(), "perf_event") < events_; }, kLimit));
  }
  void bring_back(const Subprocess& observer) {
    ASSERT_TRUE(online_.put("1"));
    ASSERT_TRUE(eventually([&] { return descriptors_of(observer.pid(), "perf_event") == events_; }, kLimit));
  }

 private:
  const Setting online_{"/sys/devices/system/cpu/cpu1/online"};
  std::size_t events_ = 0;
};

TEST_F(Cpu, MayGoAndComeBack) {
  constexpr int kTimes = 3;
  const std::string pinned = program("faults") + " anonymous 1000";
  const TemporaryDirectory directory;
  const std::string back = directory.file("back");
  Subprocess observer(
      tool({"run", "-q", "--format", "none", "-o", directory.file("r.json"), "--", "sh", "-c",
            program("fault_loop") + " 2 & for i in $(seq " + std::to_string(kTimes) + "); do until [ -e " + back +
                "$i ]; do sleep 0.01; done; taskset -c 1 " + pinned + "; done; kill $!; wait"}));
  ASSERT_TRUE(observer.wait_for_output("ready", kLimit));
  const auto loop = static_cast<pid_t>(std::stol(observer.out()));
  std::int64_t faults_until_back = 0;  // of the loop, from before the CPU came online until its perf events were open
  for (int time = 1; time <= kTimes; ++time) {
    ASSERT_NO_FATAL_FAILURE(take_offline(observer));
    const std::int64_t before = minor_faults_of(loop);
    ASSERT_NO_FATAL_FAILURE(bring_back(observer));
    faults_until_back += minor_faults_of(loop) - before;
    const std::size_t lines = lines_of(observer.out()).size();
    write_file(back + std::to_string(time), "");
    ASSERT_TRUE(eventually([&] { return lines_of(observer.out()).size() > lines; }, kLimit));
  }
  const Finished finished = observer.wait(kLimit);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  expect_closed(*report);
  expect_sums(*report);
  expect_waits(*report);
  for (const auto& [name, count] : (*report)["losses"].items()) {
    EXPECT_LE(count, name == "unresolved_faults" ? faults_until_back : allowed_loss(*report, name)) << name;
  }
  const auto later = report->with_command(pinned);
  ASSERT_EQ(later.size(), kTimes);
  for (const Json* process : later) {
    EXPECT_EQ(counter(*process, "faults_unresolved"), 0);
    EXPECT_GE(counter(*process, "faults_timed"), 1000);
  }
}

// The stacks of programs that start on this CPU have names.
TEST_F(Cpu, HasItsMappingsFollowedWhenItCameBack) {
  const TemporaryDirectory directory;
  const std::string back = directory.file("back");
  Subprocess observer(tool(
      {"run", "-q", "--stacks", "--format", "none", "-o", directory.file("r.json"), "--", "sh", "-c",
       "echo ready; until [ -e " + back + " ]; do sleep 0.01; done; taskset -c 1 " + elf_directory() + "/paths_pie"}));
  ASSERT_TRUE(observer.wait_for_output("ready", kLimit));
  ASSERT_NO_FATAL_FAILURE(take_offline(observer));
  ASSERT_NO_FATAL_FAILURE(bring_back(observer));
  write_file(back, "");
  const Finished finished = observer.wait(kLimit);
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  std::int64_t faults = 0;
  for (const Json& stack : (*report)["stacks"].at("stacks")) {
    const bool named = std::ranges::any_of(
        stack.at("frames"), [](const Json& frame) { return frame.at("function") == "bakery::flour(int)"; });
    faults += named && stack.at("kind") == "fault" ? stack.at("count").get<std::int64_t>() : 0;
  }
  EXPECT_GE(faults, 100);
}

// Adds exactly `seconds` to CLOCK_REALTIME.
bool shift_clock(long seconds) {
  timex shift{};
  shift.modes = ADJ_SETOFFSET;
  shift.time.tv_sec = seconds;
  return adjtimex(&shift) >= 0;
}

TEST(Clock, ThatIsSetChangesNoDuration) {
  constexpr long kHour = 3600;
  const Running target({program("steady"), "2"});
  const std::int64_t before = monotonic_ns();
  Window window(target.target());
  std::this_thread::sleep_for(100ms);
  const std::int64_t inside = monotonic_ns();
  ASSERT_TRUE(shift_clock(kHour));
  std::this_thread::sleep_for(5ms);
  ASSERT_TRUE(shift_clock(-kHour));
  std::this_thread::sleep_for(100ms);
  const std::int64_t least = monotonic_ns() - inside;
  const auto report = window.close();
  const std::int64_t most = monotonic_ns() - before;
  ASSERT_TRUE(report);
  expect_sound(*report);
  const Json* process = report->find(target.pid());
  ASSERT_NE(process, nullptr);
  for (const Json& task : process->at("tasks")) {
    EXPECT_GE(task.at("lifetime_ns"), least);
    EXPECT_LE(task.at("lifetime_ns"), most);
  }
}

// Mounts a file system of that size.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) {
    EXPECT_EQ(mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()), 0);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() { EXPECT_EQ(umount2(directory_.path().c_str(), MNT_DETACH), 0); }
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

 private:
  TemporaryDirectory directory_;
};

TEST(FullDisk, CutsACaptureThatCanStillBeRead) {
  const SmallDisk disk("256k");
  const TemporaryDirectory directory;
  const Finished recorded = run(tool({"record", "-q", "-o", disk.file("x.tcap"), "-o", directory.file("live.json"),
                                      "--", program("forks"), "2000", "/dev/null"}));
  EXPECT_EQ(recorded.exit_code(), 1) << recorded.describe();
  EXPECT_EQ(lines_of(recorded.err).size(), 1) << recorded.err;
  EXPECT_THAT(recorded.err, HasSubstr("No space left"));
  const auto live = read_report(directory.file("live.json"));
  ASSERT_TRUE(live) << "what needs no capture is there";
  EXPECT_EQ(live->task_count(), 2001);

  const Finished read = run(tool({"report", "--format", "none", disk.file("x.tcap"), "-o", directory.file("r.json")}));
  EXPECT_EQ(read.exit_code(), 0) << read.describe();
  EXPECT_THAT(read.err, HasSubstr("truncated"));
  EXPECT_EQ(lines_of(read.err).size(), 1);
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  EXPECT_GT(report->task_count(), 10);
  EXPECT_LT(report->task_count(), 2001);
  EXPECT_EQ((*report)["window"].at("exit"), "cut");
}

TEST(FullDisk, LeavesNoHalfReport) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("x.tcap");
  ASSERT_EQ(run(tool({"record", "-q", "-o", capture, "--", program("forks"), "50", "/dev/null"})).exit_code(), 0);
  for (const char* name : {"x.html", "x.json", "x.txt", "x.pftrace", "x.csv", "x.ndjson"}) {
    const SmallDisk disk("8k");
    const Finished finished = run(tool({"report", capture, "--format", "none", "-o", disk.file(name)}));
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(name));
    EXPECT_THAT(finished.err, HasSubstr("No space left"));
    EXPECT_FALSE(std::filesystem::exists(disk.file(name)));
  }
}

// All tasks are created in the window and end at once: each has an account, or is counted as lost.
TEST(Crowded, EveryTaskOfMany) {
  const std::int64_t processes = 20;
  const std::int64_t threads = thorough() ? 2500 : 250;
  std::optional<Setting> pid_max;
  if (thorough()) {
    pid_max.emplace("/proc/sys/kernel/pid_max");
    ASSERT_TRUE(pid_max->put("100000"));
  }
  const TemporaryDirectory directory;
  Subprocess observer(tool({"run", "-q", "--format", "none", "--max-tasks", "60000", "-o", directory.file("r.json"),
                            "--", program("crowd"), std::to_string(processes), std::to_string(threads)}));
  ASSERT_TRUE(observer.wait_for_output("ready", 120s));
  const auto children = children_of(observer.pid());
  ASSERT_EQ(children.size(), 1);
  kill(children.front(), SIGTERM);
  const Finished finished = observer.wait(120s);
  EXPECT_EQ(finished.exit_code(), 128 + SIGTERM) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  constexpr int kOwn = 1 + 64;
  const std::int64_t dropped = (*report)["losses"].at("dropped_exit_records");
  EXPECT_EQ((*report)["task_count"].get<std::int64_t>() + dropped, processes * threads + kOwn);
  std::int64_t reported = static_cast<std::int64_t>(report->task_count());
  for (const Json& aggregated : (*report)["aggregated"]) {
    reported += aggregated.at("tasks").get<std::int64_t>();
  }
  EXPECT_EQ(reported, (*report)["task_count"]);
  expect_closed(*report);
}

TEST(Nested, EachGenerationHasItsParent) {
  constexpr int kDepth = 64;
  const TemporaryDirectory directory;
  const WatchedRun watched = watch(directory, {program("nested"), std::to_string(kDepth), own_log(directory)});
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  const Report& report = *watched.observed.report;
  expect_sound(report);
  // The command, and below it a child for each level; the innermost is waited for first.
  ASSERT_EQ(watched.waited.size(), 1 + kDepth);
  expect_as_waited(report, watched.waited);
  pid_t inner = 0;
  for (std::size_t i = 1; i < watched.waited.size(); ++i) {
    const Json* process = report.find(watched.waited[i].pid, watched.waited[i].at_ns);
    ASSERT_NE(process, nullptr);
    EXPECT_EQ(report.family(*process).size(), i);
    if (inner != 0) {
      const Json* child = report.find(inner, watched.waited[i].at_ns);
      ASSERT_NE(child, nullptr);
      EXPECT_EQ(child->at("parent"), process->at("id"));
      EXPECT_EQ(child->at("ppid"), process->at("tgid"));
    }
    inner = watched.waited[i].pid;
  }
}

// Few pids, all used several times: the report keeps tasks with the same pid apart.
TEST(ReusedIds, EveryProcessHasAnAccountOfItsOwn) {
  constexpr std::int64_t kForks = 1200;
  constexpr std::size_t kFree = 800;  // includes the pids below 300, which the kernel uses only once
  std::size_t used = 0;
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    used += tids_of(static_cast<pid_t>(std::strtol(process.path().filename().c_str(), nullptr, 10))).size();
  }
  const Setting pid_max("/proc/sys/kernel/pid_max");
  ASSERT_TRUE(pid_max.put(std::to_string(used + kFree)));
  const TemporaryDirectory directory;
  const Observed observed = observe({program("forks"), std::to_string(kForks), own_log(directory)});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  expect_sound(*observed.report);
  const auto waited = read_wait_log(own_log(directory));
  ASSERT_EQ(waited.size(), kForks);
  std::map<pid_t, int> by_log;
  for (const Waited& life : waited) {
    ++by_log[life.pid];
  }
  EXPECT_LT(by_log.size(), kForks / 3 * 2) << "the numbers were not used again";
  std::map<pid_t, int> by_report;
  std::set<std::uint64_t> ids;
  for (const Json& process : observed.report->processes()) {
    ids.insert(process.at("id").get<std::uint64_t>());
    if (process.at("origin") == "fork" && !process.at("parent").is_null()) {
      ++by_report[process.at("tgid").get<pid_t>()];
    }
  }
  EXPECT_EQ(by_report, by_log);
  EXPECT_EQ(ids.size(), kForks + 1);
}

TEST(TracedTarget, IsObserved) {
  const TemporaryDirectory directory;
  const Running target({program("steady"), "2"});
  Subprocess tracer({"strace", "-f", "-o", directory.file("strace"), "-p", std::to_string(target.pid())});
  const std::string status = "/proc/" + std::to_string(target.pid());
  ASSERT_TRUE(eventually([&] { return status_field(status, "TracerPid").value_or(0) == tracer.pid(); }))
      << tracer.err();
  Window window(target.target());
  std::this_thread::sleep_for(300ms);
  const auto report = window.close();
  tracer.send(SIGINT);
  tracer.wait(20s);
  ASSERT_TRUE(report);
  expect_valid(*report);
  expect_sound(*report);
  const Json* process = report->find(target.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->at("tasks").size(), 3);
  EXPECT_GT(counter(*process, "children_forks"), 0);
}

// The target is frozen when the window opens, and thawed in its middle.
TEST(FrozenTarget, IsObservedAsItStandsStill) {
  const Running target({program("steady"), "2"});
  const Cgroup group;
  ASSERT_TRUE(group.take(target.pid()));
  const auto freeze = [&](const char* state) {
    write_file(group.path() + "/cgroup.freeze", state);
    return eventually([&] {
      return read_file(group.path() + "/cgroup.events").find("frozen " + std::string(state)) != std::string::npos;
    });
  };
  ASSERT_TRUE(freeze("1"));
  const std::string proc = "/proc/" + std::to_string(target.pid());
  {
    Window window(target.target());
    const auto switches = status_field(proc, "voluntary_ctxt_switches");
    std::this_thread::sleep_for(200ms);
    const auto report = window.close();
    EXPECT_EQ(status_field(proc, "voluntary_ctxt_switches"), switches);
    ASSERT_TRUE(report);
    expect_valid(*report);
    expect_sound(*report);
    const Json* process = report->find(target.pid());
    ASSERT_NE(process, nullptr);
    EXPECT_EQ(process->at("tasks").size(), 3);
    EXPECT_EQ(time_in_condition(process->at("total"), "running_ns"), 0);
    EXPECT_EQ(counter(*process, "voluntary_switches"), 0);
  }
  Window window(target.target());
  const std::int64_t frozen_from = monotonic_ns();
  std::this_thread::sleep_for(200ms);
  const std::int64_t frozen_ns = monotonic_ns() - frozen_from;
  ASSERT_TRUE(freeze("0"));
  std::this_thread::sleep_for(200ms);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_valid(*report);
  expect_sound(*report);
  const Json* process = report->find(target.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_GT(counter(*process, "children_forks"), 0) << "it went on";
  for (const Json& task : process->at("tasks")) {
    EXPECT_GE(
        time_in_condition(task.at("account"), "blocked_ns") + time_in_condition(task.at("account"), "runnable_ns"),
        frozen_ns);
  }
}

TEST(ZombieTarget, IsReportedAtOnce) {
  const pid_t zombie = fork();
  if (zombie == 0) {
    _exit(3);
  }
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT), 0);
  const TemporaryDirectory directory;
  const Finished finished = run(attach_command({"-p", std::to_string(zombie)}, directory.file("r.json")), {}, 20s);
  EXPECT_FALSE(finished.timed_out) << finished.describe();
  EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  waitpid(zombie, nullptr, 0);
}

// The leader is a zombie until the last thread ends.
TEST(ZombieTarget, WithLivingThreadsIsObserved) {
  const TemporaryDirectory directory;
  Subprocess target({program("leader_exits_first"), "1500"});
  const std::string proc = "/proc/" + std::to_string(target.pid());
  ASSERT_TRUE(eventually([&] { return read_file(proc + "/stat").find(") Z ") != std::string::npos; }));
  const Finished finished =
      run(attach_command({"-p", std::to_string(target.pid())}, directory.file("r.json")), {}, 20s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_valid(*report);
  EXPECT_NE(report->find(target.pid()), nullptr);
}

// The clocks of its time namespace are ahead by eleven days, and its pids begin at 1.
TEST(OtherNamespaces, DurationsAreThoseOfTheMachine) {
  const TemporaryDirectory directory;
  const std::int64_t begin = monotonic_ns();
  const Observed observed = observe({"unshare", "--pid", "--fork", "--time", "--boottime", "1000000", "--monotonic",
                                     "1000000", program("threads"), "20"});
  const std::int64_t end = monotonic_ns();
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_valid(report);
  expect_sound(report);
  EXPECT_GE(report["window"].at("start_ns"), begin);
  EXPECT_LE(report["window"].at("end_ns"), end);
  std::size_t inside = 0;
  for (const Json& process : report.processes()) {
    EXPECT_GE(process.at("start_ns"), begin);
    EXPECT_LE(process.at("end_ns"), end);
    inside += process.at("tgid_inside").is_null() ? 0 : 1;
  }
  EXPECT_EQ(inside, 1);
}

}  // namespace
}  // namespace taskcost::test
