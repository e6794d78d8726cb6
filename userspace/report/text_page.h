// SPDX-License-Identifier: Apache-2.0
//
// A page of the text report: headings, paragraphs and tables that never exceed the width. Everything that is written
// passes through TerminalText here and nowhere else, so callers hand over raw names.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/report.h"

namespace taskcost {

enum class Ink { plain, strong, faint, good, bad, warning };

struct Cell {
  Cell(std::string text, Ink ink = Ink::plain);  // NOLINT(google-explicit-constructor): rows are lists of texts
  Cell(std::string_view text, Ink ink = Ink::plain);
  Cell(const char* text, Ink ink = Ink::plain);

  std::string text;
  Ink ink;
};

struct Column {
  enum class Align { left, right };

  std::string title;
  Align align = Align::right;
  std::size_t least = 0;  // a column that may be cut when the page is narrow: down to so many columns; 0: never
};

// Of names and words, which remain recognisable so.
constexpr std::size_t least_name_columns = 12;

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells at the end stay empty.
  void row(std::vector<Cell> cells);
  // A wrapped paragraph below the last row.
  void note(std::string text, std::size_t indent, Ink ink = Ink::plain);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

 private:
  friend class Page;
  struct Row {
    std::vector<Cell> cells;
    std::size_t note_indent = 0;
    bool is_note = false;
  };
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

class Page {
 public:
  static constexpr std::size_t least_width = 80;
  static constexpr std::size_t margin = 2;

  // Both must outlive the page.
  Page(std::ostream& out, const TextOptions& options) : out_(out), options_(options) {}

  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] bool verbose() const { return options_.verbose; }

  void blank();
  void heading(std::string_view title);  // a blank line before it, unless it is the first
  void subheading(std::string_view title);
  void line(const std::vector<Cell>& cells);  // side by side, cut at the width
  // "head: tail", where only the head is cut; on two lines where too little of it would be left.
  void line_with_tail(const Cell& head, std::string_view tail);
  void paragraph(std::string_view text, std::size_t indent = margin, Ink ink = Ink::plain);
  // Of a list: "and 7 more". Silent for none.
  void more(std::size_t left_out);
  // The first line starts with `label`, the others are indented by its width.
  void item(std::string_view label, std::string_view text, std::size_t indent = margin, Ink ink = Ink::plain);
  void table(const Table& table);

 private:
  struct Layout {
    std::vector<std::size_t> widths;
    std::size_t gap = 2;

    [[nodiscard]] std::size_t total() const;
  };
  [[nodiscard]] Layout layout_of(const Table& table) const;
  void table_row(const Table& table, const Layout& layout, const std::vector<Cell>& cells);
  void write(const std::vector<Cell>& cells);

  std::ostream& out_;
  const TextOptions& options_;
  bool started_ = false;
};

}  // namespace taskcost
