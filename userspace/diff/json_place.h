// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace taskcost {

// Quoted, on one line, in printable ASCII.
std::string printable(std::string_view text);

// A value of a JSON document with the way that leads to it. What is absent or null reads as nothing; what has the wrong
// type reads as nothing too, and leaves a complaint, of which the first is kept: "totals/lifetime_ns is no number".
class JsonPlace {
 public:
  // Both must outlive the place and all that it leads to.
  JsonPlace(const nlohmann::json& root, std::optional<std::string>& complaint) : value_(&root), complaint_(complaint) {}

  [[nodiscard]] JsonPlace at(const char* key) const;
  [[nodiscard]] bool is_there() const { return value_ != nullptr; }
  [[nodiscard]] bool has(const char* key) const;
  [[nodiscard]] std::string text() const;  // empty when absent
  [[nodiscard]] std::optional<bool> flag() const;
  [[nodiscard]] std::optional<double> number() const;
  // A number of things, bytes or ns: 0 to 1e18.
  [[nodiscard]] std::optional<double> amount() const;

  // Of an array.
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
  // Of an object.
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

  // Complains when it does not fit, which it returns.
  bool is_a(const char* type, bool fits) const;

  const nlohmann::json* value_;  // nullptr: absent or null
  std::string way_;
  std::optional<std::string>& complaint_;
};

}  // namespace taskcost
