// SPDX-License-Identifier: Apache-2.0
//
// waiter LOG COMMAND [ARG]...: runs the command, waits for it and logs the result of wait4.
#include "program.h"

int main(int argc, char** argv) {
  const program::WaitLog log(program::word(argc, argv, 1));
  program::word(argc, argv, 2);
  const pid_t child = program::fork_child([&] {
    execv(argv[2], argv + 2);
    program::die(argv[2]);
  });
  return program::exit_status(log.wait_for(child));
}
