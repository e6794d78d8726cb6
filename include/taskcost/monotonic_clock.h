// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

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

}  // namespace taskcost
