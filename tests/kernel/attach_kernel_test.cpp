// SPDX-License-Identifier: Apache-2.0
//
// Programs that already run: all their tasks are found, accounted over the window, and undisturbed afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "base/preemption.h"
#include "support/expect.h"
#include "support/servers.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kChildren = 20;

class Attach : public ::testing::Test {
 protected:
  static constexpr std::size_t kThreads = 3;

  void SetUp() override {
    target_ =
        std::make_unique<Subprocess>(Words{program("steady"), std::to_string(kThreads), directory_.file("children")});
    ASSERT_TRUE(target_->wait_for_output("ready"));
  }
  void TearDown() override {
    if (target_ && !target_->ended()) {
      target_->send(SIGTERM);
      EXPECT_EQ(target_->wait().exit_code(), 0);
    }
  }

  [[nodiscard]] std::string pid() const { return std::to_string(target_->pid()); }
  [[nodiscard]] std::vector<Waited> children() const { return read_wait_log(directory_.file("children")); }
  // Waits until the program has forked and waited for so many more children.
  void await_children(std::size_t more) const {
    const std::size_t wanted = children().size() + more;
    EXPECT_TRUE(eventually([&] { return children().size() >= wanted; }, 5min));
  }
  [[nodiscard]] Words attach(const Words& target) const { return attach_command(target, directory_.file("r.json")); }
  [[nodiscard]] std::optional<Report> report() const { return read_report(directory_.file("r.json")); }

  TemporaryDirectory directory_;
  std::unique_ptr<Subprocess> target_;
};

std::set<pid_t> tids_in(const Json& process) {
  std::set<pid_t> tids;
  for (const Json& task : process.at("tasks")) {
    tids.insert(task.at("tid").get<pid_t>());
  }
  return tids;
}

const Json& leader_of(const Json& process) {
  const Json& tasks = process.at("tasks");
  return *std::find_if(tasks.begin(), tasks.end(), [](const Json& task) { return task.at("leader").get<bool>(); });
}

// The children whose whole life is within the time in which their parent was observed. The parent has one at a time: a
// child was born after the previous one was waited for, and its last switch is over when the next one was waited for.
std::vector<Waited> children_within(const Json& parent, const std::vector<Waited>& log) {
  const auto start = leader_of(parent).at("start_ns").get<std::int64_t>();
  const auto end = leader_of(parent).at("end_ns").get<std::int64_t>();
  std::vector<Waited> within;
  for (std::size_t i = 1; i + 1 < log.size(); ++i) {
    if (log[i - 1].at_ns > start && log[i + 1].at_ns < end) {
      within.push_back(log[i]);
    }
  }
  return within;
}

// They are in the report, and each agrees with wait4.
void expect_children(const Report& report, pid_t parent, const std::vector<Waited>& log) {
  const std::vector<Waited> within = children_within(*report.find(parent), log);
  EXPECT_GE(within.size(), kChildren);
  expect_as_waited(report, within);
}

// While a map system call of one observer is preempted, a preemptible kernel skips the other's programs on functions
// and perf events there. It counts some of those misses, and a fault whose end was skipped is unresolved.
void expect_no_losses_but_skips(const Report& report) {
  for (const auto& [name, count] : report["losses"].items()) {
    if (name != "skipped_probes" && name != "unresolved_faults" && name != "unpaired_faults") {
      EXPECT_EQ(count, 0) << "loss: " << name;
    }
  }
}

