// SPDX-License-Identifier: Apache-2.0
//
// Calls back, from a library that is opened while the program runs.
void call_back(void (*function)(void)) {
  function();
  __asm__ volatile("" ::: "memory");
}
