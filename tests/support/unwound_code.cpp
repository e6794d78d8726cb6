// SPDX-License-Identifier: Apache-2.0
#include "support/unwound_code.h"

#include <alloca.h>

namespace taskcost::test {
namespace {

// The compiler has to keep the memory.
void use(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

}  // namespace

[[gnu::noinline]] int call_plainly(Visit visit, void* argument) { return visit(argument) + 1; }

[[gnu::noinline]] int call_with_saved_registers(Visit visit, void* argument) {
  int result = 0;
  for (int i = 0; i < 2; ++i) {
    result = visit(argument) + (result == 0 ? 1 : 0);
    use(&result);
  }
  return result + (result == 0 ? 1 : 0);
}

[[gnu::noinline]] int call_with_large_frame(Visit visit, void* argument) {
  char memory[100'000];
  use(memory);
  return visit(argument) + 1;
}

[[gnu::noinline]] int call_with_alloca(Visit visit, void* argument, int size) {
  use(alloca(static_cast<unsigned>(size)));
  return visit(argument) + 1;
}

[[gnu::noinline]] int call_with_realigned_stack(Visit visit, void* argument) {
  alignas(256) char memory[512];
  use(memory);
  return visit(argument) + 1;
}

[[gnu::noinline]] int call_with_realigned_alloca(Visit visit, void* argument, int size) {
  alignas(64) char memory[64];
  use(memory);
  use(alloca(static_cast<unsigned>(size)));
  return visit(argument) + 1;
}

}  // namespace taskcost::test
