// SPDX-License-Identifier: Apache-2.0
#include "trace/switch_facts.h"

#include <sched.h>

namespace taskcost {
namespace {

// include/linux/sched.h
constexpr unsigned task_interruptible = 0x1;
constexpr unsigned stopped_or_traced = 0x4 | 0x8;
constexpr unsigned task_dead = 0x80;
constexpr unsigned task_frozen = 0x8000;

// Commands of fcntl(2), independent of the machine that reads a capture.
constexpr int fcntl_setlkw = 7;
constexpr int fcntl_setlkw64 = 14;  // of 32-bit programs
constexpr int fcntl_ofd_setlkw = 38;

// A task that sleeps, as a probe saw it.
struct Sleeper {
  std::uint32_t syscall;
  std::uint16_t state;
  std::uint16_t file;
  std::uint16_t detail;
  std::uint8_t context;
  std::uint8_t saw;
};

bool has(const tc_switch& event, unsigned flag) { return (event.flags & flag) != 0; }

bool is_terminal(std::uint16_t file) {
  return (file & TC_FILE_FORMAT) == TC_FILE_DEVICE && (file & TC_FILE_DETAIL) != 0;
}

// The probe did not ask for a fact that decides. No such call waits for this, so an audit shows it.
constexpr std::uint8_t not_asked = TC_WAIT_OTHER;

std::uint8_t wait_on_anonymous(std::uint16_t name) {
  switch (name) {
    case TC_ANONYMOUS_NAME('e', 'f'):
      return TC_WAIT_EVENTFD;
    case TC_ANONYMOUS_NAME('t', 'f'):
      return TC_WAIT_TIMER;
    case TC_ANONYMOUS_NAME('s', 'l'):
      return TC_WAIT_SIGNAL;
    default:
      return TC_WAIT_OTHER_FILE;
  }
}

// `name` is TC_ANONYMOUS_NAME, ...: anonymous inodes can look like regular files.
std::uint8_t wait_on_file(const CallClasses& classes, std::uint32_t syscall, std::uint16_t file, std::uint16_t name) {
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
    case TC_CHANNEL_PTY:
      return TC_WAIT_TERMINAL;
    default:
      break;
  }
  if (name == 0) {
    return not_asked;
  }
  if (name == TC_NO_FILE) {
    return TC_WAIT_OTHER_FILE;
  }
  if (name != TC_NOT_ANONYMOUS) {
    return wait_on_anonymous(name);
  }
  if (is_terminal(file)) {
    return TC_WAIT_TERMINAL;
  }
  return (file & TC_FILE_FORMAT) == TC_FILE_REGULAR ? TC_WAIT_REGULAR_FILE : TC_WAIT_OTHER_FILE;
}

// The call waits for the file that is not ready.
std::uint8_t wait_on_two_files(const CallClasses& classes, const Sleeper& task) {
  const bool other_is_source = (task.detail & TC_SPLICE_FROM_OTHER) != 0;
  const auto other = static_cast<std::uint16_t>(task.detail & (TC_FILE_FORMAT | TC_FILE_DETAIL));
  const std::uint16_t source = other_is_source ? other : task.file;
  const std::uint16_t destination = other_is_source ? task.file : other;
  const bool waits_for_source = (source & TC_FILE_FORMAT) == TC_FILE_FIFO ? (task.detail & TC_SPLICE_EMPTY) != 0
                                                                          : (task.detail & TC_SPLICE_FULL) == 0;
  return wait_on_file(classes, task.syscall, waits_for_source ? source : destination, TC_NOT_ANONYMOUS);
}

std::uint8_t wait_in_open(const Sleeper& task) {
  if ((task.detail & TC_OPEN_SEEN) == 0) {
    return not_asked;
  }
  switch (task.detail & TC_FILE_FORMAT) {
    case TC_FILE_FIFO:
      return TC_WAIT_PIPE;
    case TC_FILE_REGULAR:
      return (task.detail & TC_OPEN_LEASED) != 0 && (task.state & task_interruptible) != 0 ? TC_WAIT_FILE_LOCK
                                                                                           : TC_WAIT_REGULAR_FILE;
    default:
      return TC_WAIT_OTHER_FILE;
  }
}

bool waits_for_lock(std::uint16_t detail) {
  const auto command = [detail](int locks) {
    return detail >> TC_FCNTL_SHIFT == TC_FCNTL_COMMAND(locks) >> TC_FCNTL_SHIFT;
  };
  return command(fcntl_setlkw) || command(fcntl_setlkw64) || command(fcntl_ofd_setlkw);
}

bool is_futex(std::uint32_t call) {
  const std::uint32_t kind = call >> TC_CALL_KIND_SHIFT;
  return kind == TC_KIND_FUTEX || kind == TC_KIND_FUTEX_FLAGS || kind == TC_KIND_FUTEX_LIST;
}

std::uint8_t wait_on_futex(std::uint32_t call, std::uint16_t futex) {
  if (is_futex(call) && futex == 0) {
    return not_asked;
  }
  return is_shared_futex(futex) ? TC_WAIT_FUTEX_SHARED : TC_WAIT_FUTEX_PRIVATE;
}

std::uint8_t wait_in_call(const CallClasses& classes, const Sleeper& task) {
  const std::uint32_t call = classes.call(task.syscall);
  constexpr unsigned name_bits = (1U << TC_FCNTL_SHIFT) - 1;
  switch (call >> TC_CALL_KIND_SHIFT) {
    case TC_KIND_SPLICE:
    case TC_KIND_TEE:
      return wait_on_two_files(classes, task);
    case TC_KIND_OPEN:
      return wait_in_open(task);
    case TC_KIND_FLOCK:
      return TC_WAIT_FILE_LOCK;
    case TC_KIND_FCNTL:
      if (task.detail >> TC_FCNTL_SHIFT == 0) {
        return not_asked;
      }
      if (waits_for_lock(task.detail)) {
        return TC_WAIT_FILE_LOCK;
      }
      break;
    case TC_KIND_ASYNC_IO:
      return TC_WAIT_ASYNC_IO;
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
    return wait_on_file(classes, task.syscall, task.file, static_cast<std::uint16_t>(task.detail & name_bits));
  }
  switch (call & TC_CALL_ACTIVITY_MASK) {
    case TC_ACTIVITY_CREATE:
      return TC_WAIT_CREATION;
    case TC_ACTIVITY_WAIT:
      return TC_WAIT_CHILD;
    case TC_ACTIVITY_MEMORY:
      return TC_WAIT_MEMORY;
    case TC_ACTIVITY_FUTEX:
      return wait_on_futex(call, task.file);
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
      return TC_WAIT_OTHER;
  }
}

// in_iowait is no proof of a disk: io_schedule() also serves other waits.
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

bool is_frozen(const Sleeper& task) {
  const bool trapped = (task.saw & TC_SAW_FREEZE_TRAP) != 0 && (task.state & task_interruptible) != 0;
  return (task.state & task_frozen) != 0 || (task.saw & TC_SAW_FROZEN) != 0 || trapped;
}

WaitCause cause_of_sleep(const Sleeper& task, const CallClasses& classes, tc_wait outside) {
  const auto known = [](tc_wait wait) {
    return WaitCause{static_cast<std::uint8_t>(wait), static_cast<std::uint8_t>(wait)};
  };
  if ((task.state & stopped_or_traced) != 0) {
    return known(TC_WAIT_STOPPED);
  }
  if (is_frozen(task)) {
    return known(TC_WAIT_FROZEN);
  }
  if (task.context == TC_IN_EXIT && (task.saw & TC_SAW_CORE_DUMP) != 0) {
    return known(TC_WAIT_CORE_DUMP);
  }
  WaitCause cause;
  if (task.context == TC_IN_CALL) {
    cause.in_call = wait_in_call(classes, task);
  } else if (task.context == TC_IN_FAULT) {
    cause.in_call = TC_WAIT_PAGE_FAULT;
  } else if (task.context == TC_IN_USER) {
    cause.in_call = static_cast<std::uint8_t>(outside);
  }
  cause.wait =
      (task.saw & TC_SAW_IOWAIT) != 0 && may_be_disk(cause.in_call) ? std::uint8_t{TC_WAIT_DISK} : cause.in_call;
  return cause;
}

// An interrupt does not act for the task it interrupts. Neither does a softirq that runs on its way out.
bool is_interrupt(unsigned waking) {
  const auto saw = [waking](unsigned bit) { return (waking & bit) != 0; };
  if (saw(TC_WAKING_UNCOUNTED)) {
    return saw(TC_WAKING_DISK) || saw(TC_WAKING_USER);
  }
  return saw(TC_WAKING_IDLE) || saw(TC_WAKING_HARDIRQ) || (saw(TC_WAKING_SOFTIRQ) && saw(TC_WAKING_USER));
}

bool is_task(std::uint64_t waker) {
  return waker != TC_WAKER_INTERRUPT && waker != TC_WAKER_TIMER && waker != TC_WAKER_SEVERAL;
}

Wakeup concluded(std::uint64_t at_ns, std::uint64_t waker, std::uint32_t from, unsigned waking) {
  Wakeup wakeup{at_ns, 0, TC_FROM_NOWHERE, (waking & TC_WAKING_FROZEN) != 0};
  if ((waking & TC_WAKING_TIMER) != 0) {
    wakeup.waker = TC_WAKER_TIMER;
    wakeup.from = TC_FROM_INTERRUPT;
  } else if (is_interrupt(waking)) {
    wakeup.waker = TC_WAKER_INTERRUPT;
    wakeup.from = TC_FROM_INTERRUPT;
  } else if (is_task(waker)) {
    wakeup.waker = waker;
    wakeup.from = from;
  }
  return wakeup;
}

}  // namespace

