// SPDX-License-Identifier: Apache-2.0
#include "trace/switch_facts.h"

namespace taskcost {
namespace {

// include/linux/sched.h
constexpr unsigned task_dead = 0x80;
constexpr unsigned stopped_or_traced = 0x4 | 0x8;

bool has(const tc_switch& event, unsigned flag) { return (event.flags & flag) != 0; }

// Anonymous inodes can look like regular files.
std::optional<std::uint8_t> wait_on_file(const CallClasses& classes, std::uint32_t syscall, std::uint16_t file) {
  const bool terminal = (file & TC_FILE_FORMAT) == TC_FILE_DEVICE && (file & TC_FILE_DETAIL) != 0;
  switch (classes.file_channel(syscall, file)) {
    case TC_CHANNEL_PIPE:
      return TC_WAIT_PIPE;
    case TC_CHANNEL_UNIX_SOCKET:
      return TC_WAIT_UNIX_SOCKET;
    case TC_CHANNEL_INET_SOCKET:
      return TC_WAIT_INET_SOCKET;
    case TC_CHANNEL_OTHER_SOCKET:
      return TC_WAIT_OTHER_SOCKET;
    case TC_CHANNEL_MESSAGE_QUEUE:
      return TC_WAIT_MESSAGE_QUEUE;
    default:
      return terminal ? std::optional<std::uint8_t>(TC_WAIT_TERMINAL) : std::nullopt;
  }
}

std::optional<std::uint8_t> wait_in_call(const CallClasses& classes, std::uint32_t syscall, std::uint16_t file) {
  const std::uint32_t call = classes.call(syscall);
  switch (call >> TC_CALL_KIND_SHIFT) {
    case TC_KIND_SPLICE:
    case TC_KIND_TEE:
    case TC_KIND_OPEN:
    case TC_KIND_FCNTL:
      return std::nullopt;
    case TC_KIND_FLOCK:
      return TC_WAIT_FILE_LOCK;
    case TC_KIND_EPOLL:
      return TC_WAIT_EPOLL;
    case TC_KIND_SEMOP:
      return TC_WAIT_SYSV_SEMAPHORE;
    case TC_KIND_MSGSND:
    case TC_KIND_MSGRCV:
      return TC_WAIT_SYSV_QUEUE;
    case TC_KIND_PROCESS_VM:
      return TC_WAIT_PROCESS_MEMORY;
    default:
      break;
  }
  if ((call & (TC_CALL_BY_FD | TC_CALL_FD_FIRST)) != 0) {
    return wait_on_file(classes, syscall, file);
  }
  switch (call & TC_CALL_ACTIVITY_MASK) {
    case TC_ACTIVITY_CREATE:
      return TC_WAIT_CREATION;
    case TC_ACTIVITY_WAIT:
      return TC_WAIT_CHILD;
    case TC_ACTIVITY_MEMORY:
      return TC_WAIT_MEMORY;
    case TC_ACTIVITY_SOCKET:
      return TC_WAIT_OTHER_SOCKET;
    case TC_ACTIVITY_FILE:
      return TC_WAIT_OTHER_FILE;
    case TC_ACTIVITY_POLL:
      return TC_WAIT_POLL;
    case TC_ACTIVITY_SLEEP:
      return TC_WAIT_TIMER;
    case TC_ACTIVITY_SIGNAL:
      return TC_WAIT_SIGNAL;
    default:
      return std::nullopt;
  }
}

// io_schedule() serves waits for other programs as well.
bool may_be_disk(std::uint8_t wait) {
  switch (wait) {
    case TC_WAIT_REGULAR_FILE:
    case TC_WAIT_OTHER_FILE:
    case TC_WAIT_PAGE_FAULT:
    case TC_WAIT_MEMORY:
    case TC_WAIT_CREATION:
    case TC_WAIT_OTHER:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_voluntary(const tc_switch& event) { return event.prev_state != 0 && !has(event, TC_SWITCH_PREEMPT); }

bool is_last(const tc_switch& event) { return event.prev != 0 && (event.prev_state & task_dead) != 0; }

// A pending signal keeps the task on the run queue although it was about to sleep.
std::uint8_t condition_of(const tc_switch& event) {
  return is_voluntary(event) && !has(event, TC_SWITCH_QUEUED) ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
}

std::uint8_t why_preempted(const tc_switch& event, const CallClasses* classes) {
  if (is_voluntary(event)) {
    return TC_PREEMPTED_BY_OTHERS;
  }
  if (has(event, TC_SWITCH_THROTTLED)) {
    return TC_PREEMPTED_BY_QUOTA;
  }
  const bool yields = classes == nullptr ? has(event, TC_SWITCH_YIELDED)
                                         : event.context == TC_IN_CALL &&
                                               classes->call(event.syscall) >> TC_CALL_KIND_SHIFT == TC_KIND_YIELD;
  return yields && !has(event, TC_SWITCH_PREEMPT) ? TC_PREEMPTED_BY_YIELD : TC_PREEMPTED_BY_OTHERS;
}

std::optional<std::uint8_t> wait_of(const tc_switch& event, const CallClasses& classes) {
  if ((event.prev_state & stopped_or_traced) != 0) {
    return TC_WAIT_STOPPED;
  }
  if (event.wait == TC_WAIT_FROZEN || event.wait == TC_WAIT_CORE_DUMP) {
    return std::nullopt;
  }
  std::optional<std::uint8_t> wait;
  if (event.context == TC_IN_CALL) {
    wait = wait_in_call(classes, event.syscall, event.file);
  } else if (event.context == TC_IN_FAULT) {
    wait = TC_WAIT_PAGE_FAULT;
  }
  return event.iowait != 0 && may_be_disk(wait.value_or(event.wait)) ? std::uint8_t{TC_WAIT_DISK} : wait;
}

tc_counter destination_of(const tc_switch& event) {
  if (has(event, TC_SWITCH_NEXT_MM)) {
    return has(event, TC_SWITCH_SAME_MM) ? TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE
                                         : TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE;
  }
  return event.next_tid != 0 ? TC_COUNTER_SWITCHES_TO_KERNEL_THREAD : TC_COUNTER_SWITCHES_TO_IDLE;
}

std::optional<tc_counter> origin_of(const tc_switch& event) {
  if (has(event, TC_SWITCH_PREV_MM)) {
    return std::nullopt;
  }
  return event.prev_tid != 0 ? TC_COUNTER_SWITCHES_FROM_KERNEL_THREAD : TC_COUNTER_SWITCHES_FROM_IDLE;
}

}  // namespace taskcost
