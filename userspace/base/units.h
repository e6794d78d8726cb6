// SPDX-License-Identifier: Apache-2.0
//
// Formats figures as text. They are rounded to three significant digits, but all digits before the decimal point are
// kept. Percentages have as many decimals as in the examples.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/monotonic_clock.h"
#include "base/unit.h"

namespace taskcost {

inline constexpr std::string_view not_measured = "not measured";

std::string duration_text(Duration duration);                // "0", "812 ns", "1.23 µs", "12.3 ms", "1234 s"
std::string signed_duration_text(Duration duration);         // "+1.23 µs", "-1.23 µs", "0"
std::string nanoseconds_text(double ns);                     // as duration_text, for means and medians
std::string bytes_text(double bytes);                        // "7 B", "48.0 KiB", "1.05 MiB"
std::string number_text(double value);                       // "1.23", "12.3", "123456"
std::string ratio_text(double ratio);                        // "7.48", "inf"
std::string share_text(double part, double whole);           // "53.4%"; "-" if the whole is 0
std::string signed_percent_text(double part, double whole);  // "+0.02%"; "-" if the whole is 0
// Times and bytes as above, counts and shares as a plain number, and any other unit by its name: "1.23 MiB".
std::string quantity_text(double value, Unit unit);
std::string signed_quantity_text(double difference, Unit unit);  // with "+" if it is above zero

// These format a CLOCK_REALTIME in UTC: "2026-11-29T16:08:40.123456789Z" for machines, "2026-11-29 16:08:40 UTC" for
// people.
std::string iso_time_text(std::uint64_t realtime_ns);
std::string utc_time_text(std::uint64_t realtime_ns);

// "1,234,567"
std::string grouped_text(std::uint64_t value);
// "1 process", "2 processes"
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

}  // namespace taskcost
