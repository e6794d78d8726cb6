// SPDX-License-Identifier: Apache-2.0
//
// vforks N LOG: creates a child by vfork that exits, and waits for it, N times.
#include "program.h"

namespace {

// It has a frame of its own: the child of vfork runs on the stack of its parent.
__attribute__((noinline)) pid_t vfork_child() {
  const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (child == 0) {
    _exit(0);
  }
  return child;
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  const program::WaitLog log(program::word(argc, argv, 2));
  for (int i = 0; i < count; ++i) {
    log.wait_for(program::must(vfork_child(), "vfork"));
  }
  return 0;
}
