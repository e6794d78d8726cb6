// SPDX-License-Identifier: Apache-2.0
//
// prefork WORKERS: is a master as servers have one. It forks WORKERS workers, each of which forks one of its own; all
// of them sleep and spin in turn. Prints their pids, one a line, then "ready". From then on it starts, every few
// milliseconds, a thread and a child that end at once. Ends on SIGTERM, and the workers with it.
#include <sys/prctl.h>

#include <csignal>
#include <thread>

#include "program.h"

namespace {

volatile std::sig_atomic_t stop = 0;

void work(int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGTERM, SIG_DFL);
  const pid_t self = getpid();
  program::must(static_cast<int>(write(ready, &self, sizeof(self))), "write");
  while (true) {
    program::sleep_ns(1'000'000);
    program::spin_ns(100'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto workers = program::number(argc, argv, 1);
  int ready[2];
  program::must(pipe(ready), "pipe");
  std::signal(SIGTERM, [](int) { stop = 1; });
  for (int i = 0; i < workers; ++i) {
    program::fork_child([&] {
      program::fork_child([&] { work(ready[1]); });
      work(ready[1]);
    });
  }
  for (int i = 0; i < 2 * workers; ++i) {
    pid_t pid = 0;
    program::must(static_cast<int>(read(ready[0], &pid, sizeof(pid))), "read");
    std::printf("%d\n", pid);
  }
  std::puts("ready");
  std::fflush(stdout);
  while (stop == 0) {
    program::sleep_ns(5'000'000);
    std::thread([] {}).join();
    waitpid(program::fork_child([] {}), nullptr, 0);
  }
  return 0;
}
