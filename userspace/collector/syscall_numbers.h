// SPDX-License-Identifier: Apache-2.0
//
// Names of system calls on this machine.
#pragma once

#include <cstdint>
#include <string>

namespace taskcost {

// Empty if no system call has this number.
std::string syscall_name(std::uint32_t number, bool compat);

}  // namespace taskcost