bool is_voluntary(const tc_switch& event) { return event.prev_state != 0 && !has(event, TC_SWITCH_PREEMPT); }

bool is_last(const tc_switch& event) { return event.prev != 0 && (event.prev_state & task_dead) != 0; }

// A pending signal keeps the task on the run queue although it was about to sleep.
std::uint8_t condition_of(const tc_switch& event) {
  return is_voluntary(event) && !has(event, TC_SWITCH_QUEUED) ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
}

// A task that was about to sleep is not preempted by a quota or a yield.
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

WaitCause cause_of(const tc_switch& event, const CallClasses& classes, tc_wait outside) {
  return cause_of_sleep({event.syscall, event.prev_state, event.file, event.detail, event.context, event.saw}, classes,
                        outside);
}

WaitCause cause_of(const tc_task_new& new_task, const CallClasses& classes, tc_wait outside) {
  return cause_of_sleep(
      {new_task.syscall, new_task.state, new_task.file, new_task.detail, new_task.context, new_task.saw}, classes,
      outside);
}

// A device wakes by interrupt or through a kernel thread. Any other waker means a program.
std::uint8_t cause_after(const WaitCause& cause, const Wakeup& wakeup, bool with_cpu) {
  if (wakeup.at_ns == 0) {
    return cause.wait;
  }
  if (wakeup.thaws) {
    return TC_WAIT_FROZEN;
  }
  const bool by_device =
      wakeup.waker == TC_WAKER_INTERRUPT || wakeup.waker == TC_WAKER_TIMER || wakeup.from == TC_FROM_KERNEL;
  return with_cpu && cause.wait == TC_WAIT_DISK && !by_device ? cause.in_call : cause.wait;
}

