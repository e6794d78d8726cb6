// SPDX-License-Identifier: Apache-2.0
//
// yields N: gives up its CPU N times, to nobody in particular.
#include <sched.h>

#include "program.h"

int main(int argc, char** argv) {
  for (auto left = program::number(argc, argv, 1); left > 0; --left) {
    sched_yield();
  }
  return 0;
}
