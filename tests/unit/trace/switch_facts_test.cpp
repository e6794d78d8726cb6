// SPDX-License-Identifier: Apache-2.0
#include "trace/switch_facts.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <initializer_list>
#include <string_view>

#include "support/test_calls.h"

namespace taskcost {
namespace {

constexpr unsigned interruptible = 0x1;
constexpr unsigned dead = 0x80;

tc_switch left_in(unsigned state, unsigned flags = 0) {
  tc_switch event{};
  event.prev = 1;
  event.prev_tid = 1001;
  event.prev_state = static_cast<std::uint16_t>(state);
  event.flags = static_cast<std::uint8_t>(flags);
  return event;
}

TEST(SwitchFacts, ATaskThatLeavesInASleepingStateIsBlocked) {
  EXPECT_EQ(condition_of(left_in(interruptible)), TC_CONDITION_BLOCKED);
  EXPECT_TRUE(is_voluntary(left_in(interruptible)));
  EXPECT_EQ(condition_of(left_in(0)), TC_CONDITION_PREEMPTED);
  EXPECT_FALSE(is_voluntary(left_in(0)));
}

TEST(SwitchFacts, ATaskThatWasAboutToSleepCanBePreempted) {
  EXPECT_EQ(condition_of(left_in(interruptible, TC_SWITCH_PREEMPT)), TC_CONDITION_PREEMPTED);
  EXPECT_FALSE(is_voluntary(left_in(interruptible, TC_SWITCH_PREEMPT)));
  // Until v6.13 the state in the event hides that a signal keeps the task on the run queue.
  EXPECT_EQ(condition_of(left_in(interruptible, TC_SWITCH_QUEUED)), TC_CONDITION_PREEMPTED);
  EXPECT_TRUE(is_voluntary(left_in(interruptible, TC_SWITCH_QUEUED)));
}

TEST(SwitchFacts, ADeadTaskLeavesForTheLastTime) {
  EXPECT_TRUE(is_last(left_in(dead)));
  EXPECT_FALSE(is_last(left_in(interruptible)));
  tc_switch other = left_in(dead);
  other.prev = 0;
  EXPECT_FALSE(is_last(other));
}

TEST(SwitchFacts, TheCallSaysThatATaskYielded) {
  CallClasses classes;
  classes.native = {TC_ACTIVITY_OTHER,
                    std::uint32_t{TC_ACTIVITY_OTHER} | std::uint32_t{TC_KIND_YIELD} << TC_CALL_KIND_SHIFT};
  tc_switch event = left_in(0);
  event.context = TC_IN_CALL;
  EXPECT_EQ(why_preempted(event, &classes), TC_PREEMPTED_BY_OTHERS);
  event.syscall = 1;
  EXPECT_EQ(why_preempted(event, &classes), TC_PREEMPTED_BY_YIELD);
  event.flags = TC_SWITCH_PREEMPT;
  EXPECT_EQ(why_preempted(event, &classes), TC_PREEMPTED_BY_OTHERS);
  event.flags = TC_SWITCH_PREEMPT | TC_SWITCH_THROTTLED;
  EXPECT_EQ(why_preempted(event, &classes), TC_PREEMPTED_BY_QUOTA);
  event.flags = TC_SWITCH_YIELDED;
  EXPECT_EQ(why_preempted(event, nullptr), TC_PREEMPTED_BY_YIELD) << "without probes on calls, registers say it";
}

// What a probe saw of a task that sleeps, beside its call.
struct Seen {
  int file = 0;
  int detail = 0;
  int saw = 0;
  unsigned state = interruptible;
  std::uint8_t context = TC_IN_CALL;
};

tc_switch sleeps_in(std::uint32_t syscall, const Seen& seen) {
  tc_switch event = left_in(seen.state);
  event.context = seen.context;
  event.syscall = syscall;
  event.file = static_cast<std::uint16_t>(seen.file);
  event.detail = static_cast<std::uint16_t>(seen.detail);
  event.saw = static_cast<std::uint8_t>(seen.saw);
  return event;
}

struct ExpectedCause {
  std::string_view what;
  std::uint32_t syscall;
  Seen seen;
  tc_wait wait;
};

void expect_causes(std::initializer_list<ExpectedCause> table) {
  for (const ExpectedCause& row : table) {
    const tc_switch event = sleeps_in(row.syscall, row.seen);
    EXPECT_EQ(cause_of(event, test::test_classes(), TC_WAIT_OTHER).wait, row.wait) << row.what;
    tc_task_new adopted{};
    adopted.context = event.context;
    adopted.syscall = event.syscall;
    adopted.state = event.prev_state;
    adopted.file = event.file;
    adopted.detail = event.detail;
    adopted.saw = event.saw;
    EXPECT_EQ(cause_of(adopted, test::test_classes(), TC_WAIT_OTHER).wait, row.wait) << row.what << ", adopted";
  }
}

using test::call_in;
using test::call_of_kind;
using test::call_with;

TEST(SwitchFacts, TheCallSaysWhatATaskWaitsFor) {
  expect_causes({
      {"wait4", call_in(TC_ACTIVITY_WAIT), {}, TC_WAIT_CHILD},
      {"nanosleep", call_in(TC_ACTIVITY_SLEEP), {}, TC_WAIT_TIMER},
      {"poll", call_in(TC_ACTIVITY_POLL), {}, TC_WAIT_POLL},
      {"io_getevents", call_of_kind(TC_KIND_ASYNC_IO, TC_ACTIVITY_FILE), {}, TC_WAIT_ASYNC_IO},
      {"epoll_wait", call_of_kind(TC_KIND_EPOLL, TC_ACTIVITY_POLL), {}, TC_WAIT_EPOLL},
      {"clone", call_in(TC_ACTIVITY_CREATE), {}, TC_WAIT_CREATION},
      {"mmap", call_in(TC_ACTIVITY_MEMORY), {}, TC_WAIT_MEMORY},
      {"pause", call_in(TC_ACTIVITY_SIGNAL), {}, TC_WAIT_SIGNAL},
      {"execve", call_in(TC_ACTIVITY_EXEC), {}, TC_WAIT_OTHER},
      {"pipe", call_in(TC_ACTIVITY_PIPE), {}, TC_WAIT_OTHER},
      {"socket", call_in(TC_ACTIVITY_SOCKET), {}, TC_WAIT_OTHER_SOCKET},
      {"stat", call_in(TC_ACTIVITY_FILE), {}, TC_WAIT_OTHER_FILE},
      {"semop", call_of_kind(TC_KIND_SEMOP, TC_ACTIVITY_OTHER), {}, TC_WAIT_SYSV_SEMAPHORE},
      {"msgsnd", call_of_kind(TC_KIND_MSGSND, TC_ACTIVITY_OTHER), {}, TC_WAIT_SYSV_QUEUE},
      {"msgrcv", call_of_kind(TC_KIND_MSGRCV, TC_ACTIVITY_OTHER), {}, TC_WAIT_SYSV_QUEUE},
      {"process_vm_readv", call_of_kind(TC_KIND_PROCESS_VM, TC_ACTIVITY_OTHER), {}, TC_WAIT_PROCESS_MEMORY},
      {"flock", call_of_kind(TC_KIND_FLOCK, TC_ACTIVITY_FILE), {}, TC_WAIT_FILE_LOCK},
      {"none", 0, {.context = TC_IN_KERNEL}, TC_WAIT_OTHER},
      {"exit", 0, {.context = TC_IN_EXIT}, TC_WAIT_OTHER},
      {"fault", 0, {.context = TC_IN_FAULT}, TC_WAIT_PAGE_FAULT},
  });
}

TEST(SwitchFacts, TheFileBehindADescriptorSaysIt) {
  const std::uint32_t read = call_in(TC_ROW_CALL_PENDING);
  const std::uint32_t fsync = call_with(TC_CALL_FD_FIRST, TC_ACTIVITY_FILE);
  const auto named = [](char second, char seventh, int mode = 0) {
    return Seen{.file = mode, .detail = TC_ANONYMOUS_NAME(second, seventh)};
  };
  expect_causes({
      {"pipe", read, {.file = TC_FILE_FIFO}, TC_WAIT_PIPE},
      {"unix socket", read, {.file = TC_FILE_SOCKET | 1}, TC_WAIT_UNIX_SOCKET},
      {"inet socket", read, {.file = TC_FILE_SOCKET | 10}, TC_WAIT_INET_SOCKET},
      {"netlink", read, {.file = TC_FILE_SOCKET | 16}, TC_WAIT_OTHER_SOCKET},
      {"accept", fsync, {.file = TC_FILE_SOCKET | 2}, TC_WAIT_INET_SOCKET},
      {"console", read, {.file = TC_FILE_DEVICE | 4, .detail = TC_NOT_ANONYMOUS}, TC_WAIT_TERMINAL},
      {"pseudo terminal", read, {.file = TC_FILE_DEVICE | 136}, TC_WAIT_TERMINAL},
      {"/dev/zero", read, {.file = TC_FILE_DEVICE, .detail = TC_NOT_ANONYMOUS}, TC_WAIT_OTHER_FILE},
      {"directory", fsync, {.file = 0040000, .detail = TC_NOT_ANONYMOUS}, TC_WAIT_OTHER_FILE},
      {"regular", read, {.file = TC_FILE_REGULAR, .detail = TC_NOT_ANONYMOUS}, TC_WAIT_REGULAR_FILE},
      {"closed", read, {.detail = TC_NO_FILE}, TC_WAIT_OTHER_FILE},
      {"[eventfd]", read, named('e', 'f'), TC_WAIT_EVENTFD},
      {"[eventfd] with a mode", read, named('e', 'f', TC_FILE_REGULAR), TC_WAIT_EVENTFD},
      {"[eventpoll]", read, named('e', 'p'), TC_WAIT_OTHER_FILE},
      {"[timerfd]", read, named('t', 'f'), TC_WAIT_TIMER},
      {"[signalfd]", read, named('s', 'l'), TC_WAIT_SIGNAL},
      {"[userfaultfd]", read, named('u', 'f', TC_FILE_REGULAR), TC_WAIT_OTHER_FILE},
      {"queue", call_with(0, TC_ACTIVITY_OTHER), {.file = TC_FILE_REGULAR | TC_FILE_QUEUE}, TC_WAIT_OTHER},
  });
}

TEST(SwitchFacts, TheCommandOfFcntlSaysIfItWaitsForALock) {
  const std::uint32_t fcntl = call_of_kind(TC_KIND_FCNTL, TC_ACTIVITY_FILE);
  const auto commanded = [](int command, int name = TC_NOT_ANONYMOUS) {
    return Seen{.file = TC_FILE_REGULAR, .detail = TC_FCNTL_COMMAND(command) | name};
  };
  expect_causes({
      {"F_SETLKW", fcntl, commanded(7), TC_WAIT_FILE_LOCK},
      {"F_SETLKW64", fcntl, commanded(14), TC_WAIT_FILE_LOCK},
      {"F_OFD_SETLKW", fcntl, commanded(38), TC_WAIT_FILE_LOCK},
      {"F_DUPFD", fcntl, commanded(0), TC_WAIT_REGULAR_FILE},
      {"F_SETLK", fcntl, commanded(6), TC_WAIT_REGULAR_FILE},
      {"F_SETPIPE_SZ", fcntl, commanded(1031), TC_WAIT_REGULAR_FILE},
      {"on an eventfd", fcntl, commanded(4, TC_ANONYMOUS_NAME('e', 'f')), TC_WAIT_EVENTFD},
  });
}

TEST(SwitchFacts, AnOpenWaitsForTheOtherEndOrForALease) {
  constexpr int seen = TC_OPEN_SEEN;
  constexpr int regular = TC_FILE_REGULAR | seen;
  const std::uint32_t open = call_of_kind(TC_KIND_OPEN, TC_ACTIVITY_FILE);
  expect_causes({
      {"FIFO", open, {.detail = seen | TC_FILE_FIFO}, TC_WAIT_PIPE},
      {"device", open, {.detail = seen | TC_FILE_DEVICE}, TC_WAIT_OTHER_FILE},
      {"regular", open, {.detail = regular}, TC_WAIT_REGULAR_FILE},
      {"leased", open, {.detail = regular | int{TC_OPEN_LEASED}}, TC_WAIT_FILE_LOCK},
      {"leased, asleep for a page", open, {.detail = regular | int{TC_OPEN_LEASED}, .state = 2}, TC_WAIT_REGULAR_FILE},
      {"no inode yet", open, {.detail = seen}, TC_WAIT_OTHER_FILE},
  });
}

TEST(SwitchFacts, OfTwoFilesTheOneThatIsNotReadyIsWaitedFor) {
  constexpr int pipe = TC_FILE_FIFO;
  constexpr int inet = TC_FILE_SOCKET | 2;
  constexpr int regular = TC_FILE_REGULAR;
  for (const tc_call_kind kind : {TC_KIND_SPLICE, TC_KIND_TEE}) {
    const std::uint32_t call = call_of_kind(kind, TC_ROW_CALL_PENDING);
    expect_causes({
        {"from an empty pipe", call, {.file = pipe, .detail = inet | TC_SPLICE_EMPTY}, TC_WAIT_PIPE},
        {"from a pipe with data", call, {.file = pipe, .detail = inet}, TC_WAIT_INET_SOCKET},
        {"to a full pipe", call, {.file = inet, .detail = pipe | TC_SPLICE_FULL}, TC_WAIT_PIPE},
        {"to a pipe with room", call, {.file = inet, .detail = pipe}, TC_WAIT_INET_SOCKET},
        {"to an empty pipe", call, {.file = inet, .detail = pipe | TC_SPLICE_EMPTY}, TC_WAIT_INET_SOCKET},
        {"from a file to a full pipe",
         call,
         {.file = pipe, .detail = regular | TC_SPLICE_FULL | TC_SPLICE_FROM_OTHER},
         TC_WAIT_PIPE},
        {"from a file to a pipe", call, {.file = pipe, .detail = regular | TC_SPLICE_FROM_OTHER}, TC_WAIT_REGULAR_FILE},
    });
  }
}

TEST(SwitchFacts, TheFlagAndTheMappingOfAFutexSayIfItIsShared) {
  const std::uint32_t futex = call_of_kind(TC_KIND_FUTEX, TC_ACTIVITY_FUTEX);
  expect_causes({
      {"private flag", futex, {.file = TC_FUTEX_PRIVATE}, TC_WAIT_FUTEX_PRIVATE},
      {"private mapping", futex, {.file = TC_FUTEX_OWN}, TC_WAIT_FUTEX_PRIVATE},
      {"no mapping", futex, {.file = TC_FUTEX_UNKNOWN}, TC_WAIT_FUTEX_PRIVATE},
      {"shared mapping", futex, {.file = TC_FUTEX_MAYSHARE}, TC_WAIT_FUTEX_SHARED},
      {"list of both", futex, {.file = TC_FUTEX_MAYSHARE | TC_FUTEX_PRIVATE}, TC_WAIT_FUTEX_SHARED},
      {"on its list", call_in(TC_ACTIVITY_FUTEX), {}, TC_WAIT_FUTEX_PRIVATE},
  });
}

// A probe that forgets to ask for a fact concludes something from its absence.
TEST(SwitchFacts, AFactThatWasNotAskedForIsNoFact) {
  const std::uint32_t fcntl = call_of_kind(TC_KIND_FCNTL, TC_ACTIVITY_FILE);
  expect_causes({
      {"futex", call_of_kind(TC_KIND_FUTEX, TC_ACTIVITY_FUTEX), {}, TC_WAIT_OTHER},
      {"open", call_of_kind(TC_KIND_OPEN, TC_ACTIVITY_FILE), {.detail = TC_FILE_REGULAR}, TC_WAIT_OTHER},
      {"fcntl", fcntl, {.file = TC_FILE_REGULAR, .detail = TC_NOT_ANONYMOUS}, TC_WAIT_OTHER},
      {"its file", fcntl, {.file = TC_FILE_REGULAR, .detail = TC_FCNTL_COMMAND(6)}, TC_WAIT_OTHER},
      {"file", call_in(TC_ROW_CALL_PENDING), {.file = TC_FILE_REGULAR}, TC_WAIT_OTHER},
  });
}

TEST(SwitchFacts, TheStateOfTheTaskGoesBeforeItsCall) {
  const std::uint32_t memory = call_in(TC_ACTIVITY_MEMORY);
  const std::uint32_t sleep = call_in(TC_ACTIVITY_SLEEP);
  expect_causes({
      {"stopped", memory, {.state = 0x4}, TC_WAIT_STOPPED},
      {"traced", memory, {.saw = TC_SAW_IOWAIT, .state = 0x8}, TC_WAIT_STOPPED},
      {"stopped and frozen", memory, {.saw = TC_SAW_FREEZE_TRAP | TC_SAW_FROZEN, .state = 0x4}, TC_WAIT_STOPPED},
      {"frozen by its state", sleep, {.state = 0x8000}, TC_WAIT_FROZEN},
      {"frozen by its flag", sleep, {.saw = TC_SAW_FROZEN}, TC_WAIT_FROZEN},
      {"in the trap", sleep, {.saw = TC_SAW_FREEZE_TRAP}, TC_WAIT_FROZEN},
      {"not asleep in the trap", sleep, {.saw = TC_SAW_FREEZE_TRAP, .state = 2}, TC_WAIT_TIMER},
      {"dumping", 0, {.saw = TC_SAW_CORE_DUMP, .context = TC_IN_EXIT}, TC_WAIT_CORE_DUMP},
      {"another thread dumps", sleep, {.saw = TC_SAW_CORE_DUMP}, TC_WAIT_TIMER},
      {"disk", memory, {.saw = TC_SAW_IOWAIT}, TC_WAIT_DISK},
      {"a page from the disk", 0, {.saw = TC_SAW_IOWAIT, .context = TC_IN_FAULT}, TC_WAIT_DISK},
      {"no disk", sleep, {.saw = TC_SAW_IOWAIT}, TC_WAIT_TIMER},
  });
}

TEST(SwitchFacts, OutsideOfCallsTheTrackerKnowsTheCause) {
  const tc_switch event = sleeps_in(0, {.context = TC_IN_USER});
  EXPECT_EQ(cause_of(event, test::test_classes(), TC_WAIT_PAGE_FAULT).wait, TC_WAIT_PAGE_FAULT);
  EXPECT_EQ(cause_of(event, test::test_classes(), TC_WAIT_OTHER).wait, TC_WAIT_OTHER);
}

struct ExpectedWaker {
  std::string_view what;
  unsigned waking;
  std::uint64_t named;  // by the probe
  std::uint64_t waker;
  std::uint32_t from;
};

TEST(SwitchFacts, WhatAWakeupWasInSaysIfATaskWoke) {
  constexpr std::uint64_t interrupt = TC_WAKER_INTERRUPT;
  constexpr std::uint64_t stranger = TC_WAKER_UNOBSERVED | 77;
  for (const auto& [what, waking, named, waker, from] : std::initializer_list<ExpectedWaker>{
           {"a task", 0, 5, 5, 202},
           {"a task that is not observed", 0, stranger, stranger, 202},
           {"a timer", TC_WAKING_TIMER, TC_WAKER_TIMER, TC_WAKER_TIMER, TC_FROM_INTERRUPT},
           {"an idle CPU", TC_WAKING_IDLE, interrupt, interrupt, TC_FROM_INTERRUPT},
           {"a hard interrupt", TC_WAKING_HARDIRQ, interrupt, interrupt, TC_FROM_INTERRUPT},
           {"a softirq in user mode", TC_WAKING_SOFTIRQ | TC_WAKING_USER, interrupt, interrupt, TC_FROM_INTERRUPT},
           {"a softirq that a call raised", TC_WAKING_SOFTIRQ, 5, 5, 202},
           {"no count, user mode", TC_WAKING_UNCOUNTED | TC_WAKING_USER, interrupt, interrupt, TC_FROM_INTERRUPT},
           {"no count, disk", TC_WAKING_UNCOUNTED | TC_WAKING_DISK, interrupt, interrupt, TC_FROM_INTERRUPT},
           {"no count, in a call", TC_WAKING_UNCOUNTED, 5, 5, 202},
           {"taken for a task", TC_WAKING_HARDIRQ, 5, interrupt, TC_FROM_INTERRUPT},
           {"taken for an interrupt", 0, interrupt, 0, TC_FROM_NOWHERE},
       }) {
    tc_switch event{};
    event.woken_ns = 1000;
    event.waker = named;
    event.waker_from = 202;
    event.waking = static_cast<std::uint16_t>(waking);
    const Wakeup wakeup = wakeup_of(event);
    EXPECT_EQ(wakeup.waker, waker) << what;
    EXPECT_EQ(wakeup.from, from) << what;
    EXPECT_FALSE(wakeup.thaws) << what;
    tc_event woken{};
    woken.value = named;
    woken.file = event.waking;
    EXPECT_EQ(wakeup_of(woken).waker, waker) << what;
  }
}

TEST(SwitchFacts, TheWakerDecidesWhetherItWasTheDisk) {
  const WaitCause disk{TC_WAIT_DISK, TC_WAIT_OTHER_FILE};
  EXPECT_EQ(cause_after(disk, {10, TC_WAKER_INTERRUPT, TC_FROM_INTERRUPT}, true), TC_WAIT_DISK);
  EXPECT_EQ(cause_after(disk, {10, TC_WAKER_TIMER, TC_FROM_INTERRUPT}, true), TC_WAIT_DISK);
  EXPECT_EQ(cause_after(disk, {10, 5, TC_FROM_KERNEL}, true), TC_WAIT_DISK);
  EXPECT_EQ(cause_after(disk, {10, 5, 202}, true), TC_WAIT_OTHER_FILE);
  EXPECT_EQ(cause_after(disk, {10, 5, 202}, false), TC_WAIT_DISK) << "it has no CPU yet";
  EXPECT_EQ(cause_after(disk, {}, true), TC_WAIT_DISK) << "its wakeup was not seen";
  const WaitCause timer{TC_WAIT_TIMER, TC_WAIT_TIMER};
  EXPECT_EQ(cause_after(timer, {10, 5, 202, true}, true), TC_WAIT_FROZEN);
  EXPECT_EQ(cause_after(timer, {10, 5, 202}, true), TC_WAIT_TIMER);
}

TEST(SwitchFacts, TheFlagsOfCloneSayWhatWasCreated) {
  const std::uint32_t clone = call_in(TC_ACTIVITY_CREATE);
  const std::uint32_t vfork = call_of_kind(TC_KIND_VFORK, TC_ACTIVITY_CREATE);
  struct Expected {
    std::uint64_t flags;
    std::uint32_t syscall;
    std::uint64_t copy_ns;
    bool same_stack;
    tc_creation creation;
  };
  for (const auto& [flags, syscall, copy_ns, same_stack, creation] : std::initializer_list<Expected>{
           {CLONE_VM | CLONE_THREAD, clone, 9, false, TC_CREATION_THREAD},
           {0, clone, 9, false, TC_CREATION_FORK},
           {CLONE_VFORK, clone, 9, false, TC_CREATION_FORK},
           {CLONE_VM, clone, 9, false, TC_CREATION_CLONE_VM},
           {CLONE_VM | CLONE_VFORK, vfork, 9, false, TC_CREATION_VFORK},
           {CLONE_VM | CLONE_VFORK, clone, 9, false, TC_CREATION_SPAWN},
           {CLONE_VM | CLONE_VFORK, clone, 9, true, TC_CREATION_VFORK},
           {CLONE_VM | CLONE_VFORK, clone, 0, false, TC_CREATION_VFORK},
       }) {
    tc_task_new created{};
    created.creator = 1;
    created.clone_flags = flags;
    created.syscall = syscall;
    created.copy_ns = copy_ns;
    created.same_stack = same_stack ? 1 : 0;
    EXPECT_EQ(creation_of(created, test::test_classes(), true), creation) << flags;
    EXPECT_EQ(condition_of(created), TC_CONDITION_BLOCKED) << "until it is published";
    created.flags = TC_LEDGER_OPEN_AT_START;
    EXPECT_EQ(creation_of(created, test::test_classes(), true), TC_NR_CREATIONS) << "adopted";
  }
}

TEST(SwitchFacts, AnAdoptedTaskRunsOrIsReadyOrSleeps) {
  tc_task_new adopted{};
  adopted.flags = TC_LEDGER_OPEN_AT_START;
  EXPECT_EQ(condition_of(adopted), TC_CONDITION_PREEMPTED);
  adopted.state = interruptible;
  EXPECT_EQ(condition_of(adopted), TC_CONDITION_BLOCKED);
  adopted.on_cpu = 1;
  EXPECT_EQ(condition_of(adopted), TC_CONDITION_RUNNING) << "it has only set its state";
}

TEST(SwitchFacts, AddressSpacesAndTidsSayWhatTheOtherTaskIs) {
  tc_switch event = left_in(0, TC_SWITCH_PREV_MM | TC_SWITCH_NEXT_MM | TC_SWITCH_SAME_MM);
  event.next_tid = 1002;
  EXPECT_EQ(destination_of(event), TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE);
  EXPECT_EQ(origin_of(event), std::nullopt);
  event.flags = TC_SWITCH_NEXT_MM;
  EXPECT_EQ(destination_of(event), TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE);
  EXPECT_EQ(origin_of(event), TC_COUNTER_SWITCHES_FROM_KERNEL_THREAD);
  event.flags = 0;
  event.prev_tid = 0;
  EXPECT_EQ(destination_of(event), TC_COUNTER_SWITCHES_TO_KERNEL_THREAD);
  EXPECT_EQ(origin_of(event), TC_COUNTER_SWITCHES_FROM_IDLE);
  event.next_tid = 0;
  EXPECT_EQ(destination_of(event), TC_COUNTER_SWITCHES_TO_IDLE);
}

}  // namespace
}  // namespace taskcost
