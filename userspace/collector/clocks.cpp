// SPDX-License-Identifier: Apache-2.0
#include "collector/clocks.h"

#include <sys/resource.h>

#include <chrono>
#include <ctime>

namespace taskcost {

Instant now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::uint64_t now_ns() { return static_cast<std::uint64_t>(now().time_since_epoch().count()); }

Duration own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto duration_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return duration_of(usage.ru_utime) + duration_of(usage.ru_stime);
}

}  // namespace taskcost
