// SPDX-License-Identifier: Apache-2.0
//
// vforks N LOG: N times vfork, exit, wait.
#include "program.h"

namespace {

// A frame of its own: the child of vfork runs on the stack of its parent.
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
