// SPDX-License-Identifier: Apache-2.0
//
// fork_storm SECONDS: forks, exits and waits as fast as it can. Prints the number of forks.
#include "program.h"

int main(int argc, char** argv) {
  const std::int64_t end = program::now_ns() + program::number(argc, argv, 1) * 1'000'000'000;
  std::int64_t forks = 0;
  for (; program::now_ns() < end; ++forks) {
    const pid_t child = program::fork_child([] {});
    program::must(waitpid(child, nullptr, 0), "waitpid");
  }
  std::printf("%lld\n", static_cast<long long>(forks));
  return 0;
}
