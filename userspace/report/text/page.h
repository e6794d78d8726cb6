// SPDX-License-Identifier: Apache-2.0
//
// Paints sections as text that never exceeds the width. All output passes through TerminalText here and nowhere else.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "report/render.h"
#include "report/sections/section.h"

namespace taskcost {

class TextPage {
 public:
  static constexpr std::size_t least_width = 80;

  // Both arguments must outlive the page.
  TextPage(std::ostream& out, const TextOptions& options) : out_(out), options_(options) {}

  void paint(const sections::Section& section);

 private:
  struct Layout {
    std::vector<std::size_t> columns;  // indices of the table's columns
    std::vector<std::size_t> widths;   // one for each element of `columns`
    std::size_t gap = 2;

    [[nodiscard]] std::size_t total() const;
  };

  [[nodiscard]] std::size_t width() const;
  void blank();  // writes an empty line, except at the top of the page
  void paint(const sections::Paragraph& paragraph);
  void paint(const sections::Line& line);
  void paint(const sections::Table& table);
  void paint(const sections::Distribution& distribution);
  // Lays out the first column, and the columns from `from` up to, but not including, `to`.
  [[nodiscard]] Layout layout_of(const sections::Table& table, std::size_t from, std::size_t to) const;
  void row(const sections::Table& table, const Layout& layout, const sections::Row& row);
  void write_row(const sections::Table& table, const Layout& layout, const sections::Row& row);
  // Writes the cells side by side, cut at the width, or at `room`.
  void write(const std::vector<sections::Cell>& cells);
  void write(const std::vector<sections::Cell>& cells, std::size_t room);

  std::ostream& out_;
  const TextOptions& options_;
  bool started_ = false;
};

// Paints all sections in order.
void paint_text(const std::vector<sections::Section>& page, std::ostream& out, const TextOptions& options);

}  // namespace taskcost
