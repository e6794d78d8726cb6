// SPDX-License-Identifier: Apache-2.0
//
// Lays out the live view as styled lines. The terminal only has to paint them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "top/changes.h"
#include "top/keys.h"
#include "top/lines.h"

namespace taskcost {

struct Screen {
  std::vector<Line> lines;  // as many as the terminal has, each exactly as wide
  VisibleRows page;
};

// A line above the table: totals, the overhead, or losses.
struct HeaderLine {
  std::vector<std::string> parts;  // by importance: a part that does not fit on the line is dropped
  Style style = Style::plain;
};
inline constexpr std::string_view between_parts = "   ";
std::vector<HeaderLine> make_header(const Changes& changes, const Rows& rows, const View& view);

// `changes` is null during the first interval.
Screen make_screen(const Changes* changes, const UiState& state, std::size_t width, std::size_t height);

}  // namespace taskcost
