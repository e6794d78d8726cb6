// SPDX-License-Identifier: Apache-2.0
#include "report/describe/schema.h"

#include <stdexcept>
#include <utility>

namespace taskcost {
namespace {

bool is_number(const nlohmann::ordered_json& schema) {
  const std::string type = schema.contains("type") ? schema["type"].dump() : "";
  return type.find("integer") != std::string::npos || type.find("number") != std::string::npos;
}

}  // namespace

SchemaVisitor::SchemaVisitor() { current_.schema["$schema"] = "http://json-schema.org/draft-07/schema#"; }

void SchemaVisitor::object(const char* type, const char* meaning) {
  current_.type = type;
  if (meaning != nullptr) {
    current_.schema["description"] = meaning;
  }
  current_.schema["type"] = "object";
  current_.schema["required"] = Json::array();
  current_.schema["properties"] = Json::object();
}

void SchemaVisitor::constant(std::string_view key, std::string_view text) {
  current_.schema["title"] = text;
  add(key, {{"const", text}}, "The kind of document.", std::nullopt, true);
}

void SchemaVisitor::add(std::string_view key, Json schema, const char* meaning, std::optional<Unit> unit,
                        bool required) {
  if (*meaning != '\0') {
    schema["description"] = meaning;
  }
  if (!unit && is_number(schema) && unit_of_key(key) != Unit::count) {
    unit = unit_of_key(key);
  }
  if (unit) {
    schema["unit"] = key_of(*unit);
  }
  if (required) {
    current_.schema["required"].push_back(key);
  }
  current_.schema["properties"][std::string(key)] = std::move(schema);
}

SchemaVisitor::Object SchemaVisitor::begin() { return std::exchange(current_, {}); }

SchemaVisitor::Json SchemaVisitor::end(Object outside) {
  Object inside = std::exchange(current_, std::move(outside));
  if (inside.type.empty()) {
    return std::move(inside.schema);
  }
  if (definitions_.contains(inside.type) && definitions_[inside.type] != inside.schema) {
    throw std::logic_error("two types have the name " + inside.type);
  }
  definitions_[inside.type] = std::move(inside.schema);
  return {{"$ref", "#/definitions/" + inside.type}};
}

std::string SchemaVisitor::finish() {
  current_.schema["definitions"] = std::move(definitions_);
  return current_.schema.dump(2) + "\n";
}

SchemaVisitor::Json SchemaVisitor::of_kind(const char* type) { return {{"type", type}}; }

SchemaVisitor::Json SchemaVisitor::whole(bool can_be_negative) {
  Json schema = of_kind("integer");
  if (!can_be_negative) {
    schema["minimum"] = 0;
  }
  return schema;
}

SchemaVisitor::Json SchemaVisitor::texts(int first, int count, const char* (*key)(int)) {
  Json all = Json::array();
  for (int number = first; number < count; ++number) {
    all.push_back(key(number));
  }
  return {{"enum", std::move(all)}};
}

SchemaVisitor::Json SchemaVisitor::or_nothing(Json schema) {
  if (schema.contains("enum")) {
    schema["enum"].push_back(nullptr);
  } else if (schema.contains("type")) {
    schema["type"] = {schema["type"], "null"};
  } else {
    schema = {{"oneOf", {{{"type", "null"}}, std::move(schema)}}};
  }
  return schema;
}

SchemaVisitor::Json SchemaVisitor::list_of(Json elements) {
  return {{"type", "array"}, {"items", std::move(elements)}};
}

SchemaVisitor::Json SchemaVisitor::members_of(Json values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}

}  // namespace taskcost
