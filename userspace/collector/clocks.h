// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "taskcost/account.h"
#include "taskcost/clock_anchor.h"

namespace taskcost {

// CLOCK_MONOTONIC, as bpf_ktime_get_ns reads it.
Instant now();
// As the records of the probes have it.
std::uint64_t now_ns();

// All clocks at one instant, but for well below a microsecond.
ClockAnchor read_clocks();
inline Instant instant_of(const ClockAnchor& anchor) {
  return Instant(Duration(static_cast<Duration::rep>(anchor.monotonic_ns)));
}

// Of all threads of this process.
Duration own_cpu_time();

}  // namespace taskcost
