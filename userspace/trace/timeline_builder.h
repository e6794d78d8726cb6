// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline of each task from the slices of a replay.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/wakers.h"
#include "taskcost/abi.h"
#include "trace/slice.h"
#include "trace/timeline.h"

namespace taskcost {

// Listens to a replay (Replay::Options::listener). Once that has closed its tasks, take() has all of them.
class TimelineBuilder : public SliceListener {
 public:
  struct Names {
    std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger id; 0 for a task that is not kept
    // See SessionBuilder::Options::syscall_name.
    std::function<std::string(std::uint32_t, bool)> syscall;
  };

  // `limit`: intervals, marks and tasks; an interval takes about 24 bytes.
  explicit TimelineBuilder(std::size_t limit = 200'000) : limit_(limit) {}

  void on_slice(const TaskTracker& task, const Slice& slice) override;
  void on_settled(const TaskTracker& task, const Settled& settled) override;
  void on_corrected(const TaskTracker& task, const tc_event& event) override;
  void on_mark(const TaskTracker& task, const TaskMark& mark) override;
  // Counts of the ledgers.
  void on_call_entered(std::uint8_t /*row*/) override {}
  void on_fault_begun(std::uint8_t /*bits*/) override {}

  // How many intervals, marks and tasks are held in memory.
  [[nodiscard]] std::size_t held() const { return entries_; }

  // Leaves out what is not in the window. The builder is spent afterwards.
  Timeline take(Instant start, Instant end, const Names& names);

 private:
  static constexpr std::size_t nothing_pending = SIZE_MAX;

  // The content of Timeline::Facts in the kernel side's numbers.
  struct RawFacts {
    static constexpr std::uint8_t unknown = TC_NR_CONDITIONS;

    std::uint8_t condition = unknown;
    std::uint8_t row = TC_ACTIVITY_USER;
    std::uint8_t wait = TC_WAIT_OTHER;
    bool ended = false;  // blocked, and a wakeup ended it
    std::uint32_t call = Slice::none;
    std::uint32_t cpu = Slice::none;
    std::uint32_t waker_from = TC_FROM_NOWHERE;
    std::uint64_t waker = 0;

    auto operator<=>(const RawFacts&) const = default;
  };

  struct Stretch {
    std::uint64_t start_ns;
    std::uint64_t end_ns;
    std::size_t facts;
  };

  struct Track {
    std::uint32_t tid = 0;
    std::vector<Stretch> stretches;
    std::vector<Timeline::Mark> marks;
    // The first stretch of each pending row, which on_settled() has yet to name.
    std::size_t pending_call = nothing_pending;
    std::size_t pending_fault = nothing_pending;
  };

  static RawFacts facts_of(const Slice& slice);
  static Timeline::Facts named(const RawFacts& raw, const TaskNumbers& numbers, const SyscallName& syscall_name);

  std::size_t number_of(const RawFacts& raw);
  Track& track_of(const TaskTracker& task);
  void add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const RawFacts& raw);
  void settle(Track& track, const Settled& settled);
  void give_up_if_full();
  [[nodiscard]] Timeline::Row row_of(std::uint64_t task, const Track& track, const Timeline& timeline,
                                     const std::function<std::size_t(std::size_t)>& number) const;

  std::size_t limit_;
  std::unordered_map<std::uint64_t, Track> tracks_;  // by ledger id
  std::map<RawFacts, std::size_t> numbers_;
  std::vector<RawFacts> facts_;
  std::size_t entries_ = 0;  // intervals, marks and tasks
  bool left_out_ = false;
};

}  // namespace taskcost
