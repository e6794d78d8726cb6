// SPDX-License-Identifier: Apache-2.0
//
// starts N LOG: creates N threads and forks N children, one after the other. LOG gets a line for each: its tid, the CPU
// of its creator, and the CPU on which it started.
#include <pthread.h>
#include <sched.h>

#include "program.h"

namespace {

struct Start {
  int tid = 0;
  int creators_cpu = -1;
  int cpu = -1;
};

void* begin(void* start) {
  auto& self = *static_cast<Start*>(start);
  self.cpu = sched_getcpu();
  self.tid = gettid();
  return nullptr;
}

// Memory that both tasks map.
Start& shared_start() {
  void* memory = mmap(nullptr, sizeof(Start), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    program::die("mmap");
  }
  return *static_cast<Start*>(memory);
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  std::FILE* log = std::fopen(program::word(argc, argv, 2), "we");
  if (log == nullptr) {
    program::die("fopen");
  }
  Start& start = shared_start();
  for (int i = 0; i < 2 * count; ++i) {
    start.creators_cpu = sched_getcpu();
    if (i < count) {
      pthread_t thread{};
      if (pthread_create(&thread, nullptr, &begin, &start) != 0) {
        program::die("pthread_create");
      }
      pthread_join(thread, nullptr);
    } else {
      const pid_t child = program::must(fork(), "fork");
      if (child == 0) {
        begin(&start);
        _exit(0);
      }
      program::must(waitpid(child, nullptr, 0), "waitpid");
    }
    std::fprintf(log, "%d %d %d\n", start.tid, start.creators_cpu, start.cpu);
  }
  return std::fclose(log) == 0 ? 0 : program::kBroken;
}
