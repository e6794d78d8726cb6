// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "symbols/address_space.h"

namespace taskcost {
namespace {

// Removes a number and the character behind it from the front of `text`.
template <std::unsigned_integral T>
bool take_number(std::string_view& text, T& value, int base, char behind) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr == text.data() + text.size() || *result.ptr != behind) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()) + 1);
  return true;
}

// The kernel escapes a newline in a path as \012, and no other character, not even the backslash.
std::string unescape_newlines(std::string_view path) {
  constexpr std::string_view escape = "\\012";
  std::string plain;
  for (std::size_t at = path.find(escape); at != std::string_view::npos; at = path.find(escape)) {
    plain.append(path.substr(0, at)).push_back('\n');
    path.remove_prefix(at + escape.size());
  }
  return plain.append(path);
}

// "start-end perms offset major:minor inode    path"; memory has no path, or one that prctl(PR_SET_VMA) gave it.
std::optional<Mapping> parse_line(std::string_view line) {
  Mapping mapping;
  if (!take_number(line, mapping.start, 16, '-') || !take_number(line, mapping.end, 16, ' ') || line.size() < 5 ||
      line[2] != 'x' || line[4] != ' ') {
    return std::nullopt;
  }
  line.remove_prefix(5);
  if (!take_number(line, mapping.file_offset, 16, ' ') || !take_number(line, mapping.device_major, 16, ':') ||
      !take_number(line, mapping.device_minor, 16, ' ') || !take_number(line, mapping.inode, 10, ' ')) {
    return std::nullopt;
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const bool has_no_file = mapping.inode == 0 && (line.empty() || line.starts_with("[anon:"));
  if (mapping.start >= mapping.end || (!line.starts_with('/') && line != "[vdso]" && !has_no_file)) {
    return std::nullopt;
  }
  mapping.path = has_no_file ? "//anon" : unescape_newlines(line);
  return mapping;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (auto mapping = parse_line(text.substr(0, end))) {
      mappings.push_back(std::move(*mapping));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return mappings;
}

}  // namespace taskcost
