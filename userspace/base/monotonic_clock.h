// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace taskcost {

// CLOCK_MONOTONIC as the kernel reads it.
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Duration = MonotonicClock::duration;
using Instant = MonotonicClock::time_point;

// These convert the nanoseconds of the probes.
inline Duration nanoseconds(std::uint64_t ns) { return Duration(static_cast<Duration::rep>(ns)); }
inline Instant instant(std::uint64_t ns) { return Instant(nanoseconds(ns)); }

// For ratios, means and medians.
inline double in_ns(Duration duration) { return static_cast<double>(duration.count()); }

// It is never negative: the clocks of two CPUs may disagree a little on the order of two instants.
inline std::uint64_t elapsed(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

}  // namespace taskcost
