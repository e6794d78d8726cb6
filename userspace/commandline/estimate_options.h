// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commandline/options.h"

namespace taskcost::commandline {

// The words behind `taskcost estimate`.
Result<Options> parse_estimate(const std::vector<std::string>& words);

}  // namespace taskcost::commandline
