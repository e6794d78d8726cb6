// SPDX-License-Identifier: Apache-2.0
//
// The visitor that writes described values as JSON.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "account/describe/fields.h"
#include "report/describe/verdict_keys.h"

namespace taskcost {

// Converts bytes to JSON text and back, for names that must not change: each byte becomes the character with its
// number.
std::string widened(std::string_view bytes);
std::optional<std::string> narrowed(std::string_view text);  // nullopt: it has a character above 255

class WriteVisitor {
 public:
  using Layout = JsonWriter::Layout;
  static constexpr bool reads = false;
  enum class Texts {
    readable,  // bytes that are not valid UTF-8 become U+FFFD
    widened
  };

  explicit WriteVisitor(JsonWriter& json, Texts texts = Texts::readable) : json_(json), texts_(texts) {}

  void object(const char* /*type*/, const char* /*meaning*/) { json_.begin('{', Layout::lines); }
  void row(const char* /*type*/, const char* /*meaning*/) { json_.begin('{', Layout::row); }
  void constant(std::string_view key, std::string_view text) { json_.field(key, text); }
  template <typename T>
  void field(std::string_view key, const T& value, const char* /*meaning*/,
             std::optional<Unit> /*unit*/ = std::nullopt) {
    json_.key(key);
    write(value);
  }
  template <typename T>
  void field_if(bool present, std::string_view key, const T& value, const char* meaning) {
    if (present) {
      field(key, value, meaning);
    }
  }
  template <typename Make>
  void derived(std::string_view key, Make make, const char* meaning, std::optional<Unit> unit = std::nullopt) {
    field(key, make(), meaning, unit);
  }

  // The document itself.
  template <typename T>
  void write(const T& value) {
    if constexpr (kind::Optional<T>) {
      value ? write(*value) : json_.value(nullptr);
    } else if constexpr (std::is_enum_v<T>) {
      json_.value(std::string_view(Keys<T>::key(value)));
    } else if constexpr (kind::Text<T>) {
      texts_ == Texts::widened ? json_.value(std::string_view(widened(value))) : json_.value(std::string_view(value));
    } else if constexpr (std::same_as<T, Instant>) {
      json_.value(value.time_since_epoch());
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, Duration>) {
      json_.value(value);
    } else if constexpr (kind::MembersOf<T> || kind::Map<T>) {
      json_.begin('{', Layout::lines);
      for (const auto& [key, member] : value) {
        field(key, member, "");
      }
      json_.end();
    } else if constexpr (kind::List<T>) {
      write_list(value, kind::Scalar<typename T::value_type> ? Layout::row : Layout::lines, std::identity());
    } else {
      describe(*this, value);
      json_.end();
    }
  }

 private:
  template <typename T>
  void write(const OrNull<T>& of) {
    of.value == T() ? json_.value(nullptr) : write(of.value);
  }
  template <typename T>
  void write(const SignedTime<T>& of) {
    write(of.value);
  }
  template <typename T>
  void write(const InFull<T>& of) {
    if constexpr (kind::Map<std::remove_const_t<T>>) {
      json_.begin('{', Layout::lines);
      for (const auto& [key, member] : of.value) {
        field(key, in_full(member), "");
      }
      json_.end();
    } else {
      write_in_full(of.value);
    }
  }
  void write_in_full(const std::optional<double>& value) {
    constexpr double exact = 9e15;
    if (value && std::abs(*value) < exact && *value == std::floor(*value)) {
      json_.value(static_cast<std::int64_t>(*value));
    } else {
      json_.value(value);
    }
  }
  template <typename T>
  void write(const OnLines<T>& of) {
    write_list(of.value, Layout::lines, std::identity());
  }
  template <typename Fill, typename Present>
  void write(const Group<Fill, Present>& of) {
    if (of.present != nullptr && !*of.present) {
      json_.value(nullptr);
      return;
    }
    json_.begin('{', of.layout);
    of.fill();
    json_.end();
  }
  template <typename List, typename As>
  void write(const Elements<List, As>& of) {
    write_list(of.list, Layout::lines, of.as);
  }

  template <typename List, typename As>
  void write_list(const List& list, Layout layout, const As& as) {
    json_.begin('[', layout);
    for (const auto& element : list) {
      json_.next();
      write(as(element));
    }
    json_.end();
  }

  JsonWriter& json_;
  Texts texts_;
};

// Layout::row: the whole document is one line.
template <typename T>
void write_document(const T& document, std::ostream& out, JsonWriter::Layout layout = JsonWriter::Layout::lines) {
  JsonWriter json(out, layout);
  WriteVisitor(json).write(document);
  json.end_document();
}

}  // namespace taskcost
