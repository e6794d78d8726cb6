// SPDX-License-Identifier: Apache-2.0
//
// The critical path of a recording: what its length consists of. It goes backwards from the last exit. A task that was
// woken by another one continues in the waker, because it would have run earlier if the waker had been faster. Every
// other time of the task is on the path: on a CPU, waiting for one, or blocked by what no observed task ended.
//
// It says where a run would become shorter if only that part became faster, up to the next-longest path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "trace/part.h"
#include "trace/slice.h"

namespace taskcost {

struct CriticalPath {
  struct Part {
    std::string comm;                       // the last name of the tasks; hostile. Empty: not known
    std::optional<tc_condition> condition;  // nullopt: unknown, because events were lost
    std::optional<tc_wait> wait;            // if blocked: the cause
    Duration time{};
  };
  // A part by the function in which the tasks left their CPU: a wait is in it, and a time on a CPU ends in it.
  struct FunctionPart : Part {
    std::string function;  // hostile. Empty: not known
  };

  Instant start{};                                       // where the path begins: no earlier event explains it
  Instant end{};                                         // the last exit
  std::uint64_t wakeups = 0;                             // how often it goes from a task to its waker
  std::vector<Part> parts;                               // they add up to `end` - `start`; the longest first
  std::optional<std::vector<FunctionPart>> functions{};  // so do these; nullopt: the capture has no stacks
};

// Listens to a replay, and passes everything on to `next`, which may be nullptr and must outlive it.
class CriticalPathBuilder : public SliceListener {
 public:
  // Slices outside of `span` are not on the path. Of more stretches than `limit`, of 40 bytes each, no path is made.
  explicit CriticalPathBuilder(SliceListener* next, const TraceSpan& span = {}, std::size_t limit = 4'000'000)
      : next_(next), span_(span), limit_(limit) {}

  void on_slice(const TaskTracker& task, const Slice& slice) override;
  void on_settled(const TaskTracker& task, const Settled& settled) override;
  void on_corrected(const TaskTracker& task, const tc_event& event) override;
  void on_mark(const TaskTracker& task, const TaskMark& mark) override;
  void on_call_entered(std::uint8_t row) override;
  void on_fault_begun(std::uint8_t bits) override;
  // The key of its stack, before the task leaves its CPU.
  void on_stack(std::uint64_t task, std::uint64_t key);

  // Names a task by its ledger id.
  using NameOf = std::function<std::string(std::uint64_t)>;
  // nullopt: no task exited, or there were too many stretches.
  // `function` names a stack by its key; empty: there are no stacks.
  [[nodiscard]] std::optional<CriticalPath> take(const NameOf& name, const NameOf& function = {}) const;

 private:
  // A time in one condition; it lasts until the next stretch.
  struct Stretch {
    std::uint64_t start_ns;
    std::uint64_t waker;  // if blocked and ended by a wakeup
    std::uint64_t stack;  // key; 0: not known
    std::uint8_t condition;
    std::uint8_t wait;
  };
  struct Track {
    std::vector<Stretch> stretches;
    std::uint64_t end_ns = 0;
    std::uint64_t stack = 0;  // of the switch-out that is next, or that began the wait
  };

  void add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const Stretch& stretch);

  SliceListener* next_;
  TraceSpan span_;
  std::size_t limit_;
  std::unordered_map<std::uint64_t, Track> tracks_;  // by ledger id
  std::size_t held_ = 0;
  std::uint64_t last_exit_ns_ = 0;
  std::uint64_t last_ = 0;  // the task of the last exit
};

}  // namespace taskcost
