// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline of each task, its state at each instant, from recorded events (events.h).
//
// Unlike a ledger, which has sums, a timeline has each interval. Nothing is guessed about times with lost events; they
// are unknown:
//
//   gap             events of one CPU or of all CPUs are missing. replay.h has the rule for what it affects; but if the
//                   snapshot at the end of the window has the task, its last state is known from its beginning.
//   contradiction   an event contradicts the state before it: the time since the task's previous event is unknown.
//
// Memory is bounded: with more entries than `Options::limit`, the timeline is dropped and `left_out` is set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/account.h"
#include "taskcost/record.h"
#include "taskcost/replay.h"

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
    std::string place;                 // call site of the waker, if that is an observed task
  };
  struct Interval {
    Instant start{};
    Instant end{};  // always later than `start`
    std::size_t facts = 0;
  };
  enum class MarkKind { birth, exec, exit };
  struct Mark {
    MarkKind kind = MarkKind::birth;
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
const char* to_string(Timeline::MarkKind kind);  // "birth", "exec", "exit"

class TimelineBuilder {
 public:
  struct Options {
    std::size_t limit = 200'000;  // intervals and marks; an interval takes about 48 bytes
    bool calls = true;            // system calls have probes
    std::vector<ReplayGap> gaps;  // all gaps; those in the stream itself are ignored
  };
  struct Names {
    std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger id; 0 for a task that is not kept
    // See SessionBuilder::Options::syscall_name.
    std::function<std::string(std::uint32_t, bool)> syscall;
  };

  explicit TimelineBuilder(Options options);
  TimelineBuilder(TimelineBuilder&&) noexcept;
  TimelineBuilder& operator=(TimelineBuilder&&) noexcept;
  ~TimelineBuilder();

  // Takes the records in the order of the capture, and ignores those that it does not need. It needs ledgers, too: a
  // final ledger ends a task whose last switch was lost, and a snapshot has the state at the end of the window.
  void on_record(const Record& record);
  // The number of intervals, marks and tasks in memory.
  [[nodiscard]] std::size_t held() const;

  // Closes open intervals at `end` and drops those outside of the window. The builder must not be used afterwards.
  Timeline take(Instant start, Instant end, const Names& names);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
