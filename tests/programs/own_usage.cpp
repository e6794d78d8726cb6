// SPDX-License-Identifier: Apache-2.0
//
// own_usage FILE: works with two children and one thread, then writes what getrusage returns for the process, for its
// main thread and for its children, right before it ends.
#include <thread>

#include "program.h"

namespace {

void write_usage(const char* path) {
  const program::WaitLog log(path);
  for (const int who : {RUSAGE_SELF, RUSAGE_THREAD, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    log.write_line(getpid(), who, usage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* path = program::word(argc, argv, 1);
  for (int i = 0; i < 2; ++i) {
    const pid_t child = program::fork_child([] { program::sleep_ns(2'000'000); });
    program::must(waitpid(child, nullptr, 0), "waitpid");
  }
  std::thread([] {
    for (int i = 0; i < 10; ++i) {
      program::sleep_ns(500'000);
    }
  }).join();
  for (int i = 0; i < 20; ++i) {
    program::sleep_ns(500'000);
  }
  write_usage(path);
  std::_Exit(0);
}
