// SPDX-License-Identifier: Apache-2.0
// Tests how tasks become processes: the parent, the name and the exit status of a process.
#include <gtest/gtest.h>

#include <vector>

#include "account/session_builder.h"
#include "support/ledger_builder.h"
#include "support/session.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;       // NOLINT(google-build-using-namespace)
using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace)
using test::everything_measured;
using test::exec_of;
using test::finish;
using test::ledger;
using test::reap_of;

class Processes : public testing::Test {
 protected:
  SessionBuilder builder_{everything_measured()};

  Process only_process() {
    Session session = finish(builder_, 1ms);
    EXPECT_EQ(session.processes.size(), 1U);
    return session.processes.at(0);
  }
};

TEST_F(Processes, GatherTheirThreads) {
  builder_.on_ledger(ledger(3).thread_of(1).named("pool-1").born_at(20us).ended_at(60us));
  builder_.on_ledger(ledger(2).thread_of(1).named("pool-0").born_at(10us).ended_at(90us));
  builder_.on_ledger(ledger(1).named("server").born_at(5us).ended_at(80us));
  const Process process = only_process();
  EXPECT_EQ(process.comm, "server");
  EXPECT_EQ(process.tgid, 1001U);
  EXPECT_EQ(process.start, Instant{5us});
  EXPECT_EQ(process.end, Instant{90us}) << "a thread outlived the leader";
  ASSERT_EQ(process.tasks.size(), 3U);
  EXPECT_EQ(process.tasks[0].comm, "server");
  EXPECT_TRUE(process.tasks[0].leader);
  EXPECT_EQ(process.tasks[1].comm, "pool-0");
  EXPECT_FALSE(process.tasks[1].leader);
  EXPECT_EQ(process.tasks[1].origin, TaskOrigin::thread);
  EXPECT_EQ(process.tasks[1].creator, process.tasks[0].id);
  EXPECT_EQ(process.tasks[1].created_by_tid, 1001U);
  EXPECT_EQ(process.tasks[2].comm, "pool-1");
}

TEST_F(Processes, AreNumberedByStartWhateverTheirTids) {
  constexpr std::uint64_t shell = 0xffff888101234500;
  constexpr std::uint64_t memory = 0xffff888105550000;
  builder_.on_ledger(
      ledger(8).child_of(7).created_as(TC_CREATION_VFORK).in_address_space(memory).born_at(30us).ended_at(40us));
  builder_.on_ledger(ledger(9)
                         .child_of(7)
                         .created_as(TC_CREATION_FORK)
                         .with_parent(shell)
                         .in_address_space(3)
                         .born_at(20us)
                         .ended_at(90us));
  builder_.on_ledger(
      ledger(7).of_process(shell).with_parent(0xffff888199999999).in_address_space(memory).adopted_at(10us));
  const Session session = finish(builder_, 1ms);
  ASSERT_EQ(session.processes.size(), 3U);
  const Process& first = session.processes[0];
  EXPECT_EQ(first.id, 1U);
  EXPECT_EQ(first.parent, 0U) << "not observed";
  EXPECT_EQ(first.origin, TaskOrigin::attached);
  EXPECT_TRUE(first.open_at_start);
  EXPECT_EQ(first.address_space, 1U);
  const Process& second = session.processes[1];
  EXPECT_EQ(second.id, 2U);
  EXPECT_EQ(second.parent, 1U);
  EXPECT_EQ(second.origin, TaskOrigin::fork);
  EXPECT_EQ(second.address_space, 2U);
  EXPECT_EQ(second.tasks[0].id, 2U);
  EXPECT_EQ(second.tasks[0].creator, 1U);
  const Process& third = session.processes[2];
  EXPECT_EQ(third.origin, TaskOrigin::vfork);
  EXPECT_EQ(third.address_space, 1U) << "in its parent's memory";
}

