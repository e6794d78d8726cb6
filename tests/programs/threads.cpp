// SPDX-License-Identifier: Apache-2.0
//
// threads N: creates and joins a thread, N times.
#include <pthread.h>

#include "program.h"

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  for (int i = 0; i < count; ++i) {
    pthread_t thread{};
    if (pthread_create(
            &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) != 0) {
      program::die("pthread_create");
    }
    pthread_join(thread, nullptr);
  }
  return 0;
}
