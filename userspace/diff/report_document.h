// SPDX-License-Identifier: Apache-2.0
//
// Parses a JSON report: checks its depth and schema, and skips members that are never compared.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "taskcost/result.h"

namespace taskcost {

Error not_a_report(std::string why);

// Skips tasks, buckets, stacks, edges, chains, probes and CPU slices. `text` may be arbitrary bytes.
Result<nlohmann::json> parse_report(std::string_view text);

// Returns whether it is a report of `compare` or `run --repeat`.
bool is_of_rounds(const nlohmann::json& document);

}  // namespace taskcost
