// SPDX-License-Identifier: Apache-2.0
//
// A part of a recording: a span of time, and some of its tasks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_set>

namespace taskcost {

// The half-open span [from_ns, to_ns) of CLOCK_MONOTONIC. An interval that crosses a bound is cut there.
struct TraceSpan {
  static constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = unbounded;

  // Timestamps of a corrupt capture are arbitrary: without a bound, each of them is inside.
  [[nodiscard]] bool contains(std::uint64_t at_ns) const { return at_ns >= from_ns && is_before_end(at_ns); }
  [[nodiscard]] bool is_before_end(std::uint64_t at_ns) const { return to_ns == unbounded || at_ns < to_ns; }
  [[nodiscard]] bool is_whole() const { return from_ns == 0 && to_ns == unbounded; }
  // How much of an interval lies in the span.
  [[nodiscard]] std::uint64_t overlap(std::uint64_t start_ns, std::uint64_t end_ns) const {
    const std::uint64_t start = std::max(start_ns, from_ns);
    const std::uint64_t end = std::min(end_ns, to_ns);
    return end > start ? end - start : 0;
  }
};

// What an export shows.
struct TracePart {
  struct Tasks {
    std::unordered_set<std::uint64_t> ids;        // of ledgers
    std::unordered_set<std::uint64_t> processes;  // TC_PROCESS_NUMBER
  };
  TraceSpan span;
  std::shared_ptr<const Tasks> tasks;  // nullptr: all

  [[nodiscard]] bool has(std::uint64_t task) const { return tasks == nullptr || tasks->ids.contains(task); }
  [[nodiscard]] bool has_process(std::uint64_t process) const {
    return tasks == nullptr || tasks->processes.contains(process);
  }
  [[nodiscard]] bool has(std::uint64_t task, std::uint64_t at_ns) const { return span.contains(at_ns) && has(task); }
};

}  // namespace taskcost
