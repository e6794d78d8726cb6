// SPDX-License-Identifier: Apache-2.0
#include "trace/replay.h"

#include <gtest/gtest.h>

#include "support/replayed.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST(Replay, ACallSplitsTheTimeAtItsEntry) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(60us)
                                       .calls(a, TC_ACTIVITY_MEMORY, 50us)
                                       .at(90us)
                                       .switches(0, preempted(), unobserved),
                                   100us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 70us}, {"memory running", 10us}, {"user preempted", 10us}}));
  EXPECT_EQ(entries_of(replayed[a].ledger), (Counts{{"user", 2}, {"memory", 1}}));
  EXPECT_EQ(counters_of(replayed[a].ledger),
            (Counts{{"syscalls", 1}, {"involuntary_switches", 1}, {"switches_to_idle", 1}}));
  expect_closed(replayed[a]);
}

// Replays a call on a socket that began at 20 us, with `flags`.
tc_ledger ledger_after(int bits, int flags, std::uint64_t in) {
  const Replayed replayed = replay(script().at(10us).adopted_running(a, 0).at(30us).transfers_specially(
                                       a, TC_CHANNEL_UNIX_SOCKET, 20us, bits, flags, in),
                                   40us);
  tc_ledger ledger = replayed[a].ledger;
  ledger.flows[0] = replayed[a].flows.at(0);
  return ledger;
}

TEST(Replay, BytesThatAreNotKnownAreNotZero) {
  const tc_ledger ledger = ledger_after(TC_CALL_IN, TC_PASSED_UNCOUNTED, 0);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].calls, 1U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].bytes_in, 0U);
  EXPECT_EQ(ledger.uncounted_calls[TC_CHANNEL_UNIX_SOCKET], 1U);
  EXPECT_EQ(ledger.flows[0].sums.calls_in, 1U);
  EXPECT_EQ(ledger.flows[0].sums.bytes_in, TC_BYTES_UNKNOWN);
  EXPECT_EQ(ledger.flows[0].sums.bytes_out, 0U);
}

TEST(Replay, PeekedBytesAreNotReceived) {
  const tc_ledger ledger = ledger_after(0, TC_PASSED_PEEKED, 512);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].calls, 1U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].bytes_in, 0U);
  EXPECT_EQ(ledger.uncounted_calls[TC_CHANNEL_UNIX_SOCKET], 0U);
  EXPECT_EQ(ledger.counters[TC_COUNTER_PEEKED_BYTES], 512U);
  EXPECT_EQ(ledger.flows[0].sums.calls_in, 0U);
  EXPECT_EQ(ledger.flows[0].sums.bytes_in, 0U);
}

// The second end of a call takes no time of its own.
TEST(Replay, BytesPassApartFromACall) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(30us)
                                       .transfers(a, TC_CHANNEL_PIPE, 20us, 512, 0)
                                       .passes(a, TC_CHANNEL_UNIX_SOCKET, 0, 512),
                                   40us);
  const tc_ledger& ledger = replayed[a].ledger;
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].bytes_in, 512U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].calls, 1U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].bytes_out, 512U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_UNIX_SOCKET].kernel_ns, 0U);
  EXPECT_EQ(ledger.counters[TC_COUNTER_SYSCALLS], 1U);
  EXPECT_EQ(cells_of(ledger), (Times{{"user running", 20us}, {"pipe running", 10us}}));
  EXPECT_EQ(replayed[a].flows.size(), 2U);
}

