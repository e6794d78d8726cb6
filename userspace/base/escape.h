// SPDX-License-Identifier: Apache-2.0
//
// Names, paths and arguments of observed programs are bytes that an attacker may choose. Each kind of output has one
// type or function that makes them harmless. Renderers pass them around raw and escape them at the last write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost {

// Text that a terminal shows as it is: valid UTF-8 without control characters, escape sequences, or characters that are
// invisible or change the direction. Unsafe characters become \n, \t, \x1b, \u202e. This is for reading, not for
// parsing: backslashes are not escaped; JSON is the exact form. Text that is already safe does not change.
class TerminalText {
 public:
  explicit TerminalText(std::string_view bytes);

  [[nodiscard]] const std::string& text() const { return text_; }
  // The number of columns on a terminal. If terminals disagree, it is the larger number, so that a line never
  // overflows.
  [[nodiscard]] std::size_t width() const { return width_; }
  // Cuts the text to at most `columns`, and ends it with an ellipsis if anything was cut.
  [[nodiscard]] TerminalText cut(std::size_t columns) const;
  // Breaks the text at spaces into one or more lines of at most `columns`. It breaks longer words anywhere.
  [[nodiscard]] std::vector<TerminalText> wrap(std::size_t columns) const;

 private:
  TerminalText() = default;
  // The size in bytes of the longest prefix of `text` that fits.
  static std::size_t prefix_within(std::string_view text, std::size_t columns);

  std::string text_;
  std::size_t width_ = 0;
};

// Replaces every byte that is not part of valid UTF-8 with U+FFFD. Everything else stays, control characters too.
std::string valid_utf8(std::string_view bytes);

// Appends `bytes` as a quoted JSON string. Its output is ASCII, so that a JSON report is harmless on a terminal too:
// other characters are \u-escaped. A byte that is not part of valid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view bytes);

}  // namespace taskcost
