// SPDX-License-Identifier: Apache-2.0
#include "collector/calibrate.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/fd.h"
#include "collector/clocks.h"

namespace taskcost {
namespace {

constexpr int batches = 20;
constexpr int calls_in_batch = 500;
constexpr int cold_calls = 49;

// More than most second-level caches hold, and more pages than a TLB has entries.
constexpr std::size_t work_bytes = std::size_t{8} << 20;
constexpr std::size_t line_bytes = 64;

Duration time_warm_call() {
  Duration best = Duration::max();
  for (int batch = 0; batch < batches; ++batch) {
    const Instant start = now();
    for (int call = 0; call < calls_in_batch; ++call) {
      syscall(SYS_getppid);
    }
    best = std::min<Duration>(best, now() - start);
  }
  return best / calls_in_batch;
}

Duration time_cold_call(const std::vector<char>& work) {
  std::array<Duration, cold_calls> times{};
  for (Duration& time : times) {
    for (std::size_t at = 0; at < work.size(); at += line_bytes) {
      (void)*static_cast<const volatile char*>(&work[at]);
    }
    const Instant start = now();
    syscall(SYS_getppid);
    time = now() - start;
  }
  std::ranges::nth_element(times, times.begin() + cold_calls / 2);
  return times[cold_calls / 2];
}

CallTimes time_calls(const std::vector<char>& work) { return {time_warm_call(), time_cold_call(work)}; }

// The memory is written to: pages that are only read would all be the zero page.
std::vector<char> make_work() { return std::vector<char>(work_bytes, 1); }

}  // namespace

CallTimes time_cheap_calls() { return time_calls(make_work()); }

std::optional<CallTimes> time_cheap_calls_in_child() {
  const std::vector<char> work = make_work();
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  const Fd from_child(ends[0]);
  Fd to_parent(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    const CallTimes time = time_calls(work);
    (void)!write(to_parent.get(), &time, sizeof(time));
    _exit(0);
  }
  to_parent = Fd();
  CallTimes time;
  const bool complete = child > 0 && read(from_child.get(), &time, sizeof(time)) == sizeof(time);
  if (child > 0) {
    waitpid(child, nullptr, 0);
  }
  return complete ? std::optional(time) : std::nullopt;
}

}  // namespace taskcost