TEST(Replay, AWaitSplitsAtItsWakeUp) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(30us)
                                       .switches(0, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE, 20us), unobserved)
                                       .at(75us)
                                       .runs(1, a, woken(70us, b, 4))
                                       .at(80us)
                                       .transfers(a, TC_CHANNEL_PIPE, 20us, 512, 0)
                                       .at(81us)
                                       .switches(1, preempted(), unobserved),
                                   81us);
  const tc_ledger& ledger = replayed[a].ledger;
  EXPECT_EQ(cells_of(ledger),
            (Times{{"user running", 11us}, {"pipe running", 15us}, {"pipe blocked", 40us}, {"pipe runnable", 5us}}));
  EXPECT_EQ(entries_of(ledger), (Counts{{"user", 2}, {"pipe", 1}}));
  EXPECT_EQ(waits_of(ledger), (Times{{"pipe", 40us}}));
  EXPECT_EQ(counters_of(ledger), (Counts{{"syscalls", 1},
                                         {"voluntary_switches", 1},
                                         {"involuntary_switches", 1},
                                         {"switches_to_idle", 2},
                                         {"switches_from_idle", 1},
                                         {"migrations", 1},
                                         {"wakeups", 1}}));
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].calls, 1U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].bytes_in, 512U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].kernel_ns, 15000U);
  ASSERT_EQ(replayed[a].edges.size(), 1U);
  EXPECT_EQ(replayed[a].edges[0].key.waker, b);
  EXPECT_EQ(replayed[a].edges[0].key.from, 4U);
  EXPECT_EQ(replayed[a].edges[0].sums.blocked_ns, 40000U);
  ASSERT_EQ(replayed[a].flows.size(), 1U);
  EXPECT_EQ(replayed[a].flows[0].sums.calls_in, 1U);
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_RUN_QUEUE), 1U);
  expect_closed(replayed[a]);
}

TEST(Replay, AWakeUpBeforeTheSleepMeansThatItWasRunnableAllAlong) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(30us)
                                       .switches(0, asleep(TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_PRIVATE, 20us), unobserved)
                                       .at(35us)
                                       .runs(0, a, woken(29us, b)),
                                   35us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 10us}, {"futex running", 10us}, {"futex runnable", 5us}}));
  EXPECT_EQ(replayed[a].ledger.waits[TC_WAIT_FUTEX_PRIVATE].count, 1U);
  EXPECT_EQ(replayed[a].edges.at(0).sums.blocked_ns, 0U);
}

TEST(Replay, AWaitWithoutAnObservedEndIsBlocked) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(30us)
                                       .switches(0, asleep(TC_ACTIVITY_SLEEP, TC_WAIT_TIMER, 20us), unobserved)
                                       .at(50us)
                                       .runs(0, a),
                                   50us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 10us}, {"sleep running", 10us}, {"sleep blocked", 20us}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_UNSEEN_WAKEUPS], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_WAKEUPS], 0U);
  EXPECT_EQ(replayed[a].edges.at(0).key.from, std::uint32_t{TC_FROM_NOWHERE});
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_RUN_QUEUE), 0U);
}

