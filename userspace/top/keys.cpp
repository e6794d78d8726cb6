// SPDX-License-Identifier: Apache-2.0
#include "top/keys.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "account/describe/account_keys.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

constexpr Duration intervals[] = {100ms, 200ms, 500ms, 1s, 2s, 3s, 5s, 10s, 20s, 30s, 60s};

// Longer than any name (TC_COMM_LEN bytes) and any pid.
constexpr std::size_t max_filter_bytes = 32;

void append_utf8(std::string& text, char32_t code) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
  const auto continuation = [&byte, code](unsigned shift) { byte(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    continuation(0);
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    continuation(6);
    continuation(0);
  } else {
    byte(0xf0 | code >> 18);
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

void remove_last_character(std::string& text) {
  const auto continues = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; };
  while (!text.empty() && continues(text.back())) {
    text.pop_back();
  }
  if (!text.empty()) {
    text.pop_back();
  }
}

UiState after_key_in_filter(const Key& key, UiState state) {
  std::string& entry = *state.filter_entry;
  switch (key.kind) {
    case Key::Kind::enter:
      state.view.filter = std::exchange(state.filter_entry, std::nullopt).value_or("");
      break;
    case Key::Kind::escape:
      state.filter_entry.reset();
      break;
    case Key::Kind::backspace:
      remove_last_character(entry);
      break;
    case Key::Kind::character: {
      constexpr char32_t erase_line = 'U' & 0x1f;
      if (key.character == erase_line) {
        entry.clear();
      } else if (key.character >= ' ' && key.character != 0x7f && entry.size() + 4 <= max_filter_bytes) {
        append_utf8(entry, key.character);
      }
      break;
    }
    default:
      return state;
  }
  state.scroll = 0;
  return state;
}

UiState set_sort(SortKey key, UiState state) {
  state.view.sort = key;
  state.view.reverse = false;
  state.scroll = 0;
  return state;
}

// Moves the sort column by `by` columns in the order of sort_keys.
UiState move_sort(UiState state, std::ptrdiff_t by) {
  constexpr auto count = static_cast<std::ptrdiff_t>(std::size(sort_keys));
  const auto* now = std::find_if(std::begin(sort_keys), std::end(sort_keys),
                                 [&state](const SortKeyName& entry) { return entry.key == state.view.sort; });
  const std::ptrdiff_t next = (now - std::begin(sort_keys) + by + count) % count;
  return set_sort(sort_keys[next].key, std::move(state));
}

// Pressing the key again returns to the list of processes.
UiState toggle_shape(View::Shape shape, UiState state) {
  state.view.shape = state.view.shape == shape ? View::Shape::processes : shape;
  state.scroll = 0;
  return state;
}

// The groups by each key in turn, then the list of processes again.
UiState next_grouping(UiState state) {
  const bool shown = state.view.shape == View::Shape::groups;
  const int next = shown ? static_cast<int>(state.view.by) + 1 : static_cast<int>(state.view.by);
  if (next == Keys<GroupBy>::count) {
    state.view.by = GroupBy::comm;
    return toggle_shape(View::Shape::groups, std::move(state));
  }
  state.view.by = static_cast<GroupBy>(next);
  state.view.shape = View::Shape::groups;
  state.scroll = 0;
  return state;
}

UiState after_character(char32_t character, UiState state) {
  switch (character) {
    case 'q':
    case 'Q':
      state.quit = true;
      return state;
    case 'h':
    case '?':
      state.help = true;
      return state;
    case ' ':
      state.paused = !state.paused;
      return state;
    case 't':
      return toggle_shape(View::Shape::tree, std::move(state));
    case 'g':
      return next_grouping(std::move(state));
    case 'H':
      return toggle_shape(View::Shape::threads, std::move(state));
    case '/':
      state.filter_entry = state.view.filter;
      return state;
    case 'r':
    case 'R':
      state.view.reverse = !state.view.reverse;
      return state;
    case '+':
    case '=':
      state.interval = longer_interval(state.interval);
      return state;
    case '-':
      state.interval = shorter_interval(state.interval);
      return state;
    case '<':
    case ',':
      return move_sort(std::move(state), -1);
    case '>':
    case '.':
      return move_sort(std::move(state), 1);
    case 'c':
    case 'P':  // as in top
      return set_sort(SortKey::cpu, std::move(state));
    case 'u':
      return set_sort(SortKey::user, std::move(state));
    case 'k':
      return set_sort(SortKey::kernel, std::move(state));
    case 'w':
      return set_sort(SortKey::queue, std::move(state));
    case 'b':
      return set_sort(SortKey::blocked, std::move(state));
    case 's':
      return set_sort(SortKey::switches, std::move(state));
    case 'f':
      return set_sort(SortKey::faults, std::move(state));
    case 'n':
      return set_sort(SortKey::creations, std::move(state));
    case 'p':
    case 'N':  // as in top
      return set_sort(SortKey::pid, std::move(state));
    case 'a':
      return set_sort(SortKey::name, std::move(state));
    default:
      return state;
  }
}

}  // namespace

UiState after_key(const Key& key, UiState state, const VisibleRows& page) {
  if (state.filter_entry) {
    return after_key_in_filter(key, std::move(state));
  }
  if (state.help) {
    // Any key closes the help; q also quits.
    state.help = false;
    state.quit = key.kind == Key::Kind::character && (key.character == 'q' || key.character == 'Q');
    return state;
  }
  // The table may have fewer rows than when it was last scrolled.
  const std::size_t scroll = std::min(state.scroll, page.last_scroll());
  const std::size_t step = std::max<std::size_t>(page.visible, 1);
  switch (key.kind) {
    case Key::Kind::character:
      return after_character(key.character, std::move(state));
    case Key::Kind::up:
      state.scroll = scroll - std::min<std::size_t>(scroll, 1);
      break;
    case Key::Kind::down:
      state.scroll = std::min(scroll + 1, page.last_scroll());
      break;
    case Key::Kind::page_up:
      state.scroll = scroll - std::min(scroll, step);
      break;
    case Key::Kind::page_down:
      state.scroll = std::min(scroll + step, page.last_scroll());
      break;
    case Key::Kind::home:
      state.scroll = 0;
      break;
    case Key::Kind::end:
      state.scroll = page.last_scroll();
      break;
    case Key::Kind::left:
      return move_sort(std::move(state), -1);
    case Key::Kind::right:
      return move_sort(std::move(state), 1);
    case Key::Kind::escape:
      state.view.filter.clear();
      state.scroll = 0;
      break;
    case Key::Kind::enter:
    case Key::Kind::backspace:
      break;
  }
  return state;
}

View shown_view(const UiState& state) {
  View view = state.view;
  if (state.filter_entry) {
    view.filter = *state.filter_entry;
  }
  return view;
}

Duration longer_interval(Duration interval) {
  const auto* next = std::upper_bound(std::begin(intervals), std::end(intervals), interval);
  return next == std::end(intervals) ? std::max(interval, *std::prev(next)) : *next;
}

Duration shorter_interval(Duration interval) {
  const auto* next = std::lower_bound(std::begin(intervals), std::end(intervals), interval);
  return next == std::begin(intervals) ? std::min(interval, *next) : *std::prev(next);
}

}  // namespace taskcost
