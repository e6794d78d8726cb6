// SPDX-License-Identifier: Apache-2.0
#include "top/lines.h"

#include <algorithm>

#include "base/escape.h"

namespace taskcost {

Line& Line::append(std::string_view text, Style style) {
  const TerminalText shown = TerminalText(text).cut(left_);
  if (!shown.text().empty()) {
    spans_.push_back({shown.text(), style, shown.width()});
    left_ -= shown.width();
  }
  return *this;
}

Line& Line::append_left(std::string_view text, std::size_t columns, Style style) {
  const TerminalText shown = TerminalText(text).cut(std::min(columns, left_));
  append(shown.text(), style);
  return append_blanks(columns - std::min(columns, shown.width()), style);
}

Line& Line::append_right(std::string_view text, std::size_t columns, Style style) {
  const TerminalText shown = TerminalText(text).cut(std::min(columns, left_));
  append_blanks(columns - std::min(columns, shown.width()), style);
  return append(shown.text(), style);
}

std::string Line::text() const {
  std::string text;
  for (const Span& span : spans_) {
    text += span.text;
  }
  return text;
}

Line& Line::append_blanks(std::size_t columns, Style style) {
  columns = std::min(columns, left_);
  if (columns > 0) {
    spans_.push_back({std::string(columns, ' '), style, columns});
    left_ -= columns;
  }
  return *this;
}

}  // namespace taskcost
