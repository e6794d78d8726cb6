// SPDX-License-Identifier: Apache-2.0
//
// The timeline of each task, its state at each instant: the slices that the tracker finds in recorded events.
//
// Unlike a ledger, which has sums, a timeline has each interval. Time that a lost event may affect is unknown, by the
// rule of trace/gaps.h, and so is the time before an event that contradicts the state before it.
//
// Memory is bounded: with more entries than `limit`, the timeline is dropped and says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/account.h"

namespace taskcost {

struct Timeline {
  // The state during an interval. Intervals with the same state share one.
  struct Facts {
    std::optional<tc_condition> condition;  // nullopt: unknown, and so is everything below
    tc_activity activity = TC_ACTIVITY_USER;
    std::string call;                  // name of the system call; empty outside of calls or if it was not seen
    std::optional<std::uint32_t> cpu;  // if running; nullopt if the switch-in was not seen
    std::optional<tc_wait> wait;       // if blocked: the cause
    std::optional<Waker> waker;        // if blocked and woken: the source of the wakeup
    std::string call_site;             // call site of the waker, if that is an observed task
  };
  struct Interval {
    Instant start{};
    Instant end{};  // always later than `start`
    std::size_t facts = 0;
  };
  enum class MarkKind { new_task, exec, exit };
  struct Mark {
    MarkKind kind = MarkKind::new_task;
    Instant at{};
    std::string comm;  // for an exec: the new name; hostile
  };
  struct Row {
    std::uint64_t task = 0;           // Task::id
    std::vector<Interval> intervals;  // sorted, without overlap; the state between two of them is unknown
    std::vector<Mark> marks;          // sorted by time
  };

  Instant start{};
  Instant end{};
  std::vector<Facts> facts;
  std::vector<Row> rows;  // sorted by task
  std::size_t limit = 0;
  bool left_out = false;  // there were more entries than `limit`: `rows` is empty
};
const char* to_string(Timeline::MarkKind kind);  // "new task", "exec", "exit"

}  // namespace taskcost
