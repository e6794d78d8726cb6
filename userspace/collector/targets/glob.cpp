// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/glob.h"

#include <fmt/format.h>

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace taskcost {
namespace {

constexpr std::size_t bytes = 256;
using Set = std::bitset<bytes>;

struct Element {
  Set accepts;
  bool star = false;
};

std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

// Parses a set whose '[' is at `at` - 1, and moves `at` behind its ']'. nullopt: there is no ']'.
std::optional<Set> parse_set(std::string_view pattern, std::size_t& at) {
  Set set;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  at += inverted ? 1 : 0;
  // A ']' that comes first is a member of the set.
  for (bool first = true; at < pattern.size() && (pattern[at] != ']' || first); first = false) {
    const std::size_t from = index_of(pattern[at]);
    std::size_t to = from;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      to = index_of(pattern[at + 2]);
      at += 2;
    }
    for (std::size_t code = from; code <= to; ++code) {
      set.set(code);
    }
    ++at;
  }
  if (at >= pattern.size()) {
    return std::nullopt;
  }
  ++at;
  return inverted ? ~set : set;
}

std::optional<std::vector<Element>> parse(std::string_view pattern) {
  std::vector<Element> elements;
  for (std::size_t at = 0; at < pattern.size();) {
    const char byte = pattern[at++];
    Element element;
    if (byte == '*') {
      if (!elements.empty() && elements.back().star) {
        continue;
      }
      element.star = true;
    } else if (byte == '?') {
      element.accepts.set();
    } else if (byte == '[') {
      const auto set = parse_set(pattern, at);
      if (!set) {
        return std::nullopt;
      }
      element.accepts = *set;
    } else {
      element.accepts.set(index_of(byte == '\\' && at < pattern.size() ? pattern[at++] : byte));
    }
    elements.push_back(element);
  }
  return elements;
}

}  // namespace

Result<tc_glob> compile_glob(std::string_view pattern) {
  const auto elements = parse(pattern);
  const auto refuse = [&](const char* why) {
    return Error{fmt::format("invalid pattern '{}'", pattern), why, "use shell wildcards: 'postgres*'"};
  };
  if (!elements) {
    return refuse("a '[' has no ']'");
  }
  if (elements->empty()) {
    return refuse("it is empty");
  }
  if (elements->size() > TC_GLOB_ELEMENTS) {
    return refuse("it is too long: names have at most 15 bytes");
  }
  tc_glob glob{};
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const std::uint32_t bit = 1U << i;
    if ((*elements)[i].star) {
      glob.stars |= bit;
    }
    for (std::size_t code = 0; code < bytes; ++code) {
      if ((*elements)[i].accepts.test(code)) {
        glob.accept[code] |= bit;
      }
    }
  }
  glob.start = 1;
  glob.start |= (glob.start & glob.stars) << 1U;
  glob.end = 1U << elements->size();
  return glob;
}

}  // namespace taskcost