// A child of a shell: fork, exec, exit.
TEST(Replay, ATaskFromForkToExit) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(40us)
                                       .born(b, a, TC_CREATION_FORK, 38us, 20us)
                                       .event(a, TC_EV_SLAB, 640)
                                       .event(a, TC_EV_PAGES, 4)
                                       .at(43us)
                                       .published(b, a)
                                       .at(50us)
                                       .calls(a, TC_ACTIVITY_CREATE, 20us)
                                       .at(60us)
                                       .runs(1, b, woken(43us, a, 57))
                                       .at(62us)
                                       .calls(b, TC_ACTIVITY_CREATE, 0us)
                                       .at(75us)
                                       .event(b, TC_EV_EXEC_PREPARED, 70'000)
                                       .at(80us)
                                       .execs(b, 70us, 1002)
                                       .at(86us)
                                       .calls(b, TC_ACTIVITY_EXEC, 70us)
                                       .at(95us)
                                       .exits(b, 90us)
                                       .at(97us)
                                       .event(b, TC_EV_EXIT_MMAP)
                                       .at(100us)
                                       .switches(1, dead(90us), unobserved)
                                       .emits_ledger(ledger(b).ended_at(100us)),
                                   120us);
  const tc_ledger& child = replayed[b].ledger;
  EXPECT_TRUE(replayed[b].ended);
  EXPECT_NE(replayed[b].kernel, nullptr);
  EXPECT_EQ(cells_of(child), (Times{{"create blocked", 5us},
                                    {"create runnable", 17us},
                                    {"create running", 2us},
                                    {"user running", 12us},
                                    {"exec running", 16us},
                                    {"exit running", 10us}}));
  EXPECT_EQ(entries_of(child), (Counts{{"create", 1}, {"user", 2}, {"exec", 1}, {"exit", 1}}));
  EXPECT_EQ(counters_of(child), (Counts{{"syscalls", 2},
                                        {"execs", 1},
                                        {"page_table_bytes", 4096},
                                        {"voluntary_switches", 1},
                                        {"switches_to_idle", 1},
                                        {"switches_from_idle", 1},
                                        {"wakeups", 1}}));
  EXPECT_EQ(waits_of(child), (Times{{"creation", 5us}}));
  // The edge of the task that published it has only the time since task_newtask.
  EXPECT_EQ(replayed[b].edges.at(0).sums.blocked_ns, 3000U);
  EXPECT_EQ(child.copy_ns, 20000U);
  EXPECT_EQ(child.newtask_ns, 40000U);
  EXPECT_EQ(child.published_ns, 43000U);
  EXPECT_EQ(child.first_run_ns, 60000U);
  EXPECT_EQ(child.flags & (TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE),
            TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE);
  EXPECT_EQ(child.exec_prepare_ns, 5000U);
  EXPECT_EQ(child.exec_replace_ns, 5000U);
  EXPECT_EQ(child.exec_return_ns, 6000U);
  EXPECT_EQ(child.exit_start_ns, 90000U);
  EXPECT_EQ(child.exit_mmap_ns, 97000U);
  EXPECT_EQ(child.end_ns, 100000U);
  EXPECT_EQ(child.address_space, 99U);
  EXPECT_STREQ(child.comm, "program");
  expect_closed(replayed[b]);

  const tc_creation_sums& forks = replayed[a].ledger.creations[TC_CREATION_FORK];
  EXPECT_EQ(forks.count, 1U);
  EXPECT_EQ(forks.copy_ns, 20000U);
  EXPECT_EQ(forks.publish_ns, 3000U);
  EXPECT_EQ(forks.return_ns, 7000U);
  EXPECT_EQ(forks.returns, 1U);
  EXPECT_EQ(forks.running_ns, 30000U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_CHILDREN_FORKS], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_KERNEL_SLAB_BYTES], 640U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_KERNEL_SLAB_ALLOCATIONS], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_KERNEL_PAGES], 4U);
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_EXEC), 1U);
  EXPECT_TRUE(replayed.integrity.clean());
}

// An io_uring worker is created in a call that creates nothing for the program.
TEST(Replay, AWorkerOfTheKernelIsNoThread) {
  tc_task_new worker = test::born(b, 20'000, a, TC_CREATION_THREAD, "iou-wrk");
  worker.start_ns = 20'000;
  worker.flags |= TC_LEDGER_KERNEL_WORKER;
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .emits(worker)
                                       .at(22us)
                                       .published(b, a)
                                       .at(30us)
                                       .calls(a, TC_ACTIVITY_POLL, 15us)
                                       .at(1000us)
                                       .calls(a, TC_ACTIVITY_CREATE, 990us),
                                   1000us);
  const tc_ledger& creator = replayed[a].ledger;
  EXPECT_EQ(creator.counters[TC_COUNTER_CHILDREN_WORKERS], 1U);
  EXPECT_EQ(creator.counters[TC_COUNTER_CHILDREN_THREADS], 0U);
  EXPECT_EQ(creator.creations[TC_CREATION_THREAD].count, 0U);
  EXPECT_EQ(creator.creations[TC_CREATION_THREAD].publish_ns, 0U);
  EXPECT_EQ(creator.creations[TC_CREATION_THREAD].returns, 0U);
}

TEST(Replay, ATaskMayEndWithAnotherParent) {
  const Replayed replayed =
      replay(script().at(10us).adopted_running(a, 0).at(20us).exits(a).event(a, TC_EV_REPARENTED, 4711, 47), 30us);
  EXPECT_EQ(replayed[a].ledger.parent_process, 4711U);
  EXPECT_EQ(replayed[a].ledger.ppid, 47U);
}

