// SPDX-License-Identifier: Apache-2.0
//
// What a key does to a live view. No terminal here: a key is a value, and so is what it leads to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "top/rows.h"

namespace taskcost {

struct Key {
  enum class Kind { character, up, down, page_up, page_down, home, end, left, right, enter, escape, backspace };

  Kind kind = Kind::character;
  char32_t character = 0;  // of Kind::character
};

constexpr Key key_of_character(char32_t character) { return {Key::Kind::character, character}; }

struct UiState {
  View view;
  Duration interval = std::chrono::seconds(1);
  std::size_t scroll = 0;  // rows above the first one shown
  bool paused = false;     // observation goes on, the picture stays
  bool help = false;
  bool quit = false;
  // The filter while it is being typed; view.filter is what it was before, until Enter.
  std::optional<std::string> filter_entry;
};

// How much of the table the last picture showed.
struct VisibleRows {
  std::size_t rows = 0;
  std::size_t visible = 0;

  [[nodiscard]] std::size_t last_scroll() const { return rows > visible ? rows - visible : 0; }
};

UiState after_key(const Key& key, UiState state, const VisibleRows& page);

// The view to paint: with the filter as far as it is typed.
View shown_view(const UiState& state);

// Steps of the interval that + and - go along, between a tenth of a second and a minute.
Duration longer_interval(Duration interval);
Duration shorter_interval(Duration interval);

}  // namespace taskcost
