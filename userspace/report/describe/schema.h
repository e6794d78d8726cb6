// SPDX-License-Identifier: Apache-2.0
//
// The visitor that makes the JSON Schema of described types. It uses the part of the 2020-12 vocabulary that draft-07
// validators know. Required keys must be present; unknown keys are allowed, so that a later version may add some.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "account/describe/fields.h"
#include "report/describe/verdict_keys.h"

namespace taskcost {

class SchemaVisitor {
 public:
  static constexpr bool reads = false;
  using Json = nlohmann::ordered_json;

  // Returns the schema of a document as text.
  template <typename T>
  static std::string of(const T& document = {}) {
    SchemaVisitor visitor;
    describe(visitor, document);
    return visitor.finish();
  }

  void object(const char* type, const char* meaning);
  void row(const char* type, const char* meaning) { object(type, meaning); }
  void constant(std::string_view key, std::string_view text);
  template <typename T>
  void field(std::string_view key, const T& value, const char* meaning, std::optional<Unit> unit = std::nullopt) {
    add(key, schema(value), meaning, unit, true);
  }
  template <typename T>
  void field_if(bool /*present*/, std::string_view key, const T& value, const char* meaning) {
    add(key, schema(value), meaning, std::nullopt, false);
  }
  template <typename Make>
  void derived(std::string_view key, Make make, const char* meaning, std::optional<Unit> unit = std::nullopt) {
    field(key, make(), meaning, unit);
  }

 private:
  // A type whose description is being read.
  struct Object {  // NOLINT(bugprone-exception-escape): Json asserts when it is moved
    std::string type;
    Json schema;
  };

  SchemaVisitor();
  std::string finish();
  void add(std::string_view key, Json schema, const char* meaning, std::optional<Unit> unit, bool required);
  Object begin();              // returns the enclosing object
  Json end(Object enclosing);  // returns the schema that refers to the finished type
  static Json of_kind(const char* type);
  static Json whole(bool can_be_negative);
  static Json texts(int first, int count, const char* (*key)(int));
  static Json or_nothing(Json schema);
  static Json list_of(Json elements);
  static Json members_of(Json values);

  template <typename Enum>
  static Json enumerators(int first) {
    return texts(first, Keys<Enum>::count,
                 [](int number) -> const char* { return Keys<Enum>::key(static_cast<Enum>(number)); });
  }

  template <typename T>
  Json schema(const T& value) {
    if constexpr (kind::Optional<T>) {
      return or_nothing(schema(typename T::value_type{}));
    } else if constexpr (std::is_enum_v<T>) {
      return enumerators<T>(0);
    } else if constexpr (kind::Text<T>) {
      return of_kind("string");
    } else if constexpr (std::same_as<T, bool>) {
      return of_kind("boolean");
    } else if constexpr (std::floating_point<T>) {
      return of_kind("number");
    } else if constexpr (std::same_as<T, Duration>) {
      return whole(false);
    } else if constexpr (std::same_as<T, Instant>) {
      return whole(true);
    } else if constexpr (std::integral<T>) {
      return whole(std::signed_integral<T>);
    } else if constexpr (kind::MembersOf<T>) {
      Json members = members_of(schema(typename T::value_type::second_type{}));
      for (const auto& [key, member] : value) {
        members["required"].push_back(key);
      }
      return members;
    } else if constexpr (kind::Map<T>) {
      return members_of(schema(typename T::mapped_type{}));
    } else if constexpr (kind::List<T>) {
      return list_of(schema(typename T::value_type{}));
    } else {
      Object enclosing = begin();
      describe(*this, value);
      return end(std::move(enclosing));
    }
  }
  template <typename T>
  Json schema(const OrNull<T>& /*of*/) {
    if constexpr (std::is_enum_v<T>) {
      return or_nothing(enumerators<std::remove_const_t<T>>(1));
    } else {
      return or_nothing(schema(T()));
    }
  }
  template <typename T>
  Json schema(const SignedTime<T>& /*of*/) {
    return whole(true);
  }
  template <typename T>
  Json schema(const InFull<T>& of) {
    return schema(of.value);
  }
  template <typename T>
  Json schema(const OnLines<T>& of) {
    return schema(of.value);
  }
  template <typename Fill, typename Present>
  Json schema(const Group<Fill, Present>& of) {
    Object enclosing = begin();
    object("", nullptr);
    of.fill();
    Json inside = end(std::move(enclosing));
    return of.present != nullptr ? or_nothing(std::move(inside)) : inside;
  }
  template <typename List, typename As>
  Json schema(const Elements<List, As>& of) {
    const typename std::remove_const_t<List>::value_type element{};
    return list_of(schema(of.as(element)));
  }

  Object current_;
  Json definitions_ = Json::object();
};

}  // namespace taskcost
