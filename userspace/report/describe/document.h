// SPDX-License-Identifier: Apache-2.0
//
// Parses a saved document, which may be any bytes: its depth is bounded, and its schema must be known.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "verdict/report.h"

namespace taskcost {

inline constexpr std::string_view report_schema = "taskcost.report/2";
inline constexpr std::string_view comparison_schema_name = "taskcost.compare/2";

Error not_a_report(std::string why);

// Called with each element of a list at the top level of the document as soon as it is parsed, with the list's key and
// the element's index. The parser drops the element if it returns true, so that long lists need no memory.
using TakeElement = std::function<bool(const std::string& list, std::size_t index, const nlohmann::json& element)>;

// Parses an object with the schema of a report or a comparison.
Result<nlohmann::json> parse_document(std::string_view text, const TakeElement& take);

// One of both.
struct SavedDocument {
  std::unique_ptr<Report> report;
  std::unique_ptr<nlohmann::json> comparison;  // as parsed
};
Result<SavedDocument> read_document(std::string_view text);

}  // namespace taskcost
