// SPDX-License-Identifier: Apache-2.0
//
// leader_exits_first MILLISECONDS: its leader exits at once and its thread works on; the process ends with the thread.
#include <pthread.h>

#include <thread>

#include "program.h"

int main(int argc, char** argv) {
  const auto duration = program::number(argc, argv, 1) * 1'000'000;
  std::thread([duration] {
    program::sleep_ns(duration);
    std::_Exit(7);
  }).detach();
  pthread_exit(nullptr);
}
