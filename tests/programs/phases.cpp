// SPDX-License-Identifier: Apache-2.0
//
// phases ROUNDS SLEEP_MS SPIN_MS: sleeps and burns CPU time in turn. Then prints, in nanoseconds: the time in the
// sleeping calls, the time that passed while it was spinning, and the CPU time of the spinning.
#include "program.h"

int main(int argc, char** argv) {
  const auto rounds = program::number(argc, argv, 1);
  const auto sleep_ns = program::number(argc, argv, 2) * 1'000'000;
  const auto spin_ns = program::number(argc, argv, 3) * 1'000'000;
  std::int64_t slept = 0;
  std::int64_t spun = 0;
  std::int64_t burnt = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::int64_t start = program::now_ns();
    program::sleep_ns(sleep_ns);
    const std::int64_t awake = program::now_ns();
    const std::int64_t cpu = program::now_ns(CLOCK_THREAD_CPUTIME_ID);
    program::spin_ns(spin_ns);
    burnt += program::now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    spun += program::now_ns() - awake;
    slept += awake - start;
  }
  std::printf("%lld %lld %lld\n", static_cast<long long>(slept), static_cast<long long>(spun),
              static_cast<long long>(burnt));
  return 0;
}
