// SPDX-License-Identifier: Apache-2.0
//
// ignore_sigint MILLISECONDS: prints "ready", ignores Ctrl-C while it works, and ends with status 5.
#include <csignal>

#include "program.h"

int main(int argc, char** argv) {
  std::signal(SIGINT, SIG_IGN);
  std::puts("ready");
  std::fflush(stdout);
  const std::int64_t end = program::now_ns() + program::number(argc, argv, 1) * 1'000'000;
  while (program::now_ns() < end) {
    program::sleep_ns(1'000'000);
  }
  return 5;
}
