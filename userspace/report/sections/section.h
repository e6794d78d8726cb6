// SPDX-License-Identifier: Apache-2.0
//
// A report as data, before it is painted: sections of blocks of paragraphs, tables and distributions. The text report
// and the HTML page paint the same sections. All texts are raw: their names are hostile, and painters escape them.
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

#include "account/account.h"
#include "base/unit.h"
#include "report/render.h"

namespace taskcost::sections {

enum class Tone { plain, strong, faint, good, bad, warning };

// Terminal columns: the indentation of paragraphs and tables, and the minimum width of columns of names.
inline constexpr std::size_t margin = 2;
inline constexpr std::size_t least_name_columns = 12;

// A table cell: words, or a figure with its text.
struct Cell {
  template <std::convertible_to<std::string_view> Words>
  Cell(const Words& words, Tone tone = Tone::plain) : text(std::string_view(words)), tone(tone) {}
  Cell(std::string words, Tone tone, double value, Unit unit)
      : text(std::move(words)), value(value), tone(tone), unit(unit) {}
  template <std::integral Count>
  Cell(Count count, Tone tone = Tone::plain)
      : Cell(std::to_string(count), tone, static_cast<double>(count), Unit::count) {}
  Cell(Duration duration, Tone tone = Tone::plain);
  // An empty optional shows "not measured".
  template <typename Figure>
  Cell(const std::optional<Figure>& figure, Tone tone = Tone::plain)
      : Cell(figure ? Cell(*figure, tone) : not_measured_cell(tone)) {}

  std::string text;
  double value = 0;
  Tone tone = Tone::plain;
  std::optional<Unit> unit;  // nullopt: words, without a value

 private:
  static Cell not_measured_cell(Tone tone);
};

// Figures with the text that units.h gives them.
Cell quantity(double value, Unit unit, Tone tone = Tone::plain);
Cell quantity(const std::optional<double>& value, Unit unit);                 // "-" without a value
Cell signed_quantity(double difference, Unit unit, Tone tone = Tone::plain);  // "+1.23 ms"
Cell mean(Duration sum, std::uint64_t count);                                 // "-" if the count is 0
Cell share(double part, double whole, Tone tone = Tone::plain);               // "53.4%"; "-" if the whole is 0
Cell share(Duration part, Duration whole);

// A text that is wrapped at the width. The first line begins with the label; the others are indented by the label's
// width.
struct Paragraph {
  std::string text;
  Tone tone = Tone::plain;
  std::size_t indent = margin;
  std::string label{};
};

// One line that is cut at the width: cells side by side; or, with a tail, "cell: tail", whose cell alone is cut.
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
  std::size_t least = 0;  // its minimum width on a narrow page; 0: it is never cut
};
Column left(std::string title, std::size_t least = 0);

struct Row {
  std::vector<Cell> cells;  // missing cells at the end stay empty; without any, the row has only notes
  std::size_t depth = 0;    // in a tree: its number of ancestors
  std::vector<Paragraph> notes = {};
  bool folded = false;  // its descendants are the rows right below with a larger depth, which a page can hide
};

// If rows have a depth, the table is a tree, and its first column is indented.
struct Table {
  explicit Table(std::vector<Column> columns) : columns(std::move(columns)) {}

  void row(std::vector<Cell> cells, std::size_t depth = 0) { rows.push_back({std::move(cells), depth}); }
  void fold() { rows.back().folded = true; }
  // Adds a note below the last row, or above the first row if there is no row yet.
  void note(std::string text, std::size_t indent, Tone tone = Tone::plain);

  std::vector<Column> columns;
  std::vector<Row> rows;
  std::size_t at_once = 0;  // number of columns next to the first one, before the table continues below; 0: all
  bool wraps = false;       // cells that would be cut on a narrow page take several lines instead
};

// The number of values in each range. A range reaches from one power of two to the next.
struct Distribution {
  struct Bucket {
    std::uint64_t from = 0;
    std::uint64_t to = 0;  // inclusive
    std::uint64_t count = 0;
  };
  std::vector<Bucket> buckets;  // in order, without gaps
  Unit unit = Unit::ns;
};

using Item = std::variant<Paragraph, Line, Table, Distribution>;

// Blocks are separated by an empty line. The first block of a section has one before it only if the section has a
// title.
struct Block {
  std::string title;  // may be empty
  std::vector<Item> items;
  bool wraps_title = false;  // a long title is wrapped instead of cut
  std::string id{};          // stable key, for pictures that painters add to the block; may be empty
  std::size_t depth = 0;     // 1: belongs to the last block above with depth 0, which a page can fold
};

// One question and its answer. A section without blocks has nothing to say, and is not shown.
struct Section {
  explicit Section(std::string id, std::string title = {}) : id(std::move(id)), title(std::move(title)) {}

  void add(Item item);  // adds to the last block
  Block& block(std::string heading = {}, bool wraps_title = false);
  void say(std::string text, Tone tone = Tone::plain, std::size_t indent = margin);
  // Adds a paragraph whose first line begins with `label`.
  void item(std::string label, std::string text, Tone tone = Tone::plain, std::size_t indent = margin);
  // Adds "and 7 more"; nothing if none was left out.
  void more(std::size_t left_out, bool verbose);
  // Adds "... and 7 more names, see --verbose or the JSON"; nothing if none was left out.
  void rest(std::size_t left_out, std::string_view one, std::string_view many);

  std::string id;     // stable key
  std::string title;  // may be empty
  std::vector<Block> blocks;
};

// The number of elements to show of a list that is cut at `most` unless --verbose is given.
inline std::size_t shown_of(std::size_t size, std::size_t most, bool verbose) {
  return verbose || size < most ? size : most;
}

// The number of rows of a table that --top can cut. `few` is the limit of Extent::main.
struct Limit {
  std::size_t most;
  std::size_t few;

  [[nodiscard]] std::size_t shown(std::size_t size, bool verbose, const ReportView& view) const {
    const std::size_t limit = view.top.value_or(view.extent == ReportView::Extent::main ? few : most);
    return shown_of(size, limit, verbose && !view.top);
  }
};

}  // namespace taskcost::sections
