// SPDX-License-Identifier: Apache-2.0
//
// Builds the timeline of each task from the slices of a replay.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/wakers.h"
#include "taskcost/abi.h"
#include "taskcost/events.h"
#include "trace/part.h"
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

  struct Limits {
    std::size_t intervals = 150'000;  // of 24 bytes; more are merged
    std::size_t rows = 500;           // tasks beyond these share lanes: those that run for the shortest time
    std::size_t lanes = 32;
    std::size_t pixels = 1000;     // the width of a line
    std::size_t regions = 20'000;  // the longest ones
  };

  // What lies outside of `span` is not in the timeline.
  explicit TimelineBuilder(const TraceSpan& span = {}) : span_(span) {}
  TimelineBuilder(const TraceSpan& span, const Limits& limits) : limits_(limits), span_(span) {}

  void on_slice(const TaskTracker& task, const Slice& slice) override;
  void on_settled(const TaskTracker& task, const Settled& settled) override;
  void on_corrected(const TaskTracker& task, const tc_event& event) override;
  void on_mark(const TaskTracker& task, const TaskMark& mark) override;
  // A timeline has no counts.
  void on_call_entered(std::uint8_t /*row*/) override {}
  void on_fault_begun(std::uint8_t /*bits*/) override {}

  // A replay does not pass on regions.
  void on_region(const tc_region& region);

  // How many intervals are held in memory.
  [[nodiscard]] std::size_t held() const { return entries_; }

  // Leaves out what is not in the window. The builder is spent afterwards.
  Timeline take(Instant start, Instant end, const Names& names);

 private:
  static constexpr std::size_t nothing_pending = SIZE_MAX;
  // A stretch whose facts have this bit is merged: the other bits are the index of its shares.
  static constexpr std::size_t merged = std::size_t{1} << (std::numeric_limits<std::size_t>::digits - 1);

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

  struct MarkedPart {
    std::uint64_t ledger;
    std::uint64_t start_ns;
    std::uint64_t end_ns;
    std::size_t name;
    std::uint8_t depth;
    bool ended;
  };

  static RawFacts facts_of(const Slice& slice);
  static Timeline::Facts named(const RawFacts& raw, const TaskNumbers& numbers, const SyscallName& syscall_name);

  std::size_t number_of(const RawFacts& raw);
  Track& track_of(const TaskTracker& task);
  void add(Track& track, std::uint64_t start_ns, std::uint64_t end_ns, const RawFacts& raw);
  void settle(Track& track, const Settled& settled);
  void merge_if_full();
  void merge_to(std::size_t most);
  void merge_short();
  void merge_short(Track& track, std::vector<Timeline::Shares>& shares) const;
  void add_shares(Timeline::Shares& sum, const Stretch& stretch) const;
  struct Drawn {
    std::uint64_t task;
    const Track* track;
    Timeline::Shares shares;
  };
  void fill_lanes(Timeline& timeline, std::vector<Drawn> tasks) const;
  void leave_out_short_regions();
  void fill_regions(Timeline& timeline, const std::function<std::uint64_t(std::uint64_t)>& task);
  [[nodiscard]] Timeline::Row row_of(std::uint64_t task, const Track& track, Timeline& timeline,
                                     const std::function<std::size_t(std::size_t)>& number) const;

  Limits limits_;
  TraceSpan span_;
  std::uint64_t grain_ns_ = 0;
  std::uint64_t first_ns_ = TraceSpan::unbounded;
  std::uint64_t last_ns_ = 0;
  std::size_t merge_at_ = 0;              // the number of intervals that is too large, if it is above the limit
  std::vector<Timeline::Shares> shares_;  // of merged stretches
  std::unordered_map<std::uint64_t, Track> tracks_;  // by ledger id
  std::map<RawFacts, std::size_t> numbers_;
  std::vector<RawFacts> facts_;
  std::size_t entries_ = 0;  // intervals
  std::vector<MarkedPart> regions_;
  std::map<std::string, std::size_t> region_names_;
  std::uint64_t left_out_regions_ = 0;
};

}  // namespace taskcost
