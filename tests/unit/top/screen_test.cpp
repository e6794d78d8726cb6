// SPDX-License-Identifier: Apache-2.0
#include "top/screen_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/escape.h"
#include "support/columns.h"
#include "support/hostile_names.h"
#include "top/once.h"
#include "top/table.h"
#include "unit/top/glances.h"

namespace taskcost {
namespace {

using test::columns_of;
using namespace std::chrono_literals;
using test::GlanceBuilder;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Changes busy_machine() {
  GlanceBuilder before(10s);
  GlanceBuilder now(11s);
  std::uint32_t pid = 4194000;
  for (const std::string& name : test::hostile_names) {
    for (GlanceBuilder* glance : {&before, &now}) {
      const int times = glance == &now ? 1000 : 1;
      glance->process(pid, pid - 1)
          .named(name)
          .runs(times * 900us, times * 99us)
          .queues(times * 3us, times * 1us)
          .waits(TC_WAIT_FUTEX_SHARED, times * 500us)
          .waits(TC_WAIT_MESSAGE_QUEUE, times * 300us)
          .waits(TC_WAIT_OTHER_FILE, times * 100us)
          .counts(TC_COUNTER_VOLUNTARY_SWITCHES, static_cast<std::uint64_t>(times) * 123456)
          .cannot_count(TC_COUNTER_FAULTS_MAJOR);
    }
    ++pid;
  }
  now.process(9).named("kworker").in_kernel().runs(0ms, 1ms);
  now.process(10).named("gone").ends();
  now.glance().per_transition = 210ns;
  now.glance().transitions = 123456;
  now.glance().losses.counts[TC_LOSS_MISSED_LEDGERS] = 3;
  now.glance().losses.skipped_probes = 4;
  return changes_between(before.glance(), now.glance());
}

std::vector<std::string> texts_of(const Screen& screen) {
  std::vector<std::string> texts;
  for (const Line& line : screen.lines) {
    texts.push_back(line.text());
  }
  return texts;
}

std::vector<std::string> screen_texts(const Changes& changes, const UiState& state, std::size_t width,
                                      std::size_t height) {
  return texts_of(make_screen(&changes, state, width, height));
}

std::vector<std::string> once_lines(const Changes& changes, const View& view, unsigned width) {
  std::ostringstream out;
  render_top_text(changes, view, out, width);
  std::vector<std::string> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// Each line is exactly `width` columns wide by our own tables. By the C library's, it is never wider, and no character
// is split.
void expect_exact(const Screen& screen, std::size_t width) {
  for (const Line& line : screen.lines) {
    const std::string text = line.text();
    EXPECT_EQ(TerminalText(text).width(), width) << text;
    EXPECT_EQ(TerminalText(text).text(), text) << "not escaped";
    const int columns = columns_of(text);
    EXPECT_GE(columns, 0) << "not printable: " << text;
    EXPECT_LE(columns, static_cast<int>(width)) << text;
    for (const Span& span : line.spans()) {
      EXPECT_GE(columns_of(span.text), 0) << "a character is split";
    }
  }
}

TEST(TopScreen, LinesAreExactlyAsWideAsTheTerminal) {
  const Changes changes = busy_machine();
  for (const View::Shape shape : {View::Shape::processes, View::Shape::threads, View::Shape::tree}) {
    for (std::size_t width = 1; width <= 220; ++width) {
      UiState state;
      state.view.shape = shape;
      const Screen screen = make_screen(&changes, state, width, 24);
      EXPECT_EQ(screen.lines.size(), 24U);
      expect_exact(screen, width);
    }
  }
}

TEST(TopScreen, HasAsManyLinesAsTheTerminal) {
  const Changes changes = busy_machine();
  UiState help;
  help.help = true;
  UiState filter;
  filter.filter_entry = "\033[31m漢";
  UiState paused;
  paused.paused = true;
  for (const UiState& state : {UiState{}, help, filter, paused}) {
    for (std::size_t height = 0; height <= 60; ++height) {
      const Screen screen = make_screen(&changes, state, 80, height);
      EXPECT_EQ(screen.lines.size(), height);
      expect_exact(screen, 80);
      EXPECT_EQ(make_screen(nullptr, state, 80, height).lines.size(), height);
    }
  }
}

TEST(TopScreen, HelpFitsIntoASmallTerminal) {
  UiState state;
  state.help = true;
  const Screen screen = make_screen(nullptr, state, 80, 24);
  expect_exact(screen, 80);
  EXPECT_THAT(texts_of(screen), Contains(StartsWith("Kernel threads are listed last")));
  EXPECT_THAT(texts_of(screen), Not(Contains(HasSubstr("…"))));
}

TEST(TopScreen, ShowsOverheadAndLosses) {
  const Changes changes = busy_machine();
  const auto lines = screen_texts(changes, {}, 120, 24);
  EXPECT_THAT(lines[3], StartsWith("overhead 2.6% of a CPU   probes 2.6%"));
  EXPECT_THAT(lines[4], StartsWith("LOST in this interval: 3 tasks without a ledger"));
  // A small terminal shows losses too.
  EXPECT_THAT(screen_texts(changes, {}, 40, 6), Contains(StartsWith("LOST in this interval")));
}

TEST(TopScreen, DropsColumnsByImportance) {
  const Changes changes = busy_machine();
  const auto titles = [&changes](std::size_t width, const View& view) {
    const Rows rows = rows_of(changes, view);
    return TopTable(changes, rows, view, width).titles().text();
  };
  EXPECT_THAT(titles(40, {}), AllOf(HasSubstr("CPU%"), HasSubstr("QUE%"), Not(HasSubstr("SW/s"))));
  for (const char* const title : {"CPU%", "USER%", "KERN%", "QUE%", "BLK%", "SW/s", "FLT/s", "WAITS FOR"}) {
    EXPECT_THAT(titles(80, {}), HasSubstr(title));
  }
  for (const char* const title : {"NEW/s", "INV/s", "MAJ/s", "THR"}) {
    EXPECT_THAT(titles(200, {}), HasSubstr(title));
  }
  View by_creations;
  by_creations.sort = SortKey::creations;
  EXPECT_THAT(titles(40, by_creations), HasSubstr("NEW/s"));
  View no_split;
  no_split.user_kernel_split = false;
  EXPECT_THAT(titles(200, no_split), AllOf(Not(HasSubstr("USER%")), Not(HasSubstr("KERN%"))));
}

TEST(TopScreen, ColumnsAlignWithTheirTitles) {
  GlanceBuilder now(1s);
  now.process(7).named("漢字").runs(500ms).waits(TC_WAIT_PIPE, 250ms);
  const Changes changes = changes_between(GlanceBuilder(0s).glance(), now.glance());
  const auto lines = screen_texts(changes, {}, 80, 24);
  EXPECT_THAT(lines[4], StartsWith("  PID NAME             CPU% USER% KERN%  QUE%  BLK%  SW/s FLT/s NEW/s WAITS FOR"));
  EXPECT_THAT(lines[5], StartsWith("    7 漢字             50.0  50.0     0     0  25.0     0     0     0 pipe 25.0"));
}

TEST(TopScreen, TheSelectedTitleIsMarked) {
  const Changes changes = busy_machine();
  View view;
  view.sort = SortKey::blocked;
  const Rows rows = rows_of(changes, view);
  std::string selected;
  const Line titles = TopTable(changes, rows, view, 80).titles();
  for (const Span& span : titles.spans()) {
    selected += span.style == Style::selected ? span.text : "";
  }
  EXPECT_EQ(selected, " BLK%");
}

TEST(TopScreen, ScrollsNoFurtherThanTheLastRow) {
  const Changes changes = busy_machine();
  UiState state;
  state.scroll = 1000;
  state.view.sort = SortKey::pid;
  const Screen screen = make_screen(&changes, state, 80, 12);
  const std::size_t rows = test::hostile_names.size() + 2;
  EXPECT_EQ(screen.page.rows, rows);
  EXPECT_EQ(screen.page.visible, 6U);
  EXPECT_THAT(texts_of(screen)[10], HasSubstr("kworker"));
  EXPECT_THAT(texts_of(screen)[11],
              StartsWith(std::to_string(rows - 5) + "-" + std::to_string(rows) + " of " + std::to_string(rows)));
}

TEST(TopScreen, FiguresFitTheirColumns) {
  for (double value = 1e-6; value < 1e13; value *= 1.7) {
    EXPECT_LE(percent_text(value).size(), 5U) << value;
    EXPECT_LE(rate_text(value).size(), 5U) << value;
  }
  EXPECT_EQ(percent_text(0), "0");
  EXPECT_EQ(percent_text(-0.001), "0");
  EXPECT_EQ(percent_text(0.12345), "12.3");
  EXPECT_EQ(percent_text(12.34), "1234");
  EXPECT_EQ(rate_text(std::nullopt), "?");
  EXPECT_EQ(rate_text(0.017), "0.02");
  EXPECT_EQ(rate_text(1234567), "1235k");
}

TEST(TopScreen, CausesAreTheLargestThatFit) {
  GlanceBuilder now(1s);
  now.process(7).waits(TC_WAIT_PIPE, 100ms).waits(TC_WAIT_FUTEX_PRIVATE, 700ms).waits(TC_WAIT_DISK, 100us);
  const Changes changes = changes_between(GlanceBuilder(0s).glance(), now.glance());
  EXPECT_EQ(causes_text(changes.total, changes, 40), "futex 70.0  pipe 10.0");
  EXPECT_EQ(causes_text(changes.total, changes, 15), "futex 70.0");
  EXPECT_EQ(causes_text(changes.total, changes, 9), "futex");
  EXPECT_EQ(causes_text({}, changes, 9), "");
}

TEST(TopOnce, LinesFitTheWidthAndAreEscaped) {
  const Changes changes = busy_machine();
  for (unsigned width = 40; width <= 220; ++width) {
    for (const std::string& line : once_lines(changes, {}, width)) {
      EXPECT_GE(columns_of(line), 0) << "not printable: " << line;
      EXPECT_LE(columns_of(line), static_cast<int>(width)) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
  const auto lines = once_lines(changes, {}, 80);
  EXPECT_THAT(lines, Contains(HasSubstr("\\x1b[31mred")));
  EXPECT_THAT(lines.back(), HasSubstr("kworker"));
}

TEST(TopOnce, MarksFiguresThatWereNotMeasured) {
  const auto lines = once_lines(busy_machine(), {}, 80);
  EXPECT_THAT(lines, Contains(HasSubstr("faults/s not measured")));
  EXPECT_THAT(lines, Contains(HasSubstr(" ? ")));
}

}  // namespace
}  // namespace taskcost