// The task iterator finds processes in the order of their pids, which wrap around: children may come before parents.
TEST_F(Processes, ThatWereFoundStandBehindTheirParents) {
  builder_.on_ledger(ledger(1).with_parent(2).adopted_at(1us).ended_at(90us));
  builder_.on_ledger(ledger(2).with_parent(3).adopted_at(2us).ended_at(91us));
  builder_.on_ledger(ledger(3).adopted_at(3us).ended_at(92us));
  builder_.on_ledger(ledger(4).with_parent(5).adopted_at(4us).ended_at(93us));
  builder_.on_ledger(ledger(5).with_parent(4).adopted_at(5us).ended_at(94us));  // a cycle: corrupt capture
  const Session session = finish(builder_, 1ms);
  std::vector<std::uint32_t> tgids;
  for (const Process& process : session.processes) {
    EXPECT_EQ(process.id, tgids.size() + 1);
    tgids.push_back(process.tgid);
  }
  EXPECT_EQ(tgids, (std::vector<std::uint32_t>{1003, 1002, 1001, 1005, 1004}));
  EXPECT_EQ(session.processes[2].parent, 2U);
}

TEST_F(Processes, WithoutMemoryAreKernelThreads) {
  builder_.on_ledger(ledger(1).in_address_space(0).adopted_at(1us).ended_at(2us));
  EXPECT_EQ(only_process().address_space, 0U);
}

TEST_F(Processes, EndWithTheirLeadersStatus) {
  builder_.on_ledger(ledger(1).born_at(1us).with_status(3 << 8).ended_at(9us));
  builder_.on_ledger(ledger(2).thread_of(1).born_at(2us).with_status(7 << 8).ended_at(9us));
  const Process process = only_process();
  EXPECT_EQ(process.exit_code, 3);
  EXPECT_FALSE(process.exit_signal);
}

TEST_F(Processes, EndWithTheStatusOfTheWholeGroupWhenItHasOne) {
  builder_.on_ledger(ledger(2).thread_of(1).born_at(2us).with_group_status(11 | 0x80).ended_at(8us));
  builder_.on_ledger(ledger(1).born_at(1us).with_status(0).ended_at(9us));
  const Process process = only_process();
  EXPECT_EQ(process.exit_signal, 11) << "with a core";
  EXPECT_FALSE(process.exit_code);
}

TEST_F(Processes, HaveNoStatusWhileAThreadLives) {
  builder_.on_ledger(ledger(1).born_at(1us).with_status(0).ended_at(9us));
  builder_.on_ledger(ledger(2).thread_of(1).born_at(2us));
  const Process process = only_process();
  EXPECT_TRUE(process.open_at_end);
  EXPECT_FALSE(process.exit_code);
}

TEST_F(Processes, HaveNoStatusWhenTheirLeaderWasNotSeen) {
  builder_.on_ledger(ledger(2).thread_of(1).adopted_at(2us).named("lonely").with_status(0).ended_at(9us));
  const Process process = only_process();
  EXPECT_EQ(process.comm, "lonely");
  EXPECT_EQ(process.origin, TaskOrigin::attached);
  EXPECT_FALSE(process.exit_code);
}

TEST_F(Processes, AreCalledAsTheirLastExecSays) {
  builder_.on_command(1, "before");
  builder_.on_exec(exec_of(1, 5us, "env", "env\0ls\0-l\0"sv));
  builder_.on_exec(exec_of(1, 7us, "ls", "ls\0-l\0\0"sv));
  builder_.on_exec(exec_of(1, 6us, "nice", "nice\0ls\0"sv));  // its record comes late
  builder_.on_command(1, "after");
  builder_.on_ledger(ledger(1).named("ls").born_at(1us).ended_at(9us));
  const Process process = only_process();
  EXPECT_EQ(process.command, "ls -l ");
  EXPECT_EQ(process.comm, "ls");
  EXPECT_FALSE(process.command_truncated);
}

TEST_F(Processes, KeepTheCommandTheyHadBeforeTheWindow) {
  builder_.on_command(1, "nginx -g daemon");
  builder_.on_ledger(ledger(1).adopted_at(1us).ended_at(9us));
  EXPECT_EQ(only_process().command, "nginx -g daemon");
}

TEST_F(Processes, SayWhenTheirCommandWasCut) {
  tc_exec exec = exec_of(1, 5us, "make", std::string(TC_COMMAND_LEN, 'x'));
  exec.truncated = 1;
  builder_.on_exec(exec);
  builder_.on_ledger(ledger(1).born_at(1us).ended_at(9us));
  const Process process = only_process();
  EXPECT_TRUE(process.command_truncated);
  EXPECT_EQ(process.command.size(), std::size_t{TC_COMMAND_LEN});
}

