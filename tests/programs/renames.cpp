// SPDX-License-Identifier: Apache-2.0
//
// renames: prints "ready", and renames itself to "renames-a" and "renames-b" in turn, every few milliseconds. Ends by
// SIGTERM.
#include <sys/prctl.h>

#include "program.h"

int main() {
  std::puts("ready");
  std::fflush(stdout);
  for (bool first = true;; first = !first) {
    program::sleep_ns(20'000'000);
    prctl(PR_SET_NAME, first ? "renames-a" : "renames-b");
  }
}
