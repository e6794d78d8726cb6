// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>

namespace taskcost {

inline std::int64_t to_ns(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

inline std::int64_t read_clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return to_ns(now);
}

// The time of a file on CLOCK_MONOTONIC, as far as CLOCK_REALTIME was not set since. It may be negative.
inline std::int64_t to_monotonic_ns(const timespec& time) {
  return to_ns(time) - read_clock_ns(CLOCK_REALTIME) + read_clock_ns(CLOCK_MONOTONIC);
}

}  // namespace taskcost
