// SPDX-License-Identifier: Apache-2.0
//
// One instant by three clocks. All times of a report are CLOCK_MONOTONIC; an anchor converts them to calendar time.
// CLOCK_MONOTONIC and CLOCK_BOOTTIME differ by the time for which the machine was suspended.
#pragma once

#include <cstdint>
#include <optional>

namespace taskcost {

struct ClockAnchor {
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;  // since 1970, UTC
  std::uint64_t boottime_ns = 0;

  friend bool operator==(const ClockAnchor&, const ClockAnchor&) = default;
};

// Both ends of a window. The clocks advance by different amounts if in between the clock was set or the machine
// suspended.
struct WindowClocks {
  std::optional<ClockAnchor> start;
  std::optional<ClockAnchor> end;
};

}  // namespace taskcost
