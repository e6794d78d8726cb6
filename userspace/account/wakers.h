// SPDX-License-Identifier: Apache-2.0
//
// Who ended a wait and from where, out of the numbers of the kernel side (TC_WAKER_*, TC_FROM_*).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "taskcost/account.h"

namespace taskcost {

struct TaskNumbers {
  std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger, 0 for a task that is not kept
  std::function<std::uint32_t(std::uint64_t)> tid;   // by ledger, 0 when unknown
};
Waker waker_of(std::uint64_t raw, const TaskNumbers& numbers);

// Names system calls by number, 32-bit ones when the second argument says so.
using SyscallName = std::function<std::string(std::uint32_t, bool)>;
std::string call_named(std::uint32_t number, bool compat, const SyscallName& syscall_name);
std::string place_named(std::uint32_t from, const SyscallName& syscall_name);

}  // namespace taskcost
