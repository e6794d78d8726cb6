// SPDX-License-Identifier: Apache-2.0
//
// A report as data, before it is painted: sections of blocks of paragraphs, tables and distributions. The text report
// and the HTML page paint the same sections. All texts are raw: names in them are hostile, painters escape them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "taskcost/account.h"

namespace taskcost::sections {

enum class Tone { plain, strong, faint, good, bad, warning };

enum class Unit { words, ns, bytes, count, share, ratio, other };  // words: no figure

// Columns on a terminal: where paragraphs and tables begin, and how far columns of names may shrink on a narrow page.
inline constexpr std::size_t margin = 2;
inline constexpr std::size_t least_name_columns = 12;

// What stands in one place of a row: words, or a figure and the words for it.
struct Cell {
  template <std::convertible_to<std::string_view> Words>
  Cell(const Words& words, Tone tone = Tone::plain) : text(std::string_view(words)), tone(tone) {}
  Cell(std::string words, Tone tone, double value, Unit unit)
      : text(std::move(words)), value(value), tone(tone), unit(unit) {}
  template <std::integral Count>
  Cell(Count count, Tone tone = Tone::plain)
      : Cell(std::to_string(count), tone, static_cast<double>(count), Unit::count) {}
  Cell(Duration duration, Tone tone = Tone::plain);
  // Without a value: "not measured".
  template <typename Figure>
  Cell(const std::optional<Figure>& figure, Tone tone = Tone::plain)
      : Cell(figure ? Cell(*figure, tone) : not_measured_cell(tone)) {}

  std::string text;
  double value = 0;  // only with a unit
  Tone tone = Tone::plain;
  Unit unit = Unit::words;

 private:
  static Cell not_measured_cell(Tone tone);
};

// Figures as units.h words them. `unit`: "ns", "bytes", "count", "share", or any other.
Cell quantity(double value, std::string_view unit, Tone tone = Tone::plain);
Cell quantity(const std::optional<double>& value, std::string_view unit);                 // "-" without a value
Cell signed_quantity(double difference, std::string_view unit, Tone tone = Tone::plain);  // "+1.23 ms"
Cell mean(Duration sum, std::uint64_t count);                                             // "-" of nothing
Cell share(double part, double whole, Tone tone = Tone::plain);                           // "53.4%"; "-" of nothing
Cell share(Duration part, Duration whole);

// Wrapped at the width. The first line begins with the label, the others are indented as far.
struct Paragraph {
  std::string text;
  Tone tone = Tone::plain;
  std::size_t indent = margin;
  std::string label{};
};

// One line, cut at the width: cells side by side; or, with a tail, "cell: tail", of which only the cell is cut.
struct Line {
  std::vector<Cell> cells;
  std::string tail{};
};

struct Column {
  enum class Align { left, right };

  template <std::convertible_to<std::string_view> Words>
  Column(const Words& title) : title(std::string_view(title)) {}
  Column(std::string title, Align align, std::size_t least) : title(std::move(title)), align(align), least(least) {}

  std::string title;
  Align align = Align::right;
  std::size_t least = 0;  // how far it may be cut when the page is narrow; 0: never
};
Column left(std::string title, std::size_t least = 0);

struct Row {
  std::vector<Cell> cells;  // missing ones at the end stay empty; none at all: a row of notes
  std::size_t depth = 0;    // in a tree: how many ancestors the row has
  std::vector<Paragraph> notes = {};
};

// Rows with a depth make it a tree: the first column is indented.
struct Table {
  explicit Table(std::vector<Column> columns) : columns(std::move(columns)) {}

  void row(std::vector<Cell> cells, std::size_t depth = 0) { rows.push_back({std::move(cells), depth}); }
  // Below the last row; before the first row, above it.
  void note(std::string text, std::size_t indent, Tone tone = Tone::plain);

  std::vector<Column> columns;
  std::vector<Row> rows;
  std::size_t at_once = 0;  // so many columns stand beside the first one, the others below; 0: all
};

// How many values lie in each range, ranges of a power of two each.
struct Distribution {
  struct Bucket {
    std::uint64_t from = 0;
    std::uint64_t to = 0;  // inclusive
    std::uint64_t count = 0;
  };
  std::vector<Bucket> buckets;  // in order, without holes
  Unit unit = Unit::ns;
};

using Item = std::variant<Paragraph, Line, Table, Distribution>;

// A blank line is before each block, but not before the first one of a section unless that has a title.
struct Block {
  std::string title;  // may be empty
  std::vector<Item> items;
  bool wraps_title = false;  // a long title takes several lines instead of being cut
};

// One question and its answer. Without blocks there is nothing to say.
struct Section {
  explicit Section(std::string id, std::string title = {}) : id(std::move(id)), title(std::move(title)) {}

  void add(Item item);  // to the last block
  Block& block(std::string title = {}, bool wraps_title = false);
  void say(std::string text, Tone tone = Tone::plain, std::size_t indent = margin);
  // The first line begins with `label`.
  void item(std::string label, std::string text, Tone tone = Tone::plain, std::size_t indent = margin);
  // "and 7 more", silent for none.
  void more(std::size_t left_out, bool verbose);
  // "... and 7 more names, see --verbose or the JSON", silent for none.
  void rest(std::size_t left_out, std::string_view one, std::string_view many);

  std::string id;     // stable
  std::string title;  // may be empty
  std::vector<Block> blocks;
};

// Of a list that is cut at `most` unless everything is asked for.
inline std::size_t shown_of(std::size_t size, std::size_t most, bool verbose) {
  return verbose || size < most ? size : most;
}

}  // namespace taskcost::sections
