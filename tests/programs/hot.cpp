// SPDX-License-Identifier: Apache-2.0
//
// hot TURNS: two processes spin below knead() and below bake(), three times as long in the first, and nap after each
// turn. Each prints "PID KNEAD BAKE": its pid, and the CPU time that both took by its own clock, in ns.
#include "program.h"

namespace {

// The asm keeps the calls from being tail calls, so that the frames stay.
[[gnu::noinline]] void knead() {
  program::spin_ns(15'000'000);
  asm volatile("");
}

[[gnu::noinline]] void bake() {
  program::spin_ns(5'000'000);
  asm volatile("");
}

std::int64_t cpu_ns() { return program::now_ns(CLOCK_THREAD_CPUTIME_ID); }

void work(std::int64_t turns) {
  long long kneaded = 0;
  long long baked = 0;
  for (std::int64_t i = 0; i < turns; ++i) {
    const std::int64_t begin = cpu_ns();
    knead();
    const std::int64_t middle = cpu_ns();
    bake();
    kneaded += middle - begin;
    baked += cpu_ns() - middle;
    program::sleep_ns(1'000'000);
  }
  std::printf("%d %lld %lld\n", getpid(), kneaded, baked);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t turns = program::number(argc, argv, 1);
  const pid_t child = program::must(fork(), "fork");
  work(turns);
  if (child == 0) {
    return 0;
  }
  program::must(waitpid(child, nullptr, 0), "waitpid");
  return 0;
}
