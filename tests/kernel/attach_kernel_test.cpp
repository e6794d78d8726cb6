// SPDX-License-Identifier: Apache-2.0
//
// Programs that already run: found whole, accounted over the window, left as they were.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "support/expect.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

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
  [[nodiscard]] Words attach(const Words& target, const std::string& name = "r.json") const {
    return attach_command(target, directory_.file(name));
  }
  [[nodiscard]] std::optional<Report> report(const std::string& name = "r.json") const {
    return read_report(directory_.file(name));
  }

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

// Children whose whole life lies in the window are in the report, and each agrees with wait4.
void expect_children(const Report& report, const std::vector<Waited>& log) {
  const auto start = report["window"].at("start_ns").get<std::int64_t>();
  const auto end = report["window"].at("end_ns").get<std::int64_t>();
  constexpr std::int64_t kMargin = 50'000'000;
  std::vector<Waited> inside;
  for (const Waited& waited : log) {
    if (waited.at_ns > start + kMargin && waited.at_ns < end - kMargin) {
      inside.push_back(waited);
    }
  }
  EXPECT_GE(inside.size(), 20);
  expect_as_waited(report, inside);
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
  EXPECT_EQ(process->at("how"), "attached");
  EXPECT_NE(process->at("command").get<std::string>().find("steady"), std::string::npos);
  for (const Json& task : process->at("tasks")) {
    EXPECT_EQ(task.at("open_at_start"), true);
    EXPECT_EQ(task.at("open_at_end"), true);
  }
  EXPECT_TRUE(process->at("exit_code").is_null());
  expect_children(*report, read_wait_log(directory_.file("children")));
  EXPECT_FALSE(target_->ended());
}

// The kernel's counts, read from outside before and after, hold the window between them.
TEST_F(Attach, CountsNoMoreThanTheKernel) {
  const std::string main_task = "/proc/" + pid();
  const auto before = status_field(main_task, "voluntary_ctxt_switches");
  Subprocess tool(attach({"-p", pid(), "-d", "1"}));
  EXPECT_EQ(tool.wait().exit_code(), 0);
  const auto after = status_field(main_task, "voluntary_ctxt_switches");
  const auto report = this->report();
  ASSERT_TRUE(report && before && after);
  for (const Json& task : report->find(target_->pid())->at("tasks")) {
    if (task.at("leader").get<bool>()) {
      EXPECT_LE(counter(task, "voluntary_switches"), *after - *before);
      // A sleep of 5 ms and a child to wait for in each round.
      EXPECT_GE(counter(task, "voluntary_switches"), 50);
    }
  }
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
  // It sleeps 1 ms of every 1.1 ms or so.
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
  Subprocess first(attach({"-p", pid(), "-d", "1.5"}, "first.json"));
  Subprocess second(attach({"-p", pid(), "-d", "1"}, "second.json"));
  EXPECT_EQ(first.wait().exit_code(), 0);
  EXPECT_EQ(second.wait().exit_code(), 0);
  const std::vector<Waited> children = read_wait_log(directory_.file("children"));
  for (const char* name : {"first.json", "second.json"}) {
    const auto report = this->report(name);
    ASSERT_TRUE(report) << name;
    expect_sound(*report);
    EXPECT_EQ(tids_in(*report->find(target_->pid())), tids_of(target_->pid()));
    expect_children(*report, children);
  }
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

// A server of others, under load all the time.
class RedisAttached : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<Subprocess>(Words{"/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", port_,
                                                 "--save", "", "--appendonly", "no", "--dir", directory_.path()});
    ASSERT_TRUE(server_->wait_for_output("eady to accept connections")) << server_->out();
    load_ = std::make_unique<Subprocess>(
        Words{"/usr/bin/redis-benchmark", "-h", "127.0.0.1", "-p", port_, "-l", "-q", "-t", "set,get", "-c", "10"});
    ASSERT_FALSE(load_->ended(std::chrono::milliseconds(500)));
  }
  [[nodiscard]] std::string ask(const std::string& what) const {
    return run({"/usr/bin/redis-cli", "-p", port_, what}).out;
  }

  TemporaryDirectory directory_;
  // Not the default, and apart for tests that run at the same time.
  std::string port_ = std::to_string(20'000 + getpid() % 10'000);
  std::unique_ptr<Subprocess> server_;
  std::unique_ptr<Subprocess> load_;
};

TEST_F(RedisAttached, KeepsServingAndItsAccountCloses) {
  const std::set<pid_t> tids = tids_of(server_->pid());
  const Finished finished = run(
      attach_command({"-p", std::to_string(server_->pid()), "-d", thorough() ? "10" : "2"}, directory_.file("r.json")));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(ask("PING"), "PONG\n");
  EXPECT_FALSE(load_->ended());

  const auto report = read_report(directory_.file("r.json"));
  ASSERT_TRUE(report);
  expect_sound(*report);
  const Json* process = report->find(server_->pid());
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
  Window window({"-p", std::to_string(server_->pid())});
  EXPECT_EQ(ask("BGSAVE"), "Background saving started\n");
  EXPECT_TRUE(eventually([this] { return std::filesystem::exists(directory_.file("dump.rdb")); }));
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_EQ(counter(*report->find(server_->pid()), "children_forks"), 1);
  EXPECT_EQ(report->processes().size(), 2);
}

}  // namespace
}  // namespace taskcost::test
