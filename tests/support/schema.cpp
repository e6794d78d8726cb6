// SPDX-License-Identifier: Apache-2.0
#include "support/schema.h"

// g++ 12 warns falsely in <regex>, which valijson includes, when sanitizers are on (GCC bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <map>
#include <string>
#include <utility>

namespace taskcost::test {

namespace {

void refuse_additions(nlohmann::json& schema) {
  if (schema.contains("properties") && schema["properties"].is_object() && !schema.contains("additionalProperties")) {
    schema["additionalProperties"] = false;
  }
  for (nlohmann::json& inner : schema) {
    if (inner.is_structured()) {
      refuse_additions(inner);
    }
  }
}

// A schema is compiled once: that takes longer than to check a document.
const valijson::Schema& compiled(std::string_view schema, Additions additions) {
  static std::map<std::pair<std::string, Additions>, valijson::Schema> known;
  const auto [entry, is_new] = known.try_emplace({std::string(schema), additions});
  if (is_new) {
    nlohmann::json parsed = nlohmann::json::parse(schema);
    if (additions == Additions::refused) {
      refuse_additions(parsed);
    }
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(parsed), entry->second);
  }
  return entry->second;
}

}  // namespace

std::string schema_complaints(std::string_view schema, const nlohmann::json& document, Additions additions) {
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(compiled(schema, additions), valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string complaints;
  for (const auto& error : results) {
    for (const std::string& part : error.context) {
      complaints += part;
    }
    complaints += ": " + error.description + "\n";
  }
  return complaints;
}

}  // namespace taskcost::test
