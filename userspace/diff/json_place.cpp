// SPDX-License-Identifier: Apache-2.0
#include "diff/json_place.h"

#include <fmt/format.h>

#include <cmath>

namespace taskcost {
namespace {

// 1e18 ns are 32 years: no measurement is larger.
constexpr double max_number = 1e18;

}  // namespace

std::string printable(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~';
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out + "'";
}

JsonPlace JsonPlace::at(const char* key) const {
  std::string way = way_ + (way_.empty() ? "" : "/") + key;
  if (value_ == nullptr || !is_a("object", value_->is_object())) {
    return {nullptr, std::move(way), complaint_};
  }
  const auto found = value_->find(key);
  return {found == value_->end() || found->is_null() ? nullptr : &*found, std::move(way), complaint_};
}

bool JsonPlace::has(const char* key) const { return value_ != nullptr && value_->is_object() && value_->contains(key); }

std::string JsonPlace::text() const {
  return value_ != nullptr && is_a("text", value_->is_string()) ? value_->get<std::string>() : std::string();
}

std::optional<bool> JsonPlace::flag() const {
  if (value_ == nullptr || !is_a("true or false", value_->is_boolean())) {
    return std::nullopt;
  }
  return value_->get<bool>();
}

std::optional<double> JsonPlace::number() const {
  if (value_ == nullptr) {
    return std::nullopt;
  }
  const bool fits = value_->is_number() && std::abs(value_->get<double>()) <= max_number;
  return is_a("number in range", fits) ? std::optional(value_->get<double>()) : std::nullopt;
}

std::optional<double> JsonPlace::amount() const {
  const auto value = number();
  return value && is_a("amount: it is below 0", *value >= 0) ? value : std::nullopt;
}

bool JsonPlace::is_a(const char* type, bool fits) const {
  if (!fits && !complaint_) {
    constexpr std::size_t longest = 100;
    complaint_ = fmt::format("{} is no {}", way_.empty() ? "the whole" : printable(way_.substr(0, longest)), type);
  }
  return fits;
}

}  // namespace taskcost