TEST(Replay, ReportsOnWhichCpuATaskStarted) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(20us)
                                       .born(b, a, TC_CREATION_THREAD, 20us)
                                       .born(c, a, TC_CREATION_THREAD, 20us)
                                       .at(30us)
                                       .switches(0, preempted(), unobserved)
                                       .runs(0, b)
                                       .at(40us)
                                       .calls(c, TC_ACTIVITY_CREATE, 0us)
                                       .at(50us)
                                       .unseen(1, c)
                                       .switches(1, preempted(), unobserved)
                                       .at(60us)
                                       .runs(1, c),
                                   60us);
  const auto start_of = [&replayed](std::uint64_t task) {
    return replayed[task].ledger.flags & (TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE);
  };
  EXPECT_EQ(start_of(a), 0U);
  EXPECT_EQ(start_of(b), std::uint32_t{TC_LEDGER_START_SEEN});
  EXPECT_EQ(start_of(c), 0U) << "it ran before its first switch-in that was seen";
}

TEST(Replay, AThreadKilledInACallBeginsItsExitThere) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(20us)
                                       .switches(0, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE, 12us), unobserved)
                                       .at(50us)
                                       .runs(0, a, woken(45us, b))
                                       .at(55us)
                                       .exits(a, 12us, TC_ACTIVITY_PIPE)
                                       .at(60us)
                                       .switches(0, dead(12us), unobserved)
                                       .emits_ledger(ledger(a).ended_at(60us)),
                                   70us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 2us},
                                                 {"pipe running", 13us},
                                                 {"pipe blocked", 25us},
                                                 {"pipe runnable", 5us},
                                                 {"exit running", 5us}}));
  EXPECT_EQ(entries_of(replayed[a].ledger), (Counts{{"user", 1}, {"pipe", 1}, {"exit", 1}}));
  EXPECT_EQ(replayed[a].ledger.exit_start_ns, 55000U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 1U);
}

TEST(Replay, AFaultInsideACallIsTimedApartAndLeavesItsTimeOut) {
  const Replayed replayed = replay(
      script()
          .at(10us)
          .adopted_running(a, 0)
          .at(35us)
          .faults(a, 30us, TC_FAULT_MINOR, TC_ROW_CALL_PENDING, 20us, TC_FAULT_COW | TC_FAULT_KERNEL | TC_FAULT_FILE)
          .at(40us)
          .transfers(a, TC_CHANNEL_PIPE, 20us, 0, 64),
      40us);
  const tc_ledger& ledger = replayed[a].ledger;
  EXPECT_EQ(cells_of(ledger), (Times{{"user running", 10us}, {"pipe running", 15us}, {"page_fault running", 5us}}));
  EXPECT_EQ(entries_of(ledger), (Counts{{"user", 2}, {"pipe", 1}, {"page_fault", 1}}));
  EXPECT_EQ(counters_of(ledger), (Counts{{"syscalls", 1},
                                         {"faults_minor", 1},
                                         {"faults_cow", 1},
                                         {"faults_cow_ns", 5000},
                                         {"faults_file", 1},
                                         {"faults_kernel", 1}}));
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].kernel_ns, 15000U);
  EXPECT_EQ(ledger.channels[TC_CHANNEL_PIPE].bytes_out, 64U);
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_FAULT_COW), 1U);
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_FAULT_MINOR), 0U);
}

TEST(Replay, AFaultThatSleepsHasTwoEventsAndCountedOnce) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(22us)
                                       .faults(a, 20us, TC_FAULT_BEGUN, TC_ACTIVITY_USER)
                                       .switches(0, asleep(TC_ROW_FAULT_PENDING, TC_WAIT_DISK), unobserved)
                                       .at(60us)
                                       .runs(0, a, woken(58us))
                                       .at(65us)
                                       .faults(a, 20us, TC_FAULT_MAJOR, TC_ACTIVITY_USER),
                                   65us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 10us},
                                                 {"page_fault running", 7us},
                                                 {"page_fault blocked", 36us},
                                                 {"page_fault runnable", 2us}}));
  EXPECT_EQ(replayed[a].ledger.entries[TC_ACTIVITY_PAGE_FAULT], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_FAULTS_MAJOR], 1U);
  EXPECT_EQ(waits_of(replayed[a].ledger), (Times{{"disk", 36us}}));
  EXPECT_EQ(replayed.latencies.at(TC_HISTOGRAM_FAULT_MAJOR), 1U);
}

