// SPDX-License-Identifier: Apache-2.0
//
// Where each task was at each instant: the slices that the tracker finds in recorded events, in a window.
//
// Unlike the ledgers, which are sums, a timeline has an interval for each slice. What a lost event would have told is
// `unknown`, by the rule of trace/gaps.h; so is what events that contradict each other say.
//
// Memory is bounded: with more entries than `limit` the timeline is given up and says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/account.h"
#include "trace/slice.h"

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

// Listens to a replay (Replay::Options::listener). Once that has closed its tasks, take() has all of them.
class TimelineBuilder : public SliceListener {
 public:
  struct Names {
    std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger, 0 for a task that is not kept
    // As SessionBuilder::Options::syscall_name.
    std::function<std::string(std::uint32_t, bool)> syscall;
  };

  // `limit`: intervals, marks and tasks; an interval takes about 24 bytes.
  explicit TimelineBuilder(std::size_t limit = 200'000);
  ~TimelineBuilder() override;

  void on_slice(const TaskTracker& task, const Slice& slice) override;
  void on_settled(const TaskTracker& task, const Settled& settled) override;
  void on_corrected(const TaskTracker& task, const tc_step& step) override;
  void on_mark(const TaskTracker& task, const LifeMark& mark) override;
  // Counts of the ledgers.
  void on_call_entered(std::uint8_t /*row*/) override {}
  void on_fault_begun(std::uint8_t /*bits*/) override {}

  // How many intervals, marks and tasks are held in memory.
  [[nodiscard]] std::size_t held() const;

  // Leaves out what is not in the window. The builder is spent afterwards.
  Timeline take(Instant start, Instant end, const Names& names);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
