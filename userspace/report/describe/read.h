// SPDX-License-Identifier: Apache-2.0
//
// The visitor that reads described values from untrusted JSON. A value that does not fit is left unchanged, and the
// reader complains; it keeps the first complaint: "'totals/lifetime_ns' is not a whole number in range". It ignores
// unknown keys.
//
// Sums of the values cannot overflow: no time is longer than 32 years, nor is the sum of all times with the same key at
// the same level in all elements of a list.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "account/describe/fields.h"
#include "report/describe/verdict_keys.h"
#include "report/describe/write.h"

namespace taskcost {

// Quotes the text as one line of printable ASCII.
std::string printable(std::string_view text);

class ReadVisitor {
 public:
  using Json = nlohmann::json;
  static constexpr bool reads = true;
  // What null does for a value that cannot be null: it leaves the value unchanged, like a missing key, or is an error.
  enum class Null { absent, refused };

  explicit ReadVisitor(Null null = Null::absent, WriteVisitor::Texts texts = WriteVisitor::Texts::readable)
      : null_(null), texts_(texts) {}

  template <typename T>
  void read(const Json& document, T& value) {
    at_ = &document;
    take(value);
  }
  // Reads an element of a list that the document does not keep.
  template <typename T>
  void read_element(const char* list, std::size_t index, const Json& element, T& value) {
    const Step outer(*this, list);
    const Step inner(*this, index);
    read(element, value);
  }
  [[nodiscard]] const std::optional<std::string>& complaint() const { return complaint_; }
  void complain(std::string_view what);  // about the value that is being read

  void object(const char* /*type*/, const char* /*meaning*/) { (void)expect("an object", at_->is_object()); }
  void row(const char* type, const char* meaning) { object(type, meaning); }
  void constant(std::string_view /*key*/, std::string_view /*text*/) {}  // parse_document() has checked it
  template <typename T>
  void field(std::string_view key, T&& value, const char* /*meaning*/, std::optional<Unit> /*unit*/ = std::nullopt) {
    const Step step(*this, key);
    if (const Json* const found = find(key)) {
      const Json* const outside = std::exchange(at_, found);
      found->is_null() ? take_null(value) : take(value);
      at_ = outside;
    }
  }
  template <typename T>
  void field_if(bool /*present*/, std::string_view key, T&& value, const char* meaning) {
    if (at_->is_object() && at_->contains(key)) {
      field(key, value, meaning);
    }
  }
  template <typename Make>
  void derived(std::string_view key, Make /*make*/, const char* meaning, std::optional<Unit> /*unit*/ = std::nullopt) {
    std::remove_cvref_t<std::invoke_result_t<Make>> checked{};
    field(key, checked, meaning);
  }

 private:
  // One level on the way to a value: a key, or an index in a list. Its destructor leaves the level.
  class Step {
   public:
    Step(ReadVisitor& reader, std::string_view key) : reader_(reader) {
      reader_.enter({key, 0}, std::hash<std::string_view>()(key));
    }
    Step(ReadVisitor& reader, std::size_t index) : reader_(reader) { reader_.enter({{}, index}, 1); }
    ~Step() { reader_.way_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    ReadVisitor& reader_;
  };
  struct Place {
    std::string_view key;  // empty: it is an index
    std::size_t index;
    std::size_t kind = 0;  // equal for all elements of a list
  };

  void enter(Place place, std::size_t kind);
  const Json* find(std::string_view key);
  bool expect(const char* type, bool fits);
  std::optional<double> number();
  std::optional<std::int64_t> whole(std::int64_t least, std::int64_t most);
  std::optional<Duration> time(bool can_be_negative);
  std::optional<Duration> instant();
  std::optional<std::string> text();
  // Returns the number of the enumerator.
  std::optional<int> enumerator(int first, int count, const char* (*key)(int));

  template <typename Enum>
  void take_enumerator(Enum& value, int first) {
    if (const auto number = enumerator(first, Keys<Enum>::count, [](int each) -> const char* {
          return Keys<Enum>::key(static_cast<Enum>(each));
        })) {
      value = static_cast<Enum>(*number);
    }
  }
  template <typename T, typename U>
  static void assign(T& value, const std::optional<U>& read) {
    if (read) {
      value = static_cast<T>(*read);
    }
  }

