// SPDX-License-Identifier: Apache-2.0
//
// The one table of system calls: which activity a call is, and whether its descriptor and result tell more.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace taskcost {

struct SyscallClass {
  std::uint8_t call;       // tc_activity and TC_CALL_* bits
  std::string_view names;  // of system calls on any architecture, separated by spaces
};

// Every name stands in one class only. A call in none of them is `other`.
std::span<const SyscallClass> syscall_classes();

}  // namespace taskcost
