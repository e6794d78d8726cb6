// SPDX-License-Identifier: Apache-2.0
//
// One instant by three clocks: what places times of CLOCK_MONOTONIC, which every figure has, on a calendar and beside
// those of other machines. CLOCK_MONOTONIC and CLOCK_BOOTTIME differ by the time that the machine was suspended.
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

// Both ends of a window. Where the clock was set, or the machine suspended, in between, their differences differ.
struct WindowClocks {
  std::optional<ClockAnchor> start;
  std::optional<ClockAnchor> end;
};

}  // namespace taskcost
