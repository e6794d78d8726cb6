// SPDX-License-Identifier: Apache-2.0
//
// steady THREADS [LOG]: a target to attach to. Its threads sleep and spin in turn, and its main thread forks a child
// every few milliseconds. Prints "ready" and the tids of the threads, one a line. Ends on SIGTERM.
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "program.h"

namespace {

std::atomic<bool> stop{false};

void work(std::atomic<int>& tid) {
  tid = gettid();
  while (!stop) {
    program::sleep_ns(1'000'000);
    program::spin_ns(100'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = static_cast<size_t>(program::number(argc, argv, 1));
  const program::WaitLog log(program::word(argc, argv, 2, "/dev/null"));
  std::signal(SIGTERM, [](int) { stop = true; });
  std::vector<std::atomic<int>> tids(count);
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::atomic<int>& tid : tids) {
    threads.emplace_back([&tid] { work(tid); });
  }
  for (const std::atomic<int>& tid : tids) {
    while (tid == 0) {
      program::sleep_ns(100'000);
    }
    std::printf("%d\n", tid.load());
  }
  std::puts("ready");
  std::fflush(stdout);
  while (!stop) {
    program::sleep_ns(5'000'000);
    log.wait_for(program::fork_child([] {}));
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}
