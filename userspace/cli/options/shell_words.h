// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskcost::commandline {

// Splits a command line as a POSIX shell does: quotes, backslashes and comments are removed, and nothing is expanded.
// Error: a quote is not closed.
Result<std::vector<std::string>> split_words(std::string_view line);

}  // namespace taskcost::commandline
