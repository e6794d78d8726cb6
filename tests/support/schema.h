// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace taskcost::test {

// Validates `document` by the JSON schema `schema` with an independent library. Returns where and why it is invalid;
// empty if valid.
std::string schema_complaints(std::string_view schema, const nlohmann::json& document);

}  // namespace taskcost::test
