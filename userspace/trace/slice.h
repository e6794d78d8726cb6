// SPDX-License-Identifier: Apache-2.0
//
// What a task did between two of its events, as the tracker reports it (task_tracker.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

class TaskTracker;

// A time during which a task stays in one row and condition. Rows, numbers and ids are those of the kernel side.
struct Slice {
  static constexpr std::uint32_t none = UINT32_MAX;  // no system call, no CPU
  enum class Quality : std::uint8_t { known, unknown };
  // What ended the slice: an event of the task, a switch to it, a sign that it runs although no switch was seen, the
  // first lost event, or the end of the window.
  enum class End : std::uint8_t { event, switched_in, found_running, loss, window };

  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint64_t ready_ns = 0;    // when a task off its CPU became ready to run; end_ns: not earlier
  std::uint64_t entered_ns = 0;  // entry of the system call; 0: in none, or not seen
  std::uint64_t waker = 0;       // TC_WAKER_*, if blocked
  std::uint32_t waker_from = TC_FROM_NOWHERE;
  std::uint32_t syscall = none;  // its number, with TC_FROM_COMPAT
  std::uint32_t cpu = none;      // if running
  std::uint8_t row = TC_ACTIVITY_USER;
  std::uint8_t condition = TC_CONDITION_RUNNING;
  std::uint8_t wait = TC_WAIT_OTHER;  // if blocked
  Quality quality = Quality::known;
  End end = End::event;
  bool woken = false;     // the wakeup was seen
  bool censored = false;  // it began before the task was observed
};

// The row of a call on a descriptor is known when the call returns, that of a page fault when it is resolved. Until
// then, slices are in TC_ROW_CALL_PENDING and TC_ROW_FAULT_PENDING; on_settled() then gives the row of all these
// slices.
struct Settled {
  std::uint8_t pending = TC_ROW_CALL_PENDING;
  std::optional<std::uint8_t> row;      // nullopt: events were lost, the row stays unknown
  std::uint32_t syscall = Slice::none;  // none: the slices have it already
};

// An instant in the lifetime of a task.
struct TaskMark {
  enum class Kind : std::uint8_t { new_task, exec, exit } kind = Kind::new_task;
  std::uint64_t at_ns = 0;
  std::string_view comm;  // the new comm, for an exec
};

// Gets what a tracker finds, in the order of the task's time. Only the time before a late tc_task_new comes late.
class SliceListener {
 public:
  SliceListener() = default;
  SliceListener(const SliceListener&) = delete;
  SliceListener& operator=(const SliceListener&) = delete;
  virtual ~SliceListener() = default;

  virtual void on_slice(const TaskTracker& task, const Slice& slice) = 0;
  virtual void on_settled(const TaskTracker& task, const Settled& settled) = 0;
  // The task was running for `ns` of its last slice in that row and condition.
  virtual void on_corrected(const TaskTracker& task, const tc_event& event) = 0;
  virtual void on_mark(const TaskTracker& task, const TaskMark& mark) = 0;
  // The first event of a system call, or of a page fault (TC_FAULT_*): its slices follow.
  virtual void on_call_entered(std::uint8_t row) = 0;
  virtual void on_fault_begun(std::uint8_t bits) = 0;
};

// The time when a task that was off its CPU from `since_ns` to `at_ns` became ready to run. A blocked task is ready
// from its wakeup; without one (0), it was blocked to the end. A wakeup from before the sleep means that the task never
// slept: the waker met it on its way, and it could have run all along.
constexpr std::uint64_t ready_ns(std::uint8_t condition, std::uint64_t since_ns, std::uint64_t woken_ns,
                                 std::uint64_t at_ns) {
  if (condition != TC_CONDITION_BLOCKED) {
    return since_ns;
  }
  if (woken_ns == 0) {
    return at_ns;
  }
  return woken_ns > since_ns && woken_ns <= at_ns ? woken_ns : since_ns;
}

}  // namespace taskcost
