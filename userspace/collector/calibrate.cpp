// SPDX-License-Identifier: Apache-2.0
#include "collector/calibrate.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "collector/handles.h"

namespace taskcost {
namespace {

constexpr int batches = 20;
constexpr int calls_in_batch = 500;

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Duration time_of_cheap_call() {
  std::int64_t best = INT64_MAX;
  for (int batch = 0; batch < batches; ++batch) {
    const std::int64_t start = now_ns();
    for (int call = 0; call < calls_in_batch; ++call) {
      syscall(SYS_getppid);
    }
    best = std::min(best, now_ns() - start);
  }
  return Duration(best / calls_in_batch);
}

std::optional<Duration> time_of_cheap_call_in_child() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  const Fd from_child(ends[0]);
  Fd to_parent(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    const Duration time = time_of_cheap_call();
    (void)!write(to_parent.get(), &time, sizeof(time));
    _exit(0);
  }
  to_parent = Fd();
  Duration time{};
  const bool complete = child > 0 && read(from_child.get(), &time, sizeof(time)) == sizeof(time);
  if (child > 0) {
    waitpid(child, nullptr, 0);
  }
  return complete ? std::optional(time) : std::nullopt;
}

}  // namespace taskcost
