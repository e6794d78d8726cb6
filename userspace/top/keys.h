// SPDX-License-Identifier: Apache-2.0
//
// Key bindings of the live view: a pure function from a key and a state to the next state, without a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "top/rows.h"

namespace taskcost {

struct Key {
  enum class Kind { character, up, down, page_up, page_down, home, end, left, right, enter, escape, backspace };

  Kind kind = Kind::character;
  char32_t character = 0;  // for Kind::character
};

constexpr Key key_of_character(char32_t character) { return {Key::Kind::character, character}; }

struct UiState {
  View view;
  Duration interval = std::chrono::seconds(1);
  std::size_t scroll = 0;  // rows above the first one shown
  bool paused = false;     // the display stands still; the observation continues
  bool help = false;
  bool quit = false;
  // The filter while it is edited. view.filter keeps the old one until Enter.
  std::optional<std::string> filter_entry;
};

// The number of rows in the table, and on the last screen.
struct VisibleRows {
  std::size_t rows = 0;
  std::size_t visible = 0;

  [[nodiscard]] std::size_t last_scroll() const { return rows > visible ? rows - visible : 0; }
};

UiState after_key(const Key& key, UiState state, const VisibleRows& page);

// The view to paint, which uses the filter that is being edited.
View shown_view(const UiState& state);

// The next step of the interval for + and -, from 100 ms to a minute.
Duration longer_interval(Duration interval);
Duration shorter_interval(Duration interval);

}  // namespace taskcost
