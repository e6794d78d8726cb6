// SPDX-License-Identifier: Apache-2.0
#include "top/keys.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using Kind = Key::Kind;

constexpr VisibleRows hundred_rows{100, 20};

UiState pressed(UiState state, Kind kind) { return after_key({kind, 0}, std::move(state), hundred_rows); }

UiState typed(UiState state, std::u32string_view characters) {
  for (const char32_t character : characters) {
    state = after_key(key_of_character(character), std::move(state), hundred_rows);
  }
  return state;
}

TEST(Keys, QuitAndPause) {
  EXPECT_TRUE(typed({}, U"q").quit);
  EXPECT_TRUE(typed({}, U" ").paused);
  EXPECT_FALSE(typed({}, U"  ").paused);
  EXPECT_FALSE(typed({}, U"z").quit);
}

TEST(Keys, ToggleTheShape) {
  EXPECT_EQ(typed({}, U"t").view.shape, View::Shape::tree);
  EXPECT_EQ(typed({}, U"tt").view.shape, View::Shape::processes);
  EXPECT_EQ(typed({}, U"H").view.shape, View::Shape::threads);
  EXPECT_EQ(typed({}, U"tH").view.shape, View::Shape::threads);
}

TEST(Keys, GroupsByEachKeyInTurn) {
  EXPECT_EQ(typed({}, U"g").view.shape, View::Shape::groups);
  EXPECT_EQ(typed({}, U"g").view.by, GroupBy::comm);
  EXPECT_EQ(typed({}, U"ggg").view.by, GroupBy::thread);
  EXPECT_EQ(typed({}, U"gggggg").view.by, GroupBy::cgroup);
  EXPECT_EQ(typed({}, U"ggggggg").view.shape, View::Shape::processes);
  EXPECT_EQ(typed({}, U"gggggggg").view.by, GroupBy::comm);
}

TEST(Keys, SortByLettersAndByTheNextColumn) {
  EXPECT_EQ(typed({}, U"b").view.sort, SortKey::blocked);
  EXPECT_EQ(typed({}, U"bP").view.sort, SortKey::cpu);
  EXPECT_EQ(typed({}, U">").view.sort, SortKey::user);
  EXPECT_EQ(typed({}, U"<").view.sort, SortKey::name);
  EXPECT_EQ(typed({}, U"p<").view.sort, SortKey::creations);
  EXPECT_EQ(typed({}, U"n>").view.sort, SortKey::pid);
  EXPECT_EQ(pressed({}, Kind::right).view.sort, SortKey::user);
  EXPECT_TRUE(typed({}, U"r").view.reverse);
  EXPECT_FALSE(typed({}, U"rb").view.reverse);
}

TEST(Keys, ScrollWithinTheRows) {
  UiState state = pressed({}, Kind::up);
  EXPECT_EQ(state.scroll, 0U);
  state = pressed(pressed(state, Kind::down), Kind::page_down);
  EXPECT_EQ(state.scroll, 21U);
  EXPECT_EQ(pressed(state, Kind::page_up).scroll, 1U);
  EXPECT_EQ(pressed(pressed(state, Kind::page_up), Kind::page_up).scroll, 0U);
  state = pressed(state, Kind::end);
  EXPECT_EQ(state.scroll, 80U);
  EXPECT_EQ(pressed(state, Kind::page_down).scroll, 80U);
  EXPECT_EQ(pressed(state, Kind::home).scroll, 0U);
  // The scroll position is limited to the rows that are left.
  EXPECT_EQ(after_key({Kind::up, 0}, state, {30, 20}).scroll, 9U);
  EXPECT_EQ(after_key({Kind::down, 0}, state, {5, 20}).scroll, 0U);
}

TEST(Keys, AFilterIsTypedAndKept) {
  UiState state = typed({}, U"/qt");
  EXPECT_FALSE(state.quit);
  EXPECT_EQ(state.view.filter, "");
  EXPECT_EQ(shown_view(state).filter, "qt");
  state = pressed(state, Kind::enter);
  EXPECT_EQ(state.view.filter, "qt");
  EXPECT_EQ(state.filter_entry, std::nullopt);
  EXPECT_EQ(shown_view(typed(state, U"/x")).filter, "qtx");
  EXPECT_EQ(pressed(typed(state, U"/x"), Kind::escape).view.filter, "qt");
  EXPECT_EQ(pressed(state, Kind::escape).view.filter, "");
}

TEST(Keys, BackspaceRemovesAWholeCharacter) {
  UiState state = typed({}, U"/aß漢😀");
  EXPECT_EQ(state.filter_entry, "aß漢😀");
  state = pressed(pressed(state, Kind::backspace), Kind::backspace);
  EXPECT_EQ(state.filter_entry, "aß");
  state = pressed(pressed(pressed(state, Kind::backspace), Kind::backspace), Kind::backspace);
  EXPECT_EQ(state.filter_entry, "");
}

TEST(Keys, AFilterHasALimitedLength) {
  EXPECT_LE(typed({}, U"/" + std::u32string(1000, U'漢')).filter_entry->size(), 32U);
}

TEST(Keys, HelpIsClosedByAnyKey) {
  EXPECT_TRUE(typed({}, U"h").help);
  EXPECT_TRUE(typed({}, U"?").help);
  const UiState state = typed({}, U"ht");
  EXPECT_FALSE(state.help);
  EXPECT_EQ(state.view.shape, View::Shape::processes);
  EXPECT_TRUE(typed({}, U"hq").quit);
}

TEST(Keys, TheIntervalHasSteps) {
  EXPECT_EQ(typed({}, U"+").interval, 2s);
  EXPECT_EQ(typed({}, U"-").interval, 500ms);
  EXPECT_EQ(longer_interval(1500ms), 2s);
  EXPECT_EQ(shorter_interval(1500ms), 1s);
  EXPECT_EQ(shorter_interval(100ms), 100ms);
  EXPECT_EQ(shorter_interval(50ms), 50ms);
  EXPECT_EQ(longer_interval(60s), 60s);
  EXPECT_EQ(longer_interval(90s), 90s);
}

TEST(Keys, EachColumnHasItsLetter) {
  for (const auto& [letter, sort] :
       {std::pair(U"c", SortKey::cpu), std::pair(U"u", SortKey::user), std::pair(U"k", SortKey::kernel),
        std::pair(U"w", SortKey::queue), std::pair(U"s", SortKey::switches), std::pair(U"f", SortKey::faults),
        std::pair(U"n", SortKey::creations), std::pair(U"a", SortKey::name), std::pair(U"N", SortKey::pid)}) {
    EXPECT_EQ(typed(typed({}, U"b"), letter).view.sort, sort);
  }
  EXPECT_EQ(pressed(typed({}, U"k"), Kind::left).view.sort, SortKey::user);
}

TEST(Keys, ControlUErasesTheFilter) {
  EXPECT_EQ(typed({},
                  U"/cook\x15"
                  U"oven")
                .filter_entry,
            "oven");
  EXPECT_EQ(typed({},
                  U"/a\x01\x7f"
                  U"b")
                .filter_entry,
            "ab")
      << "other control characters are none of it";
  EXPECT_EQ(pressed(typed({}, U"/cook"), Kind::home).filter_entry, "cook");
}

}  // namespace
}  // namespace taskcost
