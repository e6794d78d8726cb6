// SPDX-License-Identifier: Apache-2.0
//
// Compiles glob patterns into the automaton that the probes match task names with.
#pragma once

#include <string_view>

#include "base/result.h"
#include "taskcost/glob.h"

namespace taskcost {

// `*` matches any bytes, `?` one byte, `[a-z]` and `[!a-z]` one byte of a set; `\\` quotes the byte that follows.
// Errors: an empty or too long pattern, a set without an end.
Result<tc_glob> compile_glob(std::string_view pattern);

}  // namespace taskcost
