// SPDX-License-Identifier: Apache-2.0
//
// syscalls N: calls getppid N times, which no C library caches.
#include <sys/syscall.h>

#include "program.h"

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  for (int i = 0; i < count; ++i) {
    syscall(SYS_getppid);
  }
  return 0;
}
