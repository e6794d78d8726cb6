// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/commands.h"

namespace taskcost {

Environment detect_environment(int argc, const char* const* argv);

// Path of taskcost-workload, which is installed beside taskcost.
std::string workload_program();

}  // namespace taskcost
