// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace taskcost::test {

// What an independent validator has against `document` by the JSON schema `schema`: where and why. Empty when valid.
std::string schema_complaints(std::string_view schema, const nlohmann::json& document);

}  // namespace taskcost::test
