// SPDX-License-Identifier: Apache-2.0
//
// fork_from_threads THREADS FORKS LOG: forks FORKS children from each thread and waits for them.
#include <thread>
#include <vector>

#include "program.h"

int main(int argc, char** argv) {
  const auto threads = program::number(argc, argv, 1);
  const auto forks = program::number(argc, argv, 2);
  const program::WaitLog log(program::word(argc, argv, 3));
  std::vector<std::thread> running;
  running.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (int k = 0; k < forks; ++k) {
        log.wait_for(program::fork_child([] {}));
      }
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  return 0;
}
