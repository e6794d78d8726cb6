// SPDX-License-Identifier: Apache-2.0
//
// The table of system calls by number, as the probes want it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "taskcost/abi.h"

namespace taskcost {

using CallsByNumber = std::array<std::uint32_t, TC_MAX_SYSCALLS>;
using MultiplexedCalls = std::array<std::uint32_t, TC_MULTIPLEXED_CALLS>;

// For 64-bit programs, and for 32-bit ones where this machine runs both.
CallsByNumber native_calls_by_number();
CallsByNumber compat_calls_by_number();
// What socketcall and ipc of 32-bit programs stand for, by their first argument.
MultiplexedCalls calls_by_socketcall();
MultiplexedCalls calls_by_ipc();

// Empty when there is none of that number.
std::string syscall_name(std::uint32_t number, bool compat);

}  // namespace taskcost
