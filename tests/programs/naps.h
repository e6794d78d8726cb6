// SPDX-License-Identifier: Apache-2.0
//
// naps_here and naps_there: a program that sleeps below a function of its own name. It has frame pointers.
#pragma once

#include "program.h"

// clang has no attribute for it, and compiles this program only for a look at its warnings.
#ifdef __clang__
#define KEEPS_FRAME_POINTER __attribute__((noinline))
#else
#define KEEPS_FRAME_POINTER __attribute__((noinline, optimize("no-omit-frame-pointer")))
#endif

#define NAP_BELOW(name)                                                 \
  KEEPS_FRAME_POINTER void name##_inner();                              \
  void name##_inner() {                                                 \
    program::sleep_ns(2'000'000);                                       \
    asm volatile("");                                                   \
  }                                                                     \
  KEEPS_FRAME_POINTER void name();                                      \
  void name() {                                                         \
    name##_inner();                                                     \
    asm volatile("");                                                   \
  }                                                                     \
  int main(int argc, char** argv) {                                     \
    for (std::int64_t i = program::number(argc, argv, 1); i > 0; --i) { \
      name();                                                           \
    }                                                                   \
    return 0;                                                           \
  }
