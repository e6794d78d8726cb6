// SPDX-License-Identifier: Apache-2.0
//
// exec_from_thread COMMAND [ARG]...: execs from a thread that is not the leader. The kernel ends the leader and the
// other threads, and the calling thread takes over the leader's tid.
#include <thread>

#include "program.h"

int main(int argc, char** argv) {
  program::word(argc, argv, 1);
  std::thread bystander([] { pause(); });
  std::thread caller([&] {
    program::sleep_ns(5'000'000);  // the leader and the bystander sleep by then
    execv(argv[1], argv + 1);
    program::die(argv[1]);
  });
  bystander.join();
  caller.join();
  return program::kBroken;
}