TEST(Replay, TheTimeOfAnUnresolvedFaultStaysWithWhatItInterrupted) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted_running(a, 0)
                                       .at(30us)
                                       .faults(a, 25us, TC_FAULT_UNRESOLVED, TC_ACTIVITY_FUTEX, 20us, TC_FAULT_KERNEL)
                                       .at(32us)
                                       .calls(a, TC_ACTIVITY_FUTEX, 20us, TC_CHANNEL_SHARED_MEMORY),
                                   32us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 10us}, {"futex running", 12us}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_FAULTS_UNRESOLVED], 1U);
  EXPECT_EQ(replayed[a].ledger.entries[TC_ACTIVITY_PAGE_FAULT], 0U);
  EXPECT_EQ(replayed[a].ledger.channels[TC_CHANNEL_SHARED_MEMORY].kernel_ns, 12000U);
}

TEST(Replay, ATaskFoundInACallDidNotEnterIt) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted(a, 1, asleep(TC_ROW_CALL_PENDING, TC_WAIT_PIPE))
                                       .at(40us)
                                       .runs(1, a, woken(30us))
                                       .at(45us)
                                       .transfers(a, TC_CHANNEL_PIPE, 0us, 8, 0),
                                   45us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"pipe blocked", 20us}, {"pipe runnable", 10us}, {"pipe running", 5us}}));
  EXPECT_EQ(entries_of(replayed[a].ledger), (Counts{{"pipe", 1}, {"user", 1}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 0U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_MIGRATIONS], 0U);
  EXPECT_EQ(replayed[a].ledger.channels[TC_CHANNEL_PIPE].kernel_ns, 5000U);
}

TEST(Replay, TheSnapshotSaysInWhichCallARunningTaskIs) {
  tc_ledger snapshot = ledger(a).still(TC_ACTIVITY_MEMORY, TC_CONDITION_RUNNING, 40us);
  snapshot.entered_ns = 40'000;
  const Replayed replayed = replay(script().at(10us).adopted_running(a, 0).at(60us).emits_ledger(snapshot), 60us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"user running", 30us}, {"memory running", 20us}}));
  EXPECT_EQ(entries_of(replayed[a].ledger), (Counts{{"user", 1}, {"memory", 1}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 1U);
  EXPECT_FALSE(replayed[a].position_unknown);
}

TEST(Replay, TheSnapshotSaysInWhichFaultARunningTaskIs) {
  tc_ledger snapshot = ledger(a).still(TC_ROW_FAULT_PENDING, TC_CONDITION_RUNNING, 50us).interrupted(TC_ACTIVITY_FILE);
  snapshot.entered_ns = 40'000;
  snapshot.fault_ns = 50'000;
  const Replayed replayed = replay(script().at(10us).adopted_running(a, 0).at(60us).emits_ledger(snapshot), 60us);
  EXPECT_EQ(cells_of(replayed[a].ledger),
            (Times{{"user running", 30us}, {"file running", 10us}, {"fault pending running", 10us}}));
}

TEST(Replay, APendingCallIsSettledByTheSnapshot) {
  const Script recorded = script().at(10us).adopted_running(a, 0).at(20us).switches(
      0, asleep(TC_ROW_CALL_PENDING, TC_WAIT_OTHER_SOCKET, 15us), unobserved);
  Script with_ledger = recorded;
  with_ledger.at(60us).emits_ledger(ledger(a).still(TC_ACTIVITY_SOCKET, TC_CONDITION_BLOCKED, 20us));
  const Times expected{{"user running", 5us}, {"socket running", 5us}, {"socket blocked", 40us}};
  const Replayed replayed = replay(with_ledger, 60us);
  EXPECT_EQ(cells_of(replayed[a].ledger), expected);
  EXPECT_EQ(entries_of(replayed[a].ledger), (Counts{{"user", 1}, {"socket", 1}}));
  EXPECT_TRUE(replayed[a].comparable());
  // A capture that is cut off has no snapshot, but the cause of the wait names the same row.
  const Replayed cut = replay(recorded, 60us);
  EXPECT_EQ(cells_of(cut[a].ledger), expected);
  EXPECT_TRUE(cut[a].position_unknown);
  EXPECT_FALSE(cut[a].comparable());
}

TEST(Replay, WithoutProbesOnCallsATaskIsInThemWhileItWaits) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted(a, 0, asleep(TC_ACTIVITY_SLEEP, TC_WAIT_TIMER))
                                       .at(20us)
                                       .runs(0, a, woken(18us))
                                       .at(50us)
                                       .switches(0, asleep(TC_ACTIVITY_PIPE, TC_WAIT_PIPE), unobserved)
                                       .at(80us)
                                       .runs(0, a, woken(75us))
                                       .at(90us)
                                       .exits(a)
                                       .at(99us)
                                       .switches(0, dead(), unobserved)
                                       .emits_ledger(ledger(a).ended_at(99us)),
                                   100us, false);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"sleep blocked", 8us},
                                                 {"sleep runnable", 2us},
                                                 {"user running", 40us},
                                                 {"pipe blocked", 25us},
                                                 {"pipe runnable", 5us},
                                                 {"exit running", 9us}}));
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_SYSCALLS], 0U);
  EXPECT_EQ(replayed[a].ledger.exit_start_ns, 90000U);
}

