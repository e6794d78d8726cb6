// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace taskcost::test {

// Keys that the schema does not name: it lets later versions add some, and this version must not.
enum class Additions { refused, allowed };

// Validates `document` by the JSON schema `schema` with an independent library. Returns where and why it is invalid;
// empty if valid.
std::string schema_complaints(std::string_view schema, const nlohmann::json& document,
                              Additions additions = Additions::refused);

}  // namespace taskcost::test
