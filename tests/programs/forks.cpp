// SPDX-License-Identifier: Apache-2.0
//
// forks N LOG: forks a child that exits and waits for it, N times.
#include "program.h"

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  const program::WaitLog log(program::word(argc, argv, 2));
  for (int i = 0; i < count; ++i) {
    log.wait_for(program::fork_child([] {}));
  }
  return 0;
}