TEST_F(Attach, TakesSeveralProcesses) {
  Subprocess other({program("steady"), "1", directory_.file("others")});
  ASSERT_TRUE(other.wait_for_output("ready"));
  const Finished finished = run(attach({"-p", pid() + "," + std::to_string(other.pid()), "-d", "0.3"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  EXPECT_NE(report->find(target_->pid()), nullptr);
  EXPECT_NE(report->find(other.pid()), nullptr);
  other.send(SIGTERM);
  EXPECT_EQ(other.wait().exit_code(), 0);
}

TEST_F(Attach, FindsAllThreadsAndFollowsChildren) {
  const std::set<pid_t> tids = tids_of(target_->pid());
  const Finished finished = run(attach({"-p", pid(), "-d", "1"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ((*report)["window"].at("exit"), "duration");
  EXPECT_NEAR((*report)["window"].at("wall_ns").get<double>(), 1e9, 2e8);
  EXPECT_EQ((*report)["target"].at("mode"), "attach");

  const Json* process = report->find(target_->pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(tids_in(*process), tids);
  EXPECT_EQ(process->at("origin"), "attached");
  EXPECT_NE(process->at("command").get<std::string>().find("steady"), std::string::npos);
  for (const Json& task : process->at("tasks")) {
    EXPECT_EQ(task.at("open_at_start"), true);
    EXPECT_EQ(task.at("open_at_end"), true);
  }
  EXPECT_TRUE(process->at("exit_code").is_null());
  expect_children(*report, target_->pid(), children());
  EXPECT_FALSE(target_->ended());
}

// The window lies within the interval between two reads of the kernel's counts from outside, before and after.
TEST_F(Attach, CountsNoMoreThanTheKernel) {
  const std::string main_task = "/proc/" + pid();
  const auto before = status_field(main_task, "voluntary_ctxt_switches");
  Window window({"-p", pid()});
  await_children(kChildren + 2);
  const auto report = window.close();
  const auto after = status_field(main_task, "voluntary_ctxt_switches");
  ASSERT_TRUE(report && before && after);
  const Json& process = *report->find(target_->pid());
  const std::int64_t switches = counter(leader_of(process), "voluntary_switches");
  EXPECT_LE(switches, *after - *before);
  // The shell sleeps before each child.
  const std::vector<Waited> within = children_within(process, children());
  EXPECT_GE(within.size(), kChildren);
  EXPECT_GE(switches, static_cast<std::int64_t>(within.size()));
}

TEST_F(Attach, SingleTasksAreNotFollowed) {
  const Finished finished = run(attach({"-t", pid(), "-d", "0.3"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  expect_no_losses(*report);
  expect_closed(*report);
  ASSERT_EQ(report->processes().size(), 1);
  EXPECT_EQ(tids_in(report->processes()[0]), std::set<pid_t>{target_->pid()});
}

TEST_F(Attach, OneThreadOfMany) {
  const std::string tid = lines_of(target_->out()).front();
  const Finished finished = run(attach({"-t", tid, "-d", "0.3"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->task_count(), 1);
  const Json& task = report->processes()[0].at("tasks")[0];
  EXPECT_EQ(task.at("tid").get<pid_t>(), std::stoi(tid));
  EXPECT_EQ(task.at("leader"), false);
  // The thread sleeps for 1 ms of every 1.1 ms or so.
  EXPECT_GT(time_in_activity(task.at("account"), "sleep"), task.at("lifetime_ns").get<std::int64_t>() / 2);
}

TEST_F(Attach, EndsWithItsTarget) {
  Subprocess tool(attach({"-p", pid()}));
  ASSERT_FALSE(tool.ended(2s));
  target_->send(SIGTERM);
  EXPECT_EQ(target_->wait().exit_code(), 0);
  const Finished finished = tool.wait(10s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ((*report)["window"].at("exit"), "target-exited");
  const Json* process = report->find(target_->pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->at("exit_code"), 0);
  EXPECT_EQ(process->at("open_at_end"), false);
  for (const Json& task : process->at("tasks")) {
    EXPECT_EQ(task.at("open_at_end"), false);
    EXPECT_EQ(task.at("open_at_start"), true);
  }
}

TEST_F(Attach, InterruptGivesAReport) {
  Subprocess tool(attach({"-p", pid()}));
  ASSERT_FALSE(tool.ended(2s));
  tool.send(SIGINT);
  const Finished finished = tool.wait(10s);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = this->report();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ((*report)["window"].at("exit"), "signal");
  EXPECT_FALSE(target_->ended());
}

TEST_F(Attach, TwoOnTheSameTarget) {
  Window first({"-p", pid()});
  Window second({"-p", pid()});
  await_children(kChildren + 2);
  const std::array reports{second.close(), first.close()};
  for (const auto& report : reports) {
    ASSERT_TRUE(report);
    if (kernel_is_preemptible()) {
      expect_no_losses_but_skips(*report);
    } else {
      expect_no_losses(*report);
    }
    expect_closed(*report);
    expect_equal_task_stats(*report);
    expect_sums(*report);
    expect_waits(*report);
    EXPECT_EQ(tids_in(*report->find(target_->pid())), tids_of(target_->pid()));
    expect_children(*report, target_->pid(), children());
  }
}

// A master and its workers, which live before the window opens.
class AttachedFamily : public ::testing::Test {
 protected:
  static constexpr std::size_t kWorkers = 5;

  void SetUp() override {
    ASSERT_TRUE(master_.wait_for_output("ready"));
    for (const std::string& line : lines_of(master_.out())) {
      if (line != "ready") {
        workers_.insert(std::stoi(line));
      }
    }
    ASSERT_EQ(workers_.size(), 2 * kWorkers);
  }
  void TearDown() override {
    master_.send(SIGTERM);
    EXPECT_EQ(master_.wait().exit_code(), 0);
  }
  [[nodiscard]] std::string pid() const { return std::to_string(master_.pid()); }

  Subprocess master_{{program("prefork"), std::to_string(kWorkers)}};
  std::set<pid_t> workers_;  // includes a child of each worker
};

TEST_F(AttachedFamily, ExistingDescendantsAreObserved) {
  const TemporaryDirectory directory;
  for (const Words& more : {Words{}, Words{"--detail", "switches"}}) {
    Words target{"-p", pid(), "-d", "0.5"};
    target.insert(target.end(), more.begin(), more.end());
    const Finished finished = run(attach_command(target, directory.file("r.json")));
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
    const auto report = read_report(directory.file("r.json"));
    ASSERT_TRUE(report);
    expect_sound(*report);
    for (const pid_t worker : workers_) {
      const Json* process = report->find(worker);
      ASSERT_NE(process, nullptr) << worker;
      EXPECT_EQ(process->at("origin"), "attached");
      EXPECT_GT(counter(*process, "voluntary_switches"), 20);
    }
    // The report has the master and its descendants, by their parents, and no other process.
    const Json* master = report->find(master_.pid());
    ASSERT_NE(master, nullptr);
    EXPECT_EQ(report->family(*master).size(), report->processes().size());
    EXPECT_GT(counter(*master, "children_forks"), 5);
    EXPECT_GT(report->processes().size(), 1 + 2 * kWorkers);
  }
}

TEST_F(AttachedFamily, WithoutChildrenAProcessIsAlone) {
  const TemporaryDirectory directory;
  const Finished finished = run(attach_command({"-p", pid(), "--no-children", "-d", "0.5"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  expect_sound(*report);
  ASSERT_EQ(report->processes().size(), 1U);
  const Json& master = report->processes()[0];
  EXPECT_EQ(master.at("tgid"), master_.pid());
  EXPECT_GT(tids_in(master).size(), 5U) << "its new threads are its own";
  EXPECT_EQ(counter(master, "children_forks"), -1) << "they are not counted: null";
  EXPECT_GT(counter(master, "children_threads"), 5);
}

TEST_F(AttachedFamily, AWorkerBringsNoSiblings) {
  const TemporaryDirectory directory;
  const pid_t worker = *workers_.begin();
  const Finished finished = run(attach_command({"-p", std::to_string(worker), "-d", "0.2"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  EXPECT_LE(report->processes().size(), 2U) << "itself, and its child if it has one";
  EXPECT_NE(report->find(worker), nullptr);
}

// If one target has ended, the others are still observed.
TEST_F(AttachedFamily, EndedOnesAreLeftOut) {
  const TemporaryDirectory directory;
  const std::string gone = std::to_string(free_pid());
  const Finished finished = run(attach_command({"-p", gone + "," + pid(), "-d", "0.2"}, directory.file("r.json")));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_NE(finished.err.find("process " + gone + " is not observed: it does not exist"), std::string::npos)
      << finished.err;
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  EXPECT_NE(report->find(master_.pid()), nullptr);
  const Finished none = run(attach_command({"-p", gone + "," + gone, "-d", "0.2"}, directory.file("r.json")));
  EXPECT_EQ(none.exit_code(), 1) << none.describe();
}

// Each cause has a sentence of its own.
TEST(AttachToNothing, EachCauseHasItsSentence) {
  const TemporaryDirectory directory;
  const auto said = [&](const Words& target) {
    Words words = target;
    words.insert(words.end(), {"-d", "0.2"});
    const Finished finished = run(attach_command(words, directory.file("r.json")));
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1U) << finished.err;
    return finished.err;
  };
  const Running steady({program("steady"), "1"});
  const std::set<pid_t> tids = tids_of(steady.pid());
  ASSERT_EQ(tids.size(), 2U);
  const std::string thread = std::to_string(*tids.rbegin());
  const std::string of_steady = "it is a thread of process " + std::to_string(steady.pid());
  EXPECT_NE(said({"-p", thread}).find(of_steady), std::string::npos);

  Subprocess ended({"true"});
  ASSERT_TRUE(ended.ended(5s));
  EXPECT_NE(said({"-p", std::to_string(ended.pid())}).find("its parent has not waited for it"), std::string::npos);

  Subprocess leaderless({program("leader_exits_first"), "4000"});
  const std::string leader = std::to_string(leaderless.pid());
  ASSERT_TRUE(eventually([&] {
    return status_field("/proc/" + leader, "Threads").has_value() &&
           read_file("/proc/" + leader + "/status").find("State:\tZ") != std::string::npos;
  }));
  EXPECT_NE(said({"-t", leader}).find("other threads of its process are still running"), std::string::npos);
  EXPECT_EQ(run(attach_command({"-p", leader, "-d", "0.2"}, directory.file("r.json"))).exit_code(), 0);
}

// /proc hides other users' processes from an unprivileged observer: the kernel still tells whether an id exists.
TEST(AttachToNothing, WhatProcHidesIsDistinguished) {
  const TemporaryDirectory directory;
  const std::string copy = directory.file("taskcost");
  std::filesystem::copy_file(taskcost_binary(), copy);
  const Running steady({program("steady"), "1"});
  const std::string thread = std::to_string(*tids_of(steady.pid()).rbegin());
  const auto attach = [&](const std::string& id) {
    return run({"unshare", "--mount", "sh", "-c",
                "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=nobody --regid=nogroup --clear-groups "
                "--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon \"$@\"",
                "sh", copy, "attach", "--format", "none", "-o", directory.file("r.json"), "-d", "0.2", "-p", id});
  };
  const Finished of_thread = attach(thread);
  EXPECT_EQ(of_thread.exit_code(), 1) << of_thread.describe();
  EXPECT_NE(of_thread.err.find("which /proc hides (hidepid)"), std::string::npos) << of_thread.err;
  const Finished of_process = attach(std::to_string(steady.pid()));
  EXPECT_EQ(of_process.exit_code(), 0) << of_process.describe();
}

TEST(AttachToNothing, IsAnError) {
  const std::string pid = std::to_string(free_pid());
  for (const char* option : {"-p", "-t"}) {
    const TemporaryDirectory directory;
    const Finished finished = run(attach_command({option, pid, "-d", "1"}, directory.file("r.json")));
    EXPECT_EQ(finished.exit_code(), 1) << finished.describe();
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
    EXPECT_NE(finished.err.find(pid), std::string::npos) << finished.err;
  }
}

// A server that is under load all the time.
class RedisAttached : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start()) << server_.process().out();
    load_ = std::make_unique<Subprocess>(Words{"/usr/bin/redis-benchmark", "-h", "127.0.0.1", "-p", server_.port(),
                                               "-l", "-q", "-t", "set,get", "-c", "10"});
    ASSERT_FALSE(load_->ended(std::chrono::milliseconds(500)));
  }
  [[nodiscard]] std::string ask(const std::string& what) const {
    return run({"/usr/bin/redis-cli", "-p", server_.port(), what}).out;
  }

  TemporaryDirectory directory_;
  Redis server_;
  std::unique_ptr<Subprocess> load_;
};

TEST_F(RedisAttached, KeepsServingAndItsAccountCloses) {
  const std::set<pid_t> tids = tids_of(server_.pid());
  const Finished finished = run(
      attach_command({"-p", std::to_string(server_.pid()), "-d", thorough() ? "10" : "2"}, directory_.file("r.json")));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(ask("PING"), "PONG\n");
  EXPECT_FALSE(load_->ended());

  const auto report = read_report(directory_.file("r.json"));
  ASSERT_TRUE(report);
  expect_sound(*report);
  const Json* process = report->find(server_.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(tids_in(*process), tids);
  for (const Json& task : process->at("tasks")) {
    EXPECT_EQ(task.at("open_at_start"), true);
    EXPECT_EQ(task.at("open_at_end"), true);
  }
  const Json& total = process->at("total");
  EXPECT_GT(total.at("ipc").at("inet_socket").at("bytes_in"), 100'000);
  EXPECT_GT(time_in_activity(total, "socket"), 0);
  EXPECT_GT(time_in_activity(total, "poll"), 0);
}

TEST_F(RedisAttached, SavingInTheBackgroundIsAForkThatIsFollowed) {
  Window window({"-p", std::to_string(server_.pid())});
  EXPECT_EQ(ask("BGSAVE"), "Background saving started\n");
  EXPECT_TRUE(eventually([this] { return std::filesystem::exists(server_.directory() + "/dump.rdb"); }));
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ(counter(*report->find(server_.pid()), "children_forks"), 1);
  EXPECT_EQ(report->processes().size(), 2);
}

}  // namespace
}  // namespace taskcost::test