TEST(Replay, AnUnseenSwitchInIsCorrectedAtTheNextSwitch) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted(a, 0, asleep(TC_ACTIVITY_POLL, TC_WAIT_POLL))
                                       .at(50us)
                                       .event(a, TC_EV_FOUND_RUNNING, 0, 1)
                                       .unseen(1, a)
                                       .at(60us)
                                       .event(a, TC_EV_CORRECTED, 15'000)
                                       .switches(1, preempted(TC_ACTIVITY_POLL), unobserved),
                                   60us);
  EXPECT_EQ(cells_of(replayed[a].ledger), (Times{{"poll blocked", 25us}, {"poll running", 25us}}));
  EXPECT_EQ(replayed[a].ledger.waits[TC_WAIT_POLL].blocked_ns, 25'000U);
  ASSERT_EQ(replayed[a].edges.size(), 1U);
  EXPECT_EQ(replayed[a].edges[0].sums.blocked_ns, 25'000U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_UNSEEN_SWITCH_INS], 1U);
  EXPECT_EQ(replayed[a].ledger.counters[TC_COUNTER_MIGRATIONS], 0U);
  EXPECT_TRUE(replayed.integrity.clean());
}

// A call on a shared futex with a fault at its beginning; the correction comes during the fault.
std::uint64_t kernel_time_of_corrected_call(std::chrono::nanoseconds entered) {
  Script recorded = script();
  recorded.at(10us).adopted_running(a, 0).at(20us).switches(0, asleep(TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_SHARED, 15us),
                                                            unobserved);
  recorded.at(50us).event(a, TC_EV_FOUND_RUNNING, 0, 0).unseen(0, a);
  if (entered > 50us) {
    recorded.at(55us).calls(a, TC_ACTIVITY_FUTEX, 15us);
  }
  recorded.at(60us).faults(a, 59us, TC_FAULT_MINOR, TC_ACTIVITY_FUTEX, entered);
  recorded.at(62us).event(a, TC_EV_CORRECTED, 10'000);
  recorded.at(70us).calls(a, TC_ACTIVITY_FUTEX, entered, TC_CHANNEL_SHARED_MEMORY);
  return replay(recorded, 80us)[a].ledger.channels[TC_CHANNEL_SHARED_MEMORY].kernel_ns;
}

TEST(Replay, ACorrectionIsOfTheCallThatWaited) {
  EXPECT_EQ(kernel_time_of_corrected_call(15us), 34'000U);  // 15-20, 50-59, 60-70, and the correction
  EXPECT_EQ(kernel_time_of_corrected_call(57us), 12'000U);  // 57-59, 60-70
}

TEST(Replay, ASwitchFromAnotherTaskThanTheCpuHasBreaksItsChain) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted(a, 0, preempted())
                                       .adopted(b, 0, preempted())
                                       .at(20us)
                                       .runs(0, a)
                                       .unseen(0, b)
                                       .at(30us)
                                       .switches(0, preempted(), unobserved),
                                   40us);
  EXPECT_EQ(replayed.integrity.broken_switches, 1U);
  ASSERT_EQ(replayed.integrity.breaks.size(), 1U);
  EXPECT_EQ(replayed.integrity.breaks[0].at, Instant(30us));
  EXPECT_EQ(replayed.integrity.breaks[0].expected, a);
  EXPECT_EQ(replayed.integrity.breaks[0].seen, b);
  EXPECT_EQ(replayed.integrity.breaks[0].expected_tid, 1001U);
  EXPECT_EQ(replayed[b].impossible_switches, 1U);
  EXPECT_EQ(replayed[b].unknown, 20us);
}

TEST(Replay, AnExecOfAThreadTakesOverTheTidOnItsCpu) {
  const Replayed replayed = replay(script()
                                       .at(10us)
                                       .adopted(a, 0, preempted())
                                       .at(20us)
                                       .runs(0, a)
                                       .at(30us)
                                       .execs(a, 25us, 1001)
                                       .at(40us)
                                       .switches(0, preempted(TC_ACTIVITY_EXEC, 25us), unobserved),
                                   50us);
  EXPECT_TRUE(replayed.integrity.clean());
}

TEST(Replay, TimesThatGoBackwardsTakeNoTime) {
  const Replayed replayed = replay(
      script()
          .at(50us)
          .adopted_running(a, 0)
          .at(40us)
          .calls(a, TC_ACTIVITY_FILE, 30us)
          .at(std::chrono::nanoseconds(-5))
          .switches(0, asleep(TC_ACTIVITY_FUTEX, TC_WAIT_FUTEX_PRIVATE, std::chrono::nanoseconds(-7)), unobserved)
          .at(45us)
          .event(a, TC_EV_FOUND_RUNNING)
          .unseen(0, a)
          .faults(a, std::chrono::nanoseconds(-3), TC_FAULT_MINOR)
          .event(a, TC_EV_CORRECTED, ~0ULL)
          .exits(a, std::chrono::nanoseconds(-9)),
      60us);
  EXPECT_EQ(total_of(cells_of(replayed[a].ledger)) + replayed[a].unknown, 10us);
  EXPECT_GE(replayed.integrity.backward_times, 5U);
  EXPECT_EQ(replayed.integrity.impossible_corrections, 1U);
  for (const auto& [name, time] : cells_of(replayed[a].ledger)) {
    EXPECT_GE(time, 0us) << name;
  }
}

TEST(Replay, EndedTasksAreNotKept) {
  Script recorded = script().at(1us).adopted_running(a, 0);
  std::size_t most = 0;
  Replay replayer(Replay::Options{});
  for (std::uint64_t child = 10; child < 1000; ++child) {
    recorded.at(std::chrono::microseconds(10 * child))
        .born(child, a, TC_CREATION_FORK, std::chrono::microseconds(10 * child));
    recorded.at(std::chrono::microseconds(10 * child + 1)).runs(1, child, woken(std::chrono::microseconds(10 * child)));
    recorded.at(std::chrono::microseconds(10 * child + 2)).switches(1, dead(), unobserved);
  }
  for (const Record& record : recorded.records()) {
    replayer.on_record(record);
    most = std::max(most, replayer.held());
  }
  // They are the parent, a child that waits for its final ledger, and the youngest child.
  EXPECT_LE(most, 3U);
  EXPECT_EQ(replayer.living(Instant(1s)).size(), 1U);
  EXPECT_EQ(replayer.integrity().lost_final_ledgers, 990U);
}

}  // namespace
}  // namespace taskcost
