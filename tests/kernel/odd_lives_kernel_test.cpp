// SPDX-License-Identifier: Apache-2.0
//
// Lives that tools get wrong: forks from threads, exec from a thread, a leader that ends first, shared memory without
// threads, death by a signal.
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

class OddLives : public ::testing::Test {
 protected:
  // One observation has all these lives.
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    watched_ = new WatchedRun(watch(*directory_, {program("odd_lives"), programs_directory(), own_log(*directory_)}));
  }
  static void TearDownTestSuite() {
    delete watched_;
    delete directory_;
  }
  void SetUp() override {
    expect_ran(watched_->observed);
    ASSERT_TRUE(watched_->observed.report);
    // The command, the seven programs, and those of their children that were waited for.
    ASSERT_EQ(watched_->waited.size(), 1 + 7 + 20 + 3 + 5 + 5 + 5);
  }

  static const Report& report() { return *watched_->observed.report; }
  // The nth program that odd_lives ran, from 0.
  static const Json& life(std::size_t n) {
    const Waited& waited = watched_->waited.at(1 + n);
    const Json* process = report().find(waited.pid, waited.at_ns);
    if (process == nullptr) {
      throw std::runtime_error("life " + std::to_string(n) + " is not in the report");
    }
    return *process;
  }
  static std::vector<const Json*> children_of(const Json& process) {
    auto family = report().family(process);
    family.erase(family.begin());
    return family;
  }

  static TemporaryDirectory* directory_;
  static WatchedRun* watched_;
};

TemporaryDirectory* OddLives::directory_ = nullptr;
WatchedRun* OddLives::watched_ = nullptr;

TEST_F(OddLives, AreSound) {
  expect_sound(report());
  expect_as_waited(report(), watched_->waited);
}

TEST_F(OddLives, NothingElseAppears) {
  // waiter, odd_lives, the seven programs and their children.
  EXPECT_EQ(report().processes().size(), 2 + 7 + 20 + 3 + 5 + 5 + 5);
}

TEST_F(OddLives, ForksFromThreads) {
  const Json& process = life(0);
  EXPECT_EQ(process.at("tasks").size(), 5);
  EXPECT_EQ(counter(process, "children_forks"), 20);
  EXPECT_EQ(counter(process, "children_threads"), 4);
  EXPECT_EQ(children_of(process).size(), 20);
  for (const Json& task : process.at("tasks")) {
    EXPECT_EQ(counter(task, "children_forks"), task.at("leader").get<bool>() ? 0 : 5);
  }
  for (const Json* child : children_of(process)) {
    EXPECT_EQ(child->at("origin"), "fork");
    EXPECT_EQ(child->at("ppid"), process.at("tgid"));
    EXPECT_NE(child->at("tasks")[0].at("created_by_tid"), process.at("tgid"));
  }
}

TEST_F(OddLives, ExecFromAThreadKeepsOneProcess) {
  const Json& process = life(1);
  EXPECT_EQ(process.at("tasks").size(), 3);
  EXPECT_EQ(counter(process, "execs"), 2);
  EXPECT_EQ(counter(process, "children_threads"), 2);
  EXPECT_EQ(counter(process, "children_forks"), 3);
  EXPECT_EQ(children_of(process).size(), 3);
  EXPECT_EQ(process.at("exit_code"), 0);

  // The thread that called exec ends last, under the leader's tid.
  const Json* last = nullptr;
  for (const Json& task : process.at("tasks")) {
    if (last == nullptr || task.at("end_ns") > last->at("end_ns")) {
      last = &task;
    }
  }
  EXPECT_EQ(last->at("tid"), process.at("tgid"));
  EXPECT_EQ(last->at("leader"), true);
  EXPECT_EQ(last->at("origin"), "thread");
  EXPECT_EQ(counter(*last, "execs"), 1);
  EXPECT_EQ(counter(*last, "children_forks"), 3);
}

TEST_F(OddLives, AProcessOutlivesItsLeader) {
  const Json& process = life(2);
  ASSERT_EQ(process.at("tasks").size(), 2);
  EXPECT_EQ(process.at("exit_code"), 7);
  for (const Json& task : process.at("tasks")) {
    if (task.at("leader").get<bool>()) {
      EXPECT_LT(task.at("end_ns"), process.at("end_ns"));
    } else {
      EXPECT_GE(task.at("lifetime_ns"), 20'000'000);
      EXPECT_GE(time_in_activity(task.at("account"), "sleep"), 19'000'000);
    }
  }
}

TEST_F(OddLives, Vfork) {
  const Json& process = life(3);
  EXPECT_EQ(counter(process, "children_vforks"), 5);
  EXPECT_EQ(counter(process, "children_forks") + counter(process, "children_spawns"), 0);
  for (const Json* child : children_of(process)) {
    EXPECT_EQ(child->at("origin"), "vfork");
    EXPECT_EQ(child->at("address_space_id"), process.at("address_space_id"));
  }
}

TEST_F(OddLives, Spawn) {
  const Json& process = life(4);
  EXPECT_EQ(counter(process, "children_spawns"), 5);
  EXPECT_EQ(counter(process, "children_forks") + counter(process, "children_vforks"), 0);
  EXPECT_EQ(children_of(process).size(), 5);
  for (const Json* child : children_of(process)) {
    EXPECT_EQ(child->at("origin"), "spawn");
    EXPECT_EQ(counter(*child, "execs"), 1);
    EXPECT_NE(child->at("address_space_id"), process.at("address_space_id"));
  }
}

TEST_F(OddLives, SharedMemoryWithoutThreads) {
  const Json& process = life(5);
  EXPECT_EQ(counter(process, "children_clone_vm"), 5);
  EXPECT_EQ(process.at("tasks").size(), 1);
  EXPECT_EQ(children_of(process).size(), 5);
  for (const Json* child : children_of(process)) {
    EXPECT_EQ(child->at("address_space_id"), process.at("address_space_id"));
    EXPECT_NE(child->at("tgid"), process.at("tgid"));
  }
}

TEST_F(OddLives, DeathByASignal) {
  const Json& process = life(6);
  EXPECT_EQ(process.at("exit_signal"), 11);
  EXPECT_EQ(process.at("fatal").at("signal"), 11);
  EXPECT_TRUE(process.at("exit_code").is_null());
  EXPECT_EQ(process.at("tasks").size(), 2);
}

TEST_F(OddLives, EveryCreationIsCountedOnce) {
  std::int64_t created = 0;
  for (const Json& entry : report()["totals"].at("creations")) {
    created += entry.at("count").get<std::int64_t>();
  }
  // taskcost created the first process.
  EXPECT_EQ(created, static_cast<std::int64_t>(report().task_count()) - 1);
}

}  // namespace
}  // namespace taskcost::test
