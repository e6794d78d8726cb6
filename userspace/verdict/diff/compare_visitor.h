// SPDX-License-Identifier: Apache-2.0
//
// The visitor that finds the quantities of described values: the figures that two reports are compared by. Lists, texts
// and instants are no quantities.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "account/describe/account_fields.h"
#include "account/describe/fields.h"
#include "verdict/diff/diff.h"
#include "verdict/diff/quantity_table.h"

namespace taskcost {

class CompareVisitor {
 public:
  static constexpr bool reads = false;

  explicit CompareVisitor(QuantityTable& table) : table_(table) {}

  // Puts the quantities of a value into the table. Without an item, each number is an item of its own.
  template <typename T>
  void visit(Topic topic, std::string item, const T& value) {
    at_ = {topic, std::move(item)};
    describe(*this, value);
  }

  void object(const char* /*type*/, const char* /*meaning*/) {}
  void row(const char* /*type*/, const char* /*meaning*/) {}
  void constant(std::string_view /*key*/, std::string_view /*text*/) {}
  template <typename T>
  void field(std::string_view key, const T& value, const char* /*meaning*/,
             std::optional<Unit> /*unit*/ = std::nullopt) {
    find(key, value);
  }
  // A member that is not present is 0.
  template <typename T>
  void field_if(bool /*present*/, std::string_view key, const T& value, const char* /*meaning*/) {
    find(key, value);
  }
  template <typename Make>
  void derived(std::string_view key, Make make, const char* /*meaning*/, std::optional<Unit> /*unit*/ = std::nullopt) {
    find(key, make());
  }

  void compare_as(Topic topic) {
    if (at_.topic == topic && !at_.item.empty()) {
      set(Rule::value, std::nullopt);
    } else {
      at_ = {topic, "", true};
    }
  }
  void compare_over(std::uint64_t cases) { set(Rule::value, cases); }
  void compare_means(std::uint64_t cases) { set(Rule::mean, cases); }
  void compare_nothing() { set(Rule::nothing, std::nullopt); }

 private:
  using Figure = std::optional<double>;
  enum class Rule { value, mean, nothing };
  struct Place {
    Topic topic = Topic::window;
    std::string item;
    bool before_items = false;  // the next group holds the items of the topic
    Rule rule = Rule::value;
    std::optional<std::uint64_t> cases = std::nullopt;
  };

  void set(Rule rule, std::optional<std::uint64_t> cases) {
    at_.rule = rule;
    at_.cases = cases;
  }
  void put(std::string_view key, Figure figure);

  template <typename T>
  void find(std::string_view key, const T& value) {
    if constexpr (kind::Optional<T>) {
      using Value = typename T::value_type;
      if constexpr (kind::Number<Value>) {
        put(key, value ? Figure(number_of(*value)) : std::nullopt);
      } else if (value) {
        find(key, *value);
      }
    } else if constexpr (kind::Number<T>) {
      put(key, number_of(value));
    } else if constexpr (std::is_class_v<T> && !kind::Text<T> && !kind::List<T> && !kind::Map<T> &&
                         !kind::MembersOf<T> && !std::same_as<T, Instant>) {
      if (at_.rule != Rule::nothing) {
        enter(key, [&] { describe(*this, value); });
      }
    }
  }
  template <typename T>
  void find(std::string_view key, const SignedTime<T>& of) {
    put(key, number_of(of.value));
  }
  template <typename T>
  void find(std::string_view key, const InFull<T>& of) {
    find(key, of.value);
  }
  template <typename T>
  void find(std::string_view /*key*/, const OrNull<T>& /*of*/) {}
  template <typename T>
  void find(std::string_view /*key*/, const OnLines<T>& /*of*/) {}
  template <typename List, typename As>
  void find(std::string_view /*key*/, const Elements<List, As>& /*of*/) {}
  template <typename Fill, typename Present>
  void find(std::string_view key, const Group<Fill, Present>& of) {
    if (at_.rule != Rule::nothing && (of.present == nullptr || *of.present)) {
      enter(at_.before_items ? std::string_view() : key, of.fill);
    }
  }
  template <typename Fill>
  void enter(std::string_view item, const Fill& fill) {
    const Place outside = at_;
    at_ = {at_.topic, std::string(item)};
    fill();
    at_ = outside;
  }

  QuantityTable& table_;
  Place at_;
};

}  // namespace taskcost
