// SPDX-License-Identifier: Apache-2.0
//
// crowd PROCESSES THREADS: starts that many processes, each with that many sleeping threads, and 64 more threads in
// this process that yield and sleep all the time. Prints "ready" when all of them live. Ends on SIGTERM.
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <csignal>

#include "program.h"

namespace {

constexpr std::size_t kStack = 32768;

void start(void* (*body)(void*)) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, kStack);
  pthread_t thread{};
  errno = pthread_create(&thread, &small, body, nullptr);
  if (errno != 0) {
    program::die("pthread_create");
  }
  pthread_attr_destroy(&small);
}

void* sleep_forever(void* /*nothing*/) {
  while (true) {
    pause();
  }
}

void* storm(void* /*nothing*/) {
  while (true) {
    sched_yield();
    program::sleep_ns(200'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kStorming = 64;
  const auto processes = program::number(argc, argv, 1);
  const auto threads = program::number(argc, argv, 2);
  int ready[2];
  program::must(pipe(ready), "pipe");
  for (int i = 0; i < processes; ++i) {
    program::fork_child([&] {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (int j = 1; j < threads; ++j) {
        start(sleep_forever);
      }
      program::must(static_cast<int>(write(ready[1], "x", 1)), "write");
      sleep_forever(nullptr);
    });
  }
  for (int i = 0; i < processes; ++i) {
    char byte = 0;
    program::must(static_cast<int>(read(ready[0], &byte, 1)), "read");
  }
  for (int i = 0; i < kStorming; ++i) {
    start(storm);
  }
  std::puts("ready");
  std::fflush(stdout);
  pause();
}
