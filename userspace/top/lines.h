// SPDX-License-Identifier: Apache-2.0
//
// Lines of a screen with their styles. Everything in them passes through TerminalText when it is appended, and nowhere
// else: callers hand over raw names.
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
  title,     // of a column
  selected,  // title of the column that rows are sorted by
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

  // What does not fit is cut, with an ellipsis at the cut.
  Line& append(std::string_view text, Style style = Style::plain);
  // In a cell of exactly so many columns.
  Line& append_left(std::string_view text, std::size_t columns, Style style = Style::plain);
  Line& append_right(std::string_view text, std::size_t columns, Style style = Style::plain);
  // Blanks up to the whole width.
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
