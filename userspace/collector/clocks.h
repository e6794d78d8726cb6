// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "account/account.h"
#include "account/clock_anchor.h"

namespace taskcost {

// The time of CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns().
Instant now();
// The same in ns, the format of records.
std::uint64_t now_ns();

// Steal time since boot, summed over all CPUs, in steps of a clock tick. nullopt: /proc/stat does not have it.
std::optional<Duration> steal_time();
// Reads all clocks within well below 1 us, or as close together as ten attempts get.
ClockAnchor read_clocks();
inline Instant to_instant(const ClockAnchor& anchor) {
  return Instant(Duration(static_cast<Duration::rep>(anchor.monotonic_ns)));
}

// User and system CPU time of all threads of this process.
Duration own_cpu_time();

}  // namespace taskcost
