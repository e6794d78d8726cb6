// SPDX-License-Identifier: Apache-2.0
//
// Two libraries of the same layout: only the name of the inner function differs.
#include <time.h>

__attribute__((noinline)) void NAME(void) {
  const struct timespec time = {0, 2000000};
  nanosleep(&time, 0);
  __asm__ volatile("");
}

void nap_in_library(void) {
  NAME();
  __asm__ volatile("");
}
