// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace taskcost {
namespace {

struct Decoded {
  char32_t code = 0;
  std::size_t size = 1;  // in bytes
  bool valid = false;    // else `code` is a single byte
};

constexpr std::string_view ellipsis = "…";

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

// The length of the sequence that a first byte announces; 0 if it cannot be a first byte.
std::size_t sequence_size(std::uint8_t first) {
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return 2;
  }
  if (first >= 0xe0 && first <= 0xef) {
    return 3;
  }
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool is_scalar(char32_t code, std::size_t size) {
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return !overlong && !surrogate && code <= 0x10ffff;
}

// Decodes the character at the start of `bytes`. REQUIRES: `bytes` is not empty.
Decoded decode(std::string_view bytes) {
  const std::uint8_t first = byte_at(bytes, 0);
  const Decoded invalid{first, 1, false};
  const std::size_t size = sequence_size(first);
  if (size == 0 || size > bytes.size()) {
    return invalid;
  }
  char32_t code = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint8_t next = byte_at(bytes, i);
    if ((next & 0xc0) != 0x80) {
      return invalid;
    }
    code = code << 6 | (next & 0x3f);
  }
  return is_scalar(code, size) ? Decoded{code, size, true} : invalid;
}

struct Range {
  char32_t first;
  char32_t last;
};

// REQUIRES: `ranges` are sorted.
template <std::size_t N>
bool within(const Range (&ranges)[N], char32_t code) {
  const auto* range = std::lower_bound(std::begin(ranges), std::end(ranges), code,
                                       [](const Range& r, char32_t c) { return r.last < c; });
  return range != std::end(ranges) && range->first <= code;
}

// Control characters, and characters that are invisible, reorder their neighbors or have no agreed look (Unicode: Cc,
// Cf, Zl, Zp, Co, fillers and noncharacters of the planes in use).
constexpr Range unsafe_ranges[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},    {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x0600, 0x0605},
    {0x061c, 0x061c},   {0x06dd, 0x06dd},    {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164},    {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1345f},  {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff},
    {0x2fffe, 0x2ffff}, {0x3fffe, 0x10ffff},
};

// Combining marks, which take no column, in the blocks that all terminals treat alike.
constexpr Range combining_ranges[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

// East Asian wide and full-width characters, and all blocks with emoji.
constexpr Range wide_ranges[] = {
    {0x1100, 0x11ff},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23fa},   {0x25fb, 0x27bf},
    {0x2b05, 0x2b55},   {0x2e80, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7ff},   {0xf900, 0xfaff},
    {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18dff},
    {0x1aff0, 0x1b2ff}, {0x1d300, 0x1d37f}, {0x1f000, 0x1fbff}, {0x20000, 0x3fffd},
};

std::size_t columns_of(char32_t code) {
  if (code < 0x300) {
    return 1;
  }
  if (within(combining_ranges, code)) {
    return 0;
  }
  return within(wide_ranges, code) ? 2 : 1;
}

std::string terminal_escape(const Decoded& decoded) {
  if (decoded.valid && decoded.code == '\n') {
    return "\\n";
  }
  if (decoded.valid && decoded.code == '\t') {
    return "\\t";
  }
  const auto code = static_cast<std::uint32_t>(decoded.code);
  if (!decoded.valid || code < 0x80) {
    return fmt::format("\\x{:02x}", code);
  }
  return code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
}

void append_json_code(std::string& out, char32_t code) {
  if (code > 0xffff) {
    const auto offset = static_cast<std::uint32_t>(code) - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (offset >> 10), 0xdc00 + (offset & 0x3ff));
    return;
  }
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
}

void append_json_ascii(std::string& out, char32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (code < 0x20 || code == 0x7f) {
    append_json_code(out, code);
  } else {
    out += static_cast<char>(code);
  }
}

}  // namespace

TerminalText::TerminalText(std::string_view bytes) {
  text_.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded decoded = decode(bytes);
    if (decoded.valid && !within(unsafe_ranges, decoded.code)) {
      text_.append(bytes.substr(0, decoded.size));
      width_ += columns_of(decoded.code);
    } else {
      const std::string escaped = terminal_escape(decoded);
      text_ += escaped;
      width_ += escaped.size();
    }
    bytes.remove_prefix(decoded.size);
  }
}

std::size_t TerminalText::prefix_within(std::string_view text, std::size_t columns) {
  std::size_t size = 0;
  std::size_t width = 0;
  while (size < text.size()) {
    const Decoded decoded = decode(text.substr(size));
    width += columns_of(decoded.code);
    if (width > columns) {
      break;
    }
    size += decoded.size;
  }
  return size;
}

TerminalText TerminalText::cut(std::size_t columns) const {
  if (width_ <= columns) {
    return *this;
  }
  if (columns == 0) {
    return {};
  }
  std::string shortened = text_.substr(0, prefix_within(text_, columns - 1));
  return TerminalText(shortened.append(ellipsis));
}

std::vector<TerminalText> TerminalText::wrap(std::size_t columns) const {
  std::vector<TerminalText> lines;
  std::string_view rest = text_;
  // Every character fits into two columns; with fewer, the loop would not advance.
  columns = std::max<std::size_t>(columns, 2);
  for (;;) {
    const std::size_t fitting = prefix_within(rest, columns);
    if (fitting == rest.size()) {
      lines.push_back(TerminalText(rest));
      return lines;
    }
    const std::size_t space = rest.substr(0, fitting + 1).rfind(' ');
    const bool at_space = space != std::string_view::npos && space > 0;
    const std::size_t size = at_space ? space : fitting;
    lines.push_back(TerminalText(rest.substr(0, size)));
    rest.remove_prefix(at_space ? size + 1 : size);
  }
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded decoded = decode(bytes);
    text += decoded.valid ? bytes.substr(0, decoded.size) : std::string_view("\xef\xbf\xbd");
    bytes.remove_prefix(decoded.size);
  }
  return text;
}

void append_json_string(std::string& out, std::string_view bytes) {
  constexpr char32_t replacement = 0xfffd;
  out += '"';
  while (!bytes.empty()) {
    const Decoded decoded = decode(bytes);
    if (decoded.valid && decoded.code < 0x80) {
      append_json_ascii(out, decoded.code);
    } else {
      append_json_code(out, decoded.valid ? decoded.code : replacement);
    }
    bytes.remove_prefix(decoded.size);
  }
  out += '"';
}

}  // namespace taskcost
