// SPDX-License-Identifier: Apache-2.0
//
// The text of a saved document as values: bounded in depth, of a known schema. Any bytes may be given.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "taskcost/report.h"
#include "taskcost/result.h"

namespace taskcost {

inline constexpr std::string_view report_schema = "taskcost.report/1";
inline constexpr std::string_view comparison_schema_name = "taskcost.compare/1";

Error not_a_report(std::string why);

// Takes an element of a list of the document itself, by the key and the element's index, as soon as it is parsed. One
// that was taken (true) is not kept, so that long lists need no memory for their values.
using TakeElement = std::function<bool(const std::string& list, std::size_t index, const nlohmann::json& element)>;

// An object with a schema that is one of both.
Result<nlohmann::json> parse_document(std::string_view text, const TakeElement& take);

// A report, or a comparison as it was parsed.
using SavedDocument = std::variant<Report, nlohmann::json>;
Result<SavedDocument> read_document(std::string_view text);

}  // namespace taskcost
