// SPDX-License-Identifier: Apache-2.0
#include "collector/calibrate.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "collector/clocks.h"
#include "taskcost/fd.h"

namespace taskcost {
namespace {

constexpr int batches = 20;
constexpr int calls_in_batch = 500;

}  // namespace

Duration time_of_cheap_call() {
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
