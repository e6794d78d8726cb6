// SPDX-License-Identifier: Apache-2.0
//
// The probes' tables of system calls, from number to activity.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "taskcost/abi.h"

namespace taskcost {

using CallsByNumber = std::array<std::uint32_t, TC_MAX_SYSCALLS>;
using MultiplexedCalls = std::array<std::uint32_t, TC_MULTIPLEXED_CALLS>;

// native is for 64-bit programs, compat for 32-bit programs on machines that run both.
CallsByNumber native_calls_by_number();
CallsByNumber compat_calls_by_number();
// The activities of the calls that socketcall(2) and ipc(2) of 32-bit programs multiplex, by their first argument.
MultiplexedCalls calls_by_socketcall();
MultiplexedCalls calls_by_ipc();

// Empty if no system call has this number.
std::string syscall_name(std::uint32_t number, bool compat);

}  // namespace taskcost
