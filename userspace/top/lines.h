// SPDX-License-Identifier: Apache-2.0
//
// Styled lines of a screen. append() escapes all text through TerminalText, so callers pass raw names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost {

enum class Style {
  plain,
  strong,
  faint,
  title,     // a column title
  selected,  // the title of the sort column
  alarm,
};

struct Span {
  std::string text;
  Style style = Style::plain;
  std::size_t width = 0;  // in columns
};

class Line {
 public:
  explicit Line(std::size_t width) : left_(width) {}

  // Text that does not fit is cut and ends with an ellipsis.
  Line& append(std::string_view text, Style style = Style::plain);
  // Append a cell of exactly `columns`, aligned left or right.
  Line& append_left(std::string_view text, std::size_t columns, Style style = Style::plain);
  Line& append_right(std::string_view text, std::size_t columns, Style style = Style::plain);
  // Appends blanks up to the line's width.
  Line& fill(Style style = Style::plain) { return append_blanks(left_, style); }

  [[nodiscard]] std::size_t left() const { return left_; }
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }
  [[nodiscard]] std::string text() const;

 private:
  Line& append_blanks(std::size_t columns, Style style);

  std::size_t left_;  // columns
  std::vector<Span> spans_;
};

}  // namespace taskcost
