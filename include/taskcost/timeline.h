// SPDX-License-Identifier: Apache-2.0
//
// Where each task was at each instant, from recorded transitions (events.h). Records in, a Timeline out.
//
// Unlike the ledgers, which are sums, a timeline has an interval for each stay. What a lost event would have told is
// `unknown`, never guessed:
//
//   gap             events are missing: of one CPU, or of all. What it touches is unknown by the rule of replay.h; but
//                   a task that was looked at when the window closed is known since it came to where it was.
//   contradiction   what an event says of the time before it cannot be: unknown since the task's event before that.
//
// Memory is bounded: with more entries than `Options::limit` the timeline is given up and says so.
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
  // What is true all through an interval. Many intervals share one.
  struct Facts {
    std::optional<tc_condition> condition;  // nullopt: unknown, and so is everything below
    tc_activity activity = TC_ACTIVITY_USER;
    std::string call;                  // name of the system call; empty outside of calls and where it was not seen
    std::optional<std::uint32_t> cpu;  // of running ones; nullopt where its switch-in was not seen
    std::optional<tc_wait> wait;       // what for, of blocked ones
    std::optional<Waker> waker;        // who ended it, of blocked ones that ended
    std::string place;                 // where the waker was, when it is an observed task
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
    std::string comm;  // of an exec: the name from there on; hostile
  };
  struct Row {
    std::uint64_t task = 0;           // Task::id
    std::vector<Interval> intervals;  // by start, none overlaps another; between two of them nothing is known
    std::vector<Mark> marks;          // by time
  };

  Instant start{};
  Instant end{};
  std::vector<Facts> facts;
  std::vector<Row> rows;  // by task
  std::size_t limit = 0;
  bool left_out = false;  // there were more entries than `limit`: no rows
};
const char* to_string(Timeline::MarkKind kind);  // "birth", "exec", "exit"

class TimelineBuilder {
 public:
  struct Options {
    std::size_t limit = 200'000;  // intervals and marks; an interval takes about 48 bytes
    bool calls = true;            // system calls have probes
    std::vector<ReplayGap> gaps;  // all that the stream lacks; those of the stream itself are passed over
  };
  struct Names {
    std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger, 0 for a task that is not kept
    // As SessionBuilder::Options::syscall_name.
    std::function<std::string(std::uint32_t, bool)> syscall;
  };

  explicit TimelineBuilder(Options options);
  TimelineBuilder(TimelineBuilder&&) noexcept;
  TimelineBuilder& operator=(TimelineBuilder&&) noexcept;
  ~TimelineBuilder();

  // In the order of the capture. Ledgers count too: final ones end tasks whose last switch was lost, snapshots tell
  // where a task is when the window closes. What no timeline is made of is left alone.
  void on_record(const Record& record);
  // How many intervals, marks and tasks are held in memory.
  [[nodiscard]] std::size_t held() const;

  // Closes what is open at `end` and leaves out what is not in the window. The builder is spent afterwards.
  Timeline take(Instant start, Instant end, const Names& names);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