Wakeup wakeup_of(const tc_switch& event) {
  return concluded(event.woken_ns, event.waker, event.waker_from, event.waking);
}

Wakeup wakeup_of(const tc_event& event) { return concluded(event.at_ns, event.value, event.arg, event.file); }

Wakeup wakeup_of(const tc_ledger& ledger) {
  return concluded(ledger.woken_ns, ledger.waker, ledger.waker_from, ledger.waking);
}

bool is_adopted(const tc_task_new& new_task) { return (new_task.flags & TC_LEDGER_OPEN_AT_START) != 0; }

std::uint8_t condition_of(const tc_task_new& new_task) {
  if (!is_adopted(new_task)) {
    return TC_CONDITION_BLOCKED;
  }
  if (new_task.on_cpu != 0) {
    return TC_CONDITION_RUNNING;
  }
  return new_task.state == 0 ? TC_CONDITION_PREEMPTED : TC_CONDITION_BLOCKED;
}

// posix_spawn() creates with the flags of vfork(2).
tc_creation creation_of(const tc_task_new& new_task, const CallClasses& classes, bool calls) {
  const auto has_flag = [&](std::uint64_t flag) { return (new_task.clone_flags & flag) != 0; };
  if (is_adopted(new_task)) {
    return TC_NR_CREATIONS;
  }
  if (has_flag(CLONE_THREAD)) {
    return TC_CREATION_THREAD;
  }
  if (!has_flag(CLONE_VM)) {
    return TC_CREATION_FORK;
  }
  if (!has_flag(CLONE_VFORK)) {
    return TC_CREATION_CLONE_VM;
  }
  const bool call_known = calls ? new_task.copy_ns != 0 : new_task.creator != 0;
  const bool by_vfork =
      classes.call(new_task.syscall) >> TC_CALL_KIND_SHIFT == TC_KIND_VFORK || new_task.same_stack != 0;
  return call_known && !by_vfork ? TC_CREATION_SPAWN : TC_CREATION_VFORK;
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
