// SPDX-License-Identifier: Apache-2.0
//
// Functions without a frame pointer, each with another shape of its stack. They call `visit` and return its value + 1.
#pragma once

namespace taskcost::test {

using Visit = int (*)(void* argument);

int call_plainly(Visit visit, void* argument);
int call_with_saved_registers(Visit visit, void* argument);
int call_with_large_frame(Visit visit, void* argument);
int call_with_alloca(Visit visit, void* argument, int size);
int call_with_realigned_stack(Visit visit, void* argument);
int call_with_realigned_alloca(Visit visit, void* argument, int size);

}  // namespace taskcost::test
