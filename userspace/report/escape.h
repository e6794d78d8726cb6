// SPDX-License-Identifier: Apache-2.0
//
// Names, paths and arguments of observed programs are bytes that an attacker may choose. One type per output makes them
// harmless; the renderers hand them around raw and escape at the last write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost {

// Text that a terminal shows as it is: no control or escape sequence, no invisible or direction-changing character,
// valid UTF-8. What is unsafe becomes \n, \t, \x1b, \u202e: for reading, not for parsing (a backslash stands for
// itself; JSON is the exact form). Applied to text that is safe already, it changes nothing.
class TerminalText {
 public:
  explicit TerminalText(std::string_view bytes);

  [[nodiscard]] const std::string& text() const { return text_; }
  // Columns on a terminal. Where terminals disagree it is the larger number, so that a line never overflows.
  [[nodiscard]] std::size_t width() const { return width_; }
  // At most `columns` wide; what was cut is shown by an ellipsis.
  [[nodiscard]] TerminalText cut(std::size_t columns) const;
  // Broken at spaces into lines of at most `columns`; a longer word is broken anywhere. At least one line.
  [[nodiscard]] std::vector<TerminalText> wrap(std::size_t columns) const;

 private:
  TerminalText() = default;
  // Longest prefix of `text` that fits: its size in bytes.
  static std::size_t prefix_within(std::string_view text, std::size_t columns);

  std::string text_;
  std::size_t width_ = 0;
};

// Every byte that is not part of valid UTF-8 becomes U+FFFD; everything else stays, controls too.
std::string valid_utf8(std::string_view bytes);

// Appends `bytes` as a JSON string with its quotes. The output is ASCII, so that also a report shown on a terminal is
// harmless; every other character is \u-escaped. A byte that is not part of valid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view bytes);

}  // namespace taskcost
