// SPDX-License-Identifier: Apache-2.0
//
// Converts the probes' nanoseconds to the types of user space.
#pragma once

#include <cstdint>

#include "taskcost/monotonic_clock.h"

namespace taskcost {

inline Duration nanoseconds(std::uint64_t ns) { return Duration(static_cast<Duration::rep>(ns)); }
inline Instant instant(std::uint64_t ns) { return Instant(nanoseconds(ns)); }

// It is never negative: the clocks of two CPUs may disagree a little on the order of two instants.
inline std::uint64_t elapsed(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

}  // namespace taskcost