TEST_F(Processes, AreCalledByExecWhenTheirLeaderWasNotSeen) {
  builder_.on_exec(exec_of(1, 5us, "java", "java\0"sv));
  builder_.on_ledger(ledger(2).thread_of(1).named("GC Thread#0").born_at(6us).ended_at(9us));
  EXPECT_EQ(only_process().comm, "java");
}

TEST_F(Processes, SurviveTheExecOfAThread) {
  builder_.on_ledger(ledger(1).named("old").born_at(1us).flag(TC_LEDGER_REUSED_ID).ended_at(5us));
  builder_.on_exec(exec_of(1, 6us, "new", "new\0"sv));
  builder_.on_ledger(ledger(2)
                         .thread_of(1)
                         .named("new")
                         .flag(TC_LEDGER_LEADER)
                         .in_address_space(40)
                         .born_at(2us)
                         .with_status(1 << 8)
                         .ended_at(9us));
  const Session session = finish(builder_, 1ms);
  ASSERT_EQ(session.processes.size(), 1U);
  EXPECT_EQ(session.process_count, 1U);
  const Process& process = session.processes[0];
  EXPECT_EQ(process.comm, "new");
  EXPECT_EQ(process.origin, TaskOrigin::fork) << "as its first leader was made";
  EXPECT_EQ(process.exit_code, 1);
  EXPECT_EQ(process.start, Instant{1us});
  EXPECT_FALSE(process.tasks[0].leader);
  EXPECT_TRUE(process.tasks[1].leader);
}

TEST_F(Processes, NamesMayFillTheirFieldWithoutANul) {
  builder_.on_ledger(ledger(1).named("0123456789abcdef").born_at(1us).ended_at(2us));
  EXPECT_EQ(only_process().comm, "0123456789abcdef");
}

TEST_F(Processes, AreZombiesUntilTheirParentsWaitReturns) {
  builder_.on_ledger(ledger(2).child_of(1).with_pid(77).born_at(1us).began_exit_at(9us).ended_at(10us));
  builder_.on_reap(reap_of(1, 77, 25us));
  const Session session = finish(builder_, 1ms);
  EXPECT_EQ(session.processes[0].zombie, 15us);
  EXPECT_EQ(session.histograms.at("zombie").count(), 1U);
  EXPECT_EQ(session.histograms.at("zombie").sum(), 15us);
}

TEST_F(Processes, AreZombiesFromTheEndOfTheirLastThread) {
  const auto thread = [](std::uint64_t id) {
    return ledger(id).thread_of(2).with_parent(1).with_pid(77).born_at(2us).began_exit_at(9us);
  };
  builder_.on_ledger(ledger(2).child_of(1).with_pid(77).born_at(1us).began_exit_at(9us).ended_at(10us));
  builder_.on_ledger(thread(3).ended_at(18us));
  builder_.on_reap(reap_of(1, 77, 25us));
  builder_.on_ledger(thread(4).ended_at(20us));  // its final switch-out comes late
  EXPECT_EQ(only_process().zombie, 5us);
}

TEST_F(Processes, AreNotZombiesWhenTheParentWasFaster) {
  builder_.on_reap(reap_of(1, 77, 11us));
  builder_.on_ledger(ledger(2).child_of(1).with_pid(77).born_at(1us).began_exit_at(9us).ended_at(12us));
  EXPECT_EQ(only_process().zombie, 0us);
}

TEST_F(Processes, HaveNoTimeAsZombiesWithoutAnObservedReaping) {
  builder_.on_ledger(ledger(2).child_of(1).with_pid(77).born_at(1us).began_exit_at(9us).ended_at(10us));
  builder_.on_reap(reap_of(1, 78, 25us));  // pid of another child
  tc_reap elsewhere = reap_of(1, 77, 25us);
  elsewhere.pid_namespace = 4026532000;  // pid 77 in another namespace
  builder_.on_reap(elsewhere);
  EXPECT_FALSE(only_process().zombie);
}

}  // namespace
}  // namespace taskcost
