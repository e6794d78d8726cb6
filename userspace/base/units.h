// SPDX-License-Identifier: Apache-2.0
//
// Figures as text with three significant digits and a unit. They are rounded, not truncated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/monotonic_clock.h"
#include "base/unit.h"

namespace taskcost {

inline constexpr std::string_view not_measured = "not measured";

std::string duration_text(Duration duration);                // "0", "812 ns", "1.23 µs", "12.3 ms", "1234 s"
std::string signed_duration_text(Duration duration);         // with its sign, "+1.23 µs"; zero has none
std::string nanoseconds_text(double ns);                     // for means and medians, which have fractions
std::string bytes_text(double bytes);                        // "7 B", "48.0 KiB", "1.05 MiB"
std::string number_text(double value);                       // three significant digits; whole numbers have all digits
std::string ratio_text(double ratio);                        // "7.48", "inf"
std::string share_text(double part, double whole);           // "53.4%"; "-" if the whole is 0
std::string signed_percent_text(double part, double whole);  // "+0.02%"; "-" if the whole is 0
// Times, bytes, counts and shares need no name of their unit; any other one is written after the number.
std::string quantity_text(double value, Unit unit);
std::string signed_quantity_text(double difference, Unit unit);  // with "+" if above zero

// These format ns since 1970 in UTC: "2026-11-29T16:08:40.123456789Z" for machines, "2026-11-29 16:08:40 UTC" for
// people.
std::string iso_time_text(std::uint64_t realtime_ns);
std::string utc_time_text(std::uint64_t realtime_ns);

// "1,234,567"
std::string grouped_text(std::uint64_t value);
// "1 process", "2 processes"
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

}  // namespace taskcost
