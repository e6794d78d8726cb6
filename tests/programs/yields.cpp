// SPDX-License-Identifier: Apache-2.0
//
// yields N: calls sched_yield N times.
#include <sched.h>

#include "program.h"

int main(int argc, char** argv) {
  for (auto left = program::number(argc, argv, 1); left > 0; --left) {
    sched_yield();
  }
  return 0;
}
