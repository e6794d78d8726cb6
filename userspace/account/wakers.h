// SPDX-License-Identifier: Apache-2.0
//
// Converts the kernel side's numbers (TC_WAKER_*, TC_FROM_*) to the source of a wakeup and its call site.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "account/account.h"

namespace taskcost {

struct TaskNumbers {
  std::function<std::uint64_t(std::uint64_t)> task;  // Task::id by ledger id, 0 for a task that is not kept
  std::function<std::uint32_t(std::uint64_t)> tid;   // tid by ledger id, 0 if unknown
};
// `raw` is TC_WAKER_* or a ledger id; 0 gives the unknown waker.
Waker waker_of(std::uint64_t raw, const TaskNumbers& numbers);

// Names a system call by its number; the second argument is true for a 32-bit call.
using SyscallName = std::function<std::string(std::uint32_t, bool)>;
// "system call 123" if it has no name.
std::string call_named(std::uint32_t number, bool compat, const SyscallName& syscall_name);
// `from` is TC_FROM_* or a system call.
std::string call_site_name(std::uint32_t from, const SyscallName& syscall_name);

}  // namespace taskcost
