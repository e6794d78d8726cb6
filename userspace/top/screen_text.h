// SPDX-License-Identifier: Apache-2.0
//
// The picture of a live view as lines of text with styles: a terminal only has to paint them.
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

// What stands above the table: totals, what the observation itself cost, losses if there were any.
struct HeaderLine {
  std::vector<std::string> parts;  // by importance: one that has no room on its line is left out
  Style style = Style::plain;
};
inline constexpr std::string_view between_parts = "   ";
std::vector<HeaderLine> header_of(const Changes& changes, const Rows& rows, const View& view);

// `changes` is null until the first interval is over.
Screen screen_of(const Changes* changes, const UiState& state, std::size_t width, std::size_t height);

}  // namespace taskcost
