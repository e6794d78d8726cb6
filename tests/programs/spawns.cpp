// SPDX-License-Identifier: Apache-2.0
//
// spawns N LOG COMMAND [ARG]...: calls posix_spawn and waits, N times.
#include <spawn.h>

#include "program.h"

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  const program::WaitLog log(program::word(argc, argv, 2));
  const char* command = program::word(argc, argv, 3);
  for (int i = 0; i < count; ++i) {
    pid_t child = 0;
    if (posix_spawn(&child, command, nullptr, nullptr, argv + 3, environ) != 0) {
      program::die(command);
    }
    log.wait_for(child);
  }
  return 0;
}
