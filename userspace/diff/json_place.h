// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace taskcost {

// Quotes and escapes the text: one line of printable ASCII.
std::string printable(std::string_view text);

// A value of a JSON document with its path. An absent or null value reads as nothing. So does one of the wrong type,
// which also stores a complaint; the first one is kept: "totals/lifetime_ns is no number".
class JsonPlace {
 public:
  // Both arguments must outlive the place and all places that are made from it.
  JsonPlace(const nlohmann::json& root, std::optional<std::string>& complaint) : value_(&root), complaint_(complaint) {}

  [[nodiscard]] JsonPlace at(const char* key) const;
  [[nodiscard]] bool is_there() const { return value_ != nullptr; }
  [[nodiscard]] bool has(const char* key) const;
  [[nodiscard]] std::string text() const;  // empty when absent
  [[nodiscard]] std::optional<bool> flag() const;
  [[nodiscard]] std::optional<double> number() const;
  // A count, bytes or ns: 0 to 1e18.
  [[nodiscard]] std::optional<double> amount() const;

  // Visits the elements of an array.
  template <typename Visit>
  void each(Visit&& visit) const {
    if (value_ == nullptr || !is_a("array", value_->is_array())) {
      return;
    }
    std::size_t index = 0;
    for (const nlohmann::json& element : *value_) {
      visit(JsonPlace(element.is_null() ? nullptr : &element, way_ + "/" + std::to_string(index++), complaint_));
    }
  }
  // Visits the members of an object.
  template <typename Visit>
  void each_member(Visit&& visit) const {
    if (value_ == nullptr || !is_a("object", value_->is_object())) {
      return;
    }
    for (const auto& [key, value] : value_->items()) {
      visit(key, JsonPlace(value.is_null() ? nullptr : &value, way_ + "/" + key, complaint_));
    }
  }

 private:
  JsonPlace(const nlohmann::json* value, std::string way, std::optional<std::string>& complaint)
      : value_(value), way_(std::move(way)), complaint_(complaint) {}

  // Returns `fits`, and stores a complaint if it is false.
  bool is_a(const char* type, bool fits) const;

  const nlohmann::json* value_;  // nullptr: absent or null
  std::string way_;
  std::optional<std::string>& complaint_;
};

}  // namespace taskcost
