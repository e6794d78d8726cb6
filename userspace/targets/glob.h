// SPDX-License-Identifier: Apache-2.0
//
// Patterns for names, compiled for the probes.
#pragma once

#include <string_view>

#include "taskcost/glob.h"
#include "taskcost/result.h"

namespace taskcost {

// `*` any bytes, `?` one byte, `[a-z]` and `[!a-z]` one of a set; `\\` takes the special meaning of what follows.
// Errors: an empty or too long pattern, a set without an end.
Result<tc_glob> compile_glob(std::string_view pattern);

}  // namespace taskcost
