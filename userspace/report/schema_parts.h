// SPDX-License-Identifier: Apache-2.0
//
// Definitions of the JSON Schema, each with a comma behind it.
#pragma once

#include <string_view>

namespace taskcost {

extern const std::string_view schema_of_accounts;
extern const std::string_view schema_of_findings;
extern const std::string_view schema_of_claims;

}  // namespace taskcost
