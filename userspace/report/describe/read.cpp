// SPDX-License-Identifier: Apache-2.0
#include "report/describe/read.h"

#include <fmt/format.h>

#include <cmath>

namespace taskcost {
namespace {

constexpr std::int64_t longest_time = 1'000'000'000'000'000'000;  // ns
constexpr double largest_number = 1e18;

// A double cannot represent every larger whole number.
constexpr double largest_exact = 9'007'199'254'740'992;

}  // namespace

std::string printable(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~';
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out + "'";
}

std::string widened(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::optional<std::string> narrowed(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code < 0x80) {
      bytes += text[i];
    } else if ((code & 0xfc) == 0xc0 && i + 1 < text.size()) {
      bytes += static_cast<char>((code & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

std::optional<Interval> interval_of(const std::optional<double>& low, const std::optional<double>& high) {
  if (!low || (high && !(*high >= *low))) {
    return std::nullopt;
  }
  return Interval{*low, high.value_or(std::numeric_limits<double>::infinity())};
}

void ReadVisitor::enter(Place place, std::size_t kind) {
  constexpr std::size_t mix = 0x9e3779b97f4a7c15;
  const std::size_t outer = way_.empty() ? 0 : way_.back().kind;
  place.kind = (outer ^ kind) * mix ^ outer >> 7;
  way_.push_back(place);
}

void ReadVisitor::complain(std::string_view what) {
  if (complaint_) {
    return;
  }
  std::string way;
  for (const Place& place : way_) {
    way += (way.empty() ? "" : "/") + (place.key.empty() ? std::to_string(place.index) : std::string(place.key));
  }
  constexpr std::size_t longest = 100;
  complaint_ = fmt::format("{} is {}", way.empty() ? "the whole" : printable(way.substr(0, longest)), what);
}

bool ReadVisitor::expect(const char* type, bool fits) {
  if (!fits) {
    complain(fmt::format("not {}", type));
  }
  return fits;
}

const nlohmann::json* ReadVisitor::find(std::string_view key) {
  if (!at_->is_object()) {
    return nullptr;  // expect() has complained about it
  }
  const auto found = at_->find(key);
  return found == at_->end() ? nullptr : &*found;
}

std::optional<double> ReadVisitor::number() {
  const bool fits = at_->is_number() && std::abs(at_->get<double>()) <= largest_number;
  return expect("a number in range", fits) ? std::optional(at_->get<double>()) : std::nullopt;
}

std::optional<std::int64_t> ReadVisitor::whole(std::int64_t least, std::int64_t most) {
  std::optional<std::int64_t> value;
  if (at_->is_number_unsigned()) {
    const auto number = at_->get<std::uint64_t>();
    value = std::in_range<std::int64_t>(number) ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
  } else if (at_->is_number_integer()) {
    value = at_->get<std::int64_t>();
  } else if (at_->is_number_float()) {
    const auto number = at_->get<double>();
    value = number == std::floor(number) && std::abs(number) <= largest_exact
                ? std::optional(static_cast<std::int64_t>(number))
                : std::nullopt;
  }
  return expect("a whole number in range", value && *value >= least && *value <= most) ? value : std::nullopt;
}

std::optional<Duration> ReadVisitor::time(bool can_be_negative) {
  const auto ns = whole(can_be_negative ? -longest_time : 0, longest_time);
  if (!ns) {
    return std::nullopt;
  }
  // A sum has all times with the same key at the same level of nesting, for example one condition of every activity of
  // every task.
  const std::size_t outer = way_.size() < 3 ? 0 : way_[way_.size() - 3].kind;
  const std::size_t key = way_.empty() ? 0 : std::hash<std::string_view>()(way_.back().key);
  double& sum = times_[outer * 31 + key];
  sum += std::abs(static_cast<double>(*ns));
  const bool fits = sum <= static_cast<double>(longest_time);
  return expect("a plausible time: all times of one kind add up to at most 32 years", fits)
             ? std::optional(Duration(*ns))
             : std::nullopt;
}

std::optional<Duration> ReadVisitor::instant() {
  const auto ns = whole(-longest_time, longest_time);
  return ns ? std::optional(Duration(*ns)) : std::nullopt;
}

std::optional<std::string> ReadVisitor::text() {
  if (!expect("a string", at_->is_string())) {
    return std::nullopt;
  }
  const auto& text = at_->get_ref<const std::string&>();
  if (texts_ == WriteVisitor::Texts::readable) {
    return text;
  }
  auto bytes = narrowed(text);
  (void)expect("a string of bytes", bytes.has_value());
  return bytes;
}

std::optional<int> ReadVisitor::enumerator(int first, int count, const char* (*key)(int)) {
  if (at_->is_string()) {
    const auto& text = at_->get_ref<const std::string&>();
    for (int number = first; number < count; ++number) {
      if (text == key(number)) {
        return number;
      }
    }
  }
  complain("not one of its names");
  return std::nullopt;
}

}  // namespace taskcost
