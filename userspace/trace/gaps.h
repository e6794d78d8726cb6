// SPDX-License-Identifier: Apache-2.0
//
// Lost events, and the one rule of what they make unknown. Nearly always nothing is lost, and then a check is cheap.
//
// A gap of a CPU touches a running task if it was on that CPU, or if its CPU is unknown. It touches a waiting task,
// which may have run there meanwhile, unless its wakeup came before the first lost event and it still waited for a CPU
// after the last one. Only the next event shows where a task is, so the whole interval between two events is unknown; a
// task that was ready to run certainly waited until the first lost event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monotonic_clock.h"
#include "capture/capture.h"
#include "taskcost/abi.h"
#include "taskcost/events.h"

namespace taskcost {

// A time in which events were lost: a CPU found the ring buffer full, or a part of a capture is damaged or was never
// written.
struct ReplayGap {
  enum class Why {
    ring_full,  // the ring buffer was full
    disk_slow,  // the writer of the capture had no buffer free
    damaged     // a part of the file is not readable
  };
  Instant first{};                    // time of the first lost event
  Instant last{};                     // time of the last lost event
  std::optional<std::uint64_t> lost;  // nullopt: not counted
  std::optional<std::uint32_t> cpu;   // nullopt: any CPU
  Why why = Why::ring_full;

  // True if the time of the loss is unknown: it may be anywhere.
  [[nodiscard]] bool is_anywhere() const { return last == Instant::max(); }
};
const char* key_of(ReplayGap::Why why);  // "ring_full", "disk_slow", "damaged"

ReplayGap to_gap(const tc_gap& gap);
ReplayGap to_gap(const Interruption& interruption);

// What a task did between two of its events, as far as the events say.
struct Stay {
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint8_t condition = TC_CONDITION_RUNNING;
  std::optional<std::uint32_t> cpu;  // nullopt: it does not run, or its CPU is unknown
  std::uint64_t woken_ns = 0;        // time of the wakeup before `to_ns`; 0: not seen
};

class Gaps {
 public:
  // The number of gaps that touch a stay, and the time from which its state is unknown.
  struct Touch {
    std::uint64_t gaps = 0;
    std::uint64_t from_ns = 0;

    explicit operator bool() const { return gaps != 0; }
  };

  explicit Gaps(std::vector<ReplayGap> gaps = {});

  // Returns false if the gap was added before.
  bool add(const ReplayGap& gap);
  // Merges the gaps of each CPU to one, so that memory is bounded. Open intervals are judged as before, or more is
  // unknown: a wakeup between two of them no longer counts.
  void merge_per_cpu();

  [[nodiscard]] Touch touching(const Stay& stay) const {
    return gaps_.empty() || stay.from_ns >= stay.to_ns ? Touch{} : judge(stay);
  }
  // True if a gap on `cpu` (nullopt: on any CPU) overlaps the open interval.
  [[nodiscard]] bool any(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const {
    return !gaps_.empty() && from_ns < to_ns && search(from_ns, to_ns, cpu).gaps != 0;
  }
  [[nodiscard]] const std::vector<ReplayGap>& all() const { return gaps_; }  // sorted by the first loss

 private:
  [[nodiscard]] Touch judge(const Stay& stay) const;
  // The gaps that overlap the open interval, and the start of the first of them.
  [[nodiscard]] Touch search(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const;
  void update_ends(std::size_t from);

  std::vector<ReplayGap> gaps_;
  std::vector<std::uint64_t> ends_ns_;  // latest end of each gap and all gaps before it
};

}  // namespace taskcost
