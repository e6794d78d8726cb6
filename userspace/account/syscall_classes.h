// SPDX-License-Identifier: Apache-2.0
//
// The one table of system calls: which activity a call is, which arguments are descriptors, what its result means and
// what it waits for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace taskcost {

struct SyscallClass {
  std::uint32_t call;      // tc_activity, TC_CALL_* bits and tc_call_kind
  std::string_view names;  // of system calls on any architecture, separated by spaces
};

// Every name stands in one class only. A call in none of them is `other`.
std::span<const SyscallClass> syscall_classes();

// What a call of that name is; `other` for one that is not in the table.
std::uint32_t call_of_name(std::string_view name);

// The names of the calls that the first argument of socketcall and ipc stands for, from 0; empty where it has none.
std::span<const std::string_view> calls_of_socketcall();
std::span<const std::string_view> calls_of_ipc();

}  // namespace taskcost
