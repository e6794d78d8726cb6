// SPDX-License-Identifier: Apache-2.0
#include "collector/clocks.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <string>

namespace taskcost {
namespace {

std::uint64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

Instant now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::uint64_t now_ns() { return static_cast<std::uint64_t>(now().time_since_epoch().count()); }

ClockAnchor read_clocks() {
  // CLOCK_MONOTONIC is read before and after the others: an interrupt in between makes the difference large.
  constexpr std::uint64_t narrow_ns = 1000;
  constexpr int attempts = 10;
  ClockAnchor best;
  std::uint64_t best_width = UINT64_MAX;
  for (int attempt = 0; attempt < attempts && best_width > narrow_ns; ++attempt) {
    const std::uint64_t before = clock_ns(CLOCK_MONOTONIC);
    const std::uint64_t realtime = clock_ns(CLOCK_REALTIME);
    const std::uint64_t boottime = clock_ns(CLOCK_BOOTTIME);
    const std::uint64_t width = clock_ns(CLOCK_MONOTONIC) - before;
    if (width < best_width) {
      best_width = width;
      best = {before + width / 2, realtime, boottime};
    }
  }
  return best;
}

std::optional<Duration> steal_time() {
  constexpr int steal_field = 8;  // proc(5): user nice system idle iowait irq softirq steal
  std::ifstream stat("/proc/stat");
  std::string word;
  stat >> word;
  Duration::rep ticks = 0;
  for (int field = 0; field < steal_field; ++field) {
    stat >> ticks;
  }
  const long per_second = sysconf(_SC_CLK_TCK);
  if (!stat || word != "cpu" || per_second <= 0) {
    return std::nullopt;
  }
  return ticks * (Duration(std::chrono::seconds(1)) / per_second);
}

Duration own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto duration_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return duration_of(usage.ru_utime) + duration_of(usage.ru_stime);
}

}  // namespace taskcost
