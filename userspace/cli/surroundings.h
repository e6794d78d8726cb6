// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/commands.h"

namespace taskcost {

Surroundings look_around(int argc, const char* const* argv);

// Time since boot that the hypervisor ran instead of this machine's CPUs, summed over them; in steps of a clock tick.
// nullopt: the kernel does not tell.
std::optional<Duration> steal_time();

// The bundled workloads stand beside the tool.
std::string workload_program();

}  // namespace taskcost
