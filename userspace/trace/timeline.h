// SPDX-License-Identifier: Apache-2.0
//
// The timeline of each task, its state at each instant: the slices that the tracker finds in recorded events.
//
// Unlike a ledger, which has sums, a timeline has each interval. Time that a lost event may affect is unknown, by the
// rule of trace/gaps.h, and so is the time before an event that contradicts the state before it.
//
// A long recording has more intervals than a picture can show. Then adjacent intervals shorter than `grain` are one
// interval, which says how long the task was in each condition, and short-lived tasks share lanes.
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
  // How long each condition took.
  struct Shares {
    PerCondition<Duration> times{};
    Duration unknown{};
  };
  struct Interval {
    Instant start{};
    Instant end{};          // always later than `start`
    std::size_t facts = 0;  // index of its facts, or of its shares if it is merged
    bool is_merged = false;
  };
  enum class MarkKind { new_task, exec, exit };
  struct Mark {
    MarkKind kind = MarkKind::new_task;
    Instant at{};
    std::string comm;  // for an exec: the new name; hostile
  };
  // A region that the program marked (taskcost/mark.h).
  struct Region {
    Instant start{};
    Instant end{};
    std::size_t name = 0;   // index of region_names
    std::size_t depth = 0;  // regions around it
    bool ended = true;      // by a mark
  };
  struct Row {
    std::uint64_t task = 0;           // Task::id
    std::vector<Interval> intervals;  // sorted, without overlap; the state between two of them is unknown
    std::vector<Mark> marks;          // sorted by time
    std::vector<Region> regions;      // sorted by start
  };

  // Tasks that have no row, one after the other: a task, or adjacent ones that would be narrower than a pixel.
  struct Crowd {
    Instant start{};
    Instant end{};
    std::uint64_t tasks = 1;
    std::uint64_t task = 0;  // Task::id of the first one
    Shares shares;           // sums over the tasks
  };

  Instant start{};
  Instant end{};
  Duration grain{};  // 0: every interval is there
  std::vector<Facts> facts;
  std::vector<Shares> shares;
  std::vector<std::string> region_names;  // hostile; empty: without a name
  std::uint64_t left_out_regions = 0;     // there were too many: these are the shortest ones
  std::vector<Row> rows;                  // sorted by task
  std::vector<std::vector<Crowd>> lanes;
  std::uint64_t lane_tasks = 0;
  std::uint64_t undrawn_tasks = 0;  // they found no lane
};
const char* to_string(Timeline::MarkKind kind);  // "new task", "exec", "exit"

}  // namespace taskcost
