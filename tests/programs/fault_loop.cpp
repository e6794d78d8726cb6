// SPDX-License-Identifier: Apache-2.0
//
// fault_loop THREADS: maps, touches and unmaps pages over and over in each thread. Prints its pid and "ready", one a
// line. Ends on SIGTERM.
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "program.h"

namespace {

constexpr size_t kPages = 64;

std::atomic<bool> stop{false};

void fault() {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  while (!stop) {
    void* memory = mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      program::die("mmap");
    }
    for (size_t i = 0; i < kPages; ++i) {
      static_cast<volatile char*>(memory)[i * page] = 1;
    }
    munmap(memory, kPages * page);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { stop = true; });
  std::vector<std::thread> threads;
  for (std::int64_t i = program::number(argc, argv, 1); i > 0; --i) {
    threads.emplace_back(fault);
  }
  std::printf("%d\nready\n", getpid());
  std::fflush(stdout);
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}
