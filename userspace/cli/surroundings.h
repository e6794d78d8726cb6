// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.h"

namespace taskcost {

Surroundings look_around(int argc, const char* const* argv);

// The bundled workloads stand beside the tool.
std::string workload_program();

}  // namespace taskcost