  template <typename T>
  void take_null(T& value) {
    if constexpr (kind::Optional<T>) {
      value.reset();
    } else if constexpr (std::same_as<T, double>) {
      value = std::numeric_limits<double>::quiet_NaN();  // the writer writes NaN as null
    } else if (null_ == Null::refused) {
      complain("null");
    }
  }

  template <typename T>
  void take_null(OrNull<T>& of) {
    of.value = T();
  }
  template <typename T>
  void take_null(InFull<T>& of) {
    take_null(of.value);
  }
  template <typename Fill, typename Present>
  void take_null(Group<Fill, Present>& of) {
    if constexpr (!std::is_const_v<Present>) {
      *of.present = false;
    } else if (null_ == Null::refused) {
      complain("null");
    }
  }

  template <typename T>
  void take(T& value) {
    if constexpr (kind::Optional<T>) {
      take(value.emplace());
    } else if constexpr (std::is_enum_v<T>) {
      take_enumerator(value, 0);
    } else if constexpr (std::same_as<T, std::string>) {
      assign(value, text());
    } else if constexpr (std::same_as<T, bool>) {
      if (expect("true or false", at_->is_boolean())) {
        value = at_->get<bool>();
      }
    } else if constexpr (std::floating_point<T>) {
      assign(value, number());
    } else if constexpr (std::same_as<T, Duration>) {
      assign(value, time(false));
    } else if constexpr (std::same_as<T, Instant>) {
      assign(value, instant());
    } else if constexpr (std::integral<T>) {
      if constexpr (std::same_as<T, std::uint64_t>) {
        if (at_->is_number_unsigned()) {  // it may be beyond the signed range
          value = at_->get<std::uint64_t>();
          return;
        }
      }
      using Limits = std::numeric_limits<T>;
      constexpr auto most = std::in_range<std::int64_t>(Limits::max()) ? static_cast<std::int64_t>(Limits::max())
                                                                       : std::numeric_limits<std::int64_t>::max();
      assign(value, whole(Limits::min(), most));
    } else if constexpr (kind::MembersOf<T> || kind::Map<T>) {
      take_members(value);
    } else if constexpr (kind::List<T>) {
      take_list(
          value, [](auto& element) -> auto& { return element; });
    } else {
      describe(*this, value);
    }
  }
  template <typename T>
  void take(OrNull<T>& of) {
    if constexpr (std::is_enum_v<T>) {
      take_enumerator(of.value, 1);
    } else {
      take(of.value);
    }
  }
  template <typename T>
  void take(SignedTime<T>& of) {
    assign(of.value, time(true));
  }
  template <typename T>
  void take(InFull<T>& of) {
    take(of.value);
  }
  template <typename T>
  void take(OnLines<T>& of) {
    take(of.value);
  }
  template <typename Fill, typename Present>
  void take(Group<Fill, Present>& of) {
    if constexpr (!std::is_const_v<Present>) {
      *of.present = true;
    }
    if (expect("an object", at_->is_object())) {
      of.fill();
    }
  }
  template <typename List, typename As>
  void take(Elements<List, As>& of) {
    take_list(of.list, of.as);
  }

  // Elements that are already in the list stay.
  template <typename T, typename As>
  void take_list(std::vector<T>& list, const As& as) {
    if (!expect("a list", at_->is_array())) {
      return;
    }
    const Json* const outside = at_;
    for (const Json& element : *outside) {
      const Step step(*this, list.size());
      at_ = &element;
      auto&& target = as(list.emplace_back());
      element.is_null() ? take_null(target) : take(target);
    }
    at_ = outside;
  }
  template <typename T>
  void take_members(T& members) {
    if (!expect("an object", at_->is_object())) {
      return;
    }
    const Json* const outside = at_;
    for (const auto& [key, member] : outside->items()) {
      const Step step(*this, key);
      way_.back().kind = way_.size();  // its key is data
      at_ = &member;
      typename T::value_type::second_type value{};
      member.is_null() ? take_null(value) : take(value);
      if constexpr (kind::Map<T>) {
        members.insert_or_assign(key, std::move(value));
      } else {
        members.emplace_back(key, std::move(value));
      }
    }
    at_ = outside;
  }

  const Json* at_ = nullptr;
  std::vector<Place> way_;
  std::optional<std::string> complaint_;
  std::unordered_map<std::size_t, double> times_;  // sums of the times with the same key at the same level
  Null null_;
  WriteVisitor::Texts texts_;
};

}  // namespace taskcost
