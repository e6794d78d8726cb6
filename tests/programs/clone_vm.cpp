// SPDX-License-Identifier: Apache-2.0
//
// clone_vm N LOG: creates N processes that share their parent's memory without being its threads.
#include <sched.h>

#include "program.h"

int main(int argc, char** argv) {
  static volatile int touched = 0;
  constexpr size_t kStack = 256 * 1024;
  const auto count = program::number(argc, argv, 1);
  const program::WaitLog log(program::word(argc, argv, 2));
  auto* stack =
      static_cast<char*>(mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0));
  for (int i = 0; i < count; ++i) {
    const pid_t child = program::must(clone(
                                          [](void*) {
                                            touched = touched + 1;
                                            return 0;
                                          },
                                          stack + kStack, CLONE_VM | SIGCHLD, nullptr),
                                      "clone");
    log.wait_for(child);
  }
  return touched == count ? 0 : program::kBroken;
}
