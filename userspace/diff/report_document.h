// SPDX-License-Identifier: Apache-2.0
//
// The text of a JSON report as values: bounded in depth, of the right schema, without what nobody compares.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "taskcost/result.h"

namespace taskcost {

Error not_a_report(std::string why);

// Without each task, bucket, stack, edge, chain, probe and stint. Any bytes may be given.
Result<nlohmann::json> parse_report(std::string_view text);

// Whether it is a report of `compare` or `run --repeat`.
bool is_of_rounds(const nlohmann::json& document);

}  // namespace taskcost
