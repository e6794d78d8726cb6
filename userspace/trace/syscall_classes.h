// SPDX-License-Identifier: Apache-2.0
//
// The only table of system calls: the activity of each call, its descriptor arguments, the meaning of its result, and
// what it waits for.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "trace/call_classes.h"

namespace taskcost {

struct SyscallClass {
  std::uint32_t call;      // tc_activity, TC_CALL_* bits and tc_call_kind
  std::string_view names;  // system calls of any architecture, separated by spaces
};

// Each name is in one class. A call without a class is `other`.
std::span<const SyscallClass> syscall_classes();

// The class of a call by its name; `other` if the table lacks it.
std::uint32_t call_of_name(std::string_view name);

// The classes of all calls, by the names of their numbers on the observed machine (empty: no call has that number).
CallClasses classes_by_name(const std::function<std::string(std::uint32_t number, bool compat)>& name);

}  // namespace taskcost
