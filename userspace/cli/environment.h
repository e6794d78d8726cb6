// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/commands.h"

namespace taskcost {

Environment detect_environment(int argc, const char* const* argv);

// Steal time since boot, summed over all CPUs, in steps of a clock tick. nullopt: /proc/stat does not have it.
std::optional<Duration> steal_time();

// Path of taskcost-workload, which is installed beside taskcost.
std::string workload_program();

}  // namespace taskcost
