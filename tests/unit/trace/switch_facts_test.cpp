// SPDX-License-Identifier: Apache-2.0
#include "trace/switch_facts.h"

#include <gtest/gtest.h>

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

// The calls of test_classes() are by row.
tc_switch waiting_in(std::size_t row, std::uint16_t file = 0) {
  tc_switch event = left_in(interruptible);
  event.context = TC_IN_CALL;
  event.syscall = test::call_in(row);
  event.file = file;
  event.wait = TC_WAIT_OTHER;  // what the probe concluded
  return event;
}

std::optional<std::uint8_t> wait_in(std::size_t row, std::uint16_t file = 0) {
  return wait_of(waiting_in(row, file), test::test_classes());
}

TEST(SwitchFacts, TheCallAndItsFileSayWhatATaskWaitsFor) {
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING, TC_FILE_FIFO), TC_WAIT_PIPE);
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING, TC_FILE_SOCKET | 1), TC_WAIT_UNIX_SOCKET);
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING, TC_FILE_SOCKET | 10), TC_WAIT_INET_SOCKET);
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING, TC_FILE_DEVICE | 4), TC_WAIT_TERMINAL);
  EXPECT_EQ(wait_in(TC_ACTIVITY_WAIT), TC_WAIT_CHILD);
  EXPECT_EQ(wait_in(TC_ACTIVITY_SLEEP), TC_WAIT_TIMER);
  EXPECT_EQ(wait_in(TC_ACTIVITY_POLL), TC_WAIT_POLL);
}

TEST(SwitchFacts, WhatWasNotSeenLeavesTheWaitOpen) {
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING, TC_FILE_REGULAR), std::nullopt) << "an eventfd can look like that";
  EXPECT_EQ(wait_in(TC_ROW_CALL_PENDING), std::nullopt);
  EXPECT_EQ(wait_in(TC_ACTIVITY_FUTEX), std::nullopt) << "the mapping decides";
  tc_switch frozen = waiting_in(TC_ACTIVITY_SLEEP);
  frozen.wait = TC_WAIT_FROZEN;
  EXPECT_EQ(wait_of(frozen, test::test_classes()), std::nullopt);
}

TEST(SwitchFacts, TheStateOfTheTaskGoesBeforeItsCall) {
  tc_switch event = waiting_in(TC_ACTIVITY_MEMORY);
  EXPECT_EQ(wait_of(event, test::test_classes()), TC_WAIT_MEMORY);
  event.iowait = 1;
  EXPECT_EQ(wait_of(event, test::test_classes()), TC_WAIT_DISK);
  event.prev_state = 0x8;  // __TASK_TRACED
  EXPECT_EQ(wait_of(event, test::test_classes()), TC_WAIT_STOPPED);
  event = waiting_in(TC_ACTIVITY_SLEEP);
  event.iowait = 1;
  EXPECT_EQ(wait_of(event, test::test_classes()), TC_WAIT_TIMER);
  event.context = TC_IN_FAULT;
  event.iowait = 0;
  EXPECT_EQ(wait_of(event, test::test_classes()), TC_WAIT_PAGE_FAULT);
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
