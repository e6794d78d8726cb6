// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>

namespace taskcost {
namespace {

// A larger number would round up to 1000 with three digits, which is 1.00 of the next unit.
constexpr double largest_of_three_digits = 999.5;

constexpr std::uint64_t seconds_per_day = 86'400;

std::string three_digits(double value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "?" : "inf";
  }
  if (value < 9.995) {
    return fmt::format("{:.2f}", value);
  }
  return fmt::format("{:.{}f}", value, value < 99.95 ? 1 : 0);
}

template <std::size_t N>
std::string scaled(double value, double step, const std::array<std::string_view, N>& units) {
  if (!std::isfinite(value)) {
    return three_digits(value);
  }
  std::size_t unit = 0;
  while (unit + 1 < N && value >= largest_of_three_digits) {
    value /= step;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

bool is_whole(double value) { return std::isfinite(value) && value == std::floor(value); }

std::string date_text(std::uint64_t seconds) {
  const std::chrono::sys_days day{std::chrono::days(seconds / seconds_per_day)};
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", int{date.year()}, unsigned{date.month()}, unsigned{date.day()});
}

std::string time_of_day_text(std::uint64_t seconds) {
  const std::uint64_t of_day = seconds % seconds_per_day;
  return fmt::format("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace

std::string nanoseconds_text(double ns) {
  if (ns < 0) {
    return "-" + nanoseconds_text(-ns);
  }
  if (ns == 0) {
    return "0";
  }
  if (ns < largest_of_three_digits && is_whole(ns)) {
    return fmt::format("{:.0f} ns", ns);
  }
  return scaled<4>(ns, 1000, {"ns", "µs", "ms", "s"});
}

std::string duration_text(Duration duration) { return nanoseconds_text(static_cast<double>(duration.count())); }

std::string signed_duration_text(Duration duration) {
  return (duration > Duration::zero() ? "+" : "") + duration_text(duration);
}

std::string bytes_text(double bytes) {
  if (bytes < 0) {
    return "-" + bytes_text(-bytes);
  }
  if (bytes < 1000 && is_whole(bytes)) {
    return fmt::format("{:.0f} B", bytes);
  }
  return scaled<5>(bytes, 1024, {"B", "KiB", "MiB", "GiB", "TiB"});
}

std::string number_text(double value) {
  if (value < 0) {
    return "-" + number_text(-value);
  }
  return is_whole(value) ? fmt::format("{:.0f}", value) : three_digits(value);
}

std::string ratio_text(double ratio) { return three_digits(ratio); }

std::string share_text(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f}%", 100 * part / whole) : "-";
}

std::string signed_percent_text(double part, double whole) {
  if (whole <= 0) {
    return "-";
  }
  const std::string text = fmt::format("{:+.2f}%", 100 * part / whole);
  return text == "+0.00%" || text == "-0.00%" ? text.substr(1) : text;
}

std::string quantity_text(double value, Unit unit) {
  if (unit == Unit::ns) {
    return nanoseconds_text(value);
  }
  if (unit == Unit::bytes) {
    return bytes_text(value);
  }
  if (unit == Unit::count || unit == Unit::share) {
    return number_text(value);
  }
  return fmt::format("{} {}", number_text(value), key_of(unit));
}

std::string signed_quantity_text(double difference, Unit unit) {
  return (difference > 0 ? "+" : "") + quantity_text(difference, unit);
}

std::string iso_time_text(std::uint64_t realtime_ns) {
  constexpr std::uint64_t second = 1'000'000'000U;
  return fmt::format("{}T{}.{:09}Z", date_text(realtime_ns / second), time_of_day_text(realtime_ns / second),
                     realtime_ns % second);
}

std::string utc_time_text(std::uint64_t realtime_ns) {
  constexpr std::uint64_t second = 1'000'000'000U;
  return fmt::format("{} {} UTC", date_text(realtime_ns / second), time_of_day_text(realtime_ns / second));
}

std::string grouped_text(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace taskcost
