// SPDX-License-Identifier: Apache-2.0
#include "report/text_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "report/escape.h"

namespace taskcost {
namespace {

std::string_view sequence_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      break;
    case Ink::strong:
      return "\033[1m";
    case Ink::faint:
      return "\033[2m";
    case Ink::good:
      return "\033[32m";
    case Ink::bad:
      return "\033[31m";
    case Ink::warning:
      return "\033[33m";
  }
  return {};
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

// No line ends with blanks.
void trim_end(std::vector<Cell>& cells) {
  while (!cells.empty()) {
    std::string& text = cells.back().text;
    text.erase(text.find_last_not_of(' ') + 1);
    if (!text.empty()) {
      return;
    }
    cells.pop_back();
  }
}

}  // namespace

Cell::Cell(std::string text_of_cell, Ink ink_of_cell) : text(std::move(text_of_cell)), ink(ink_of_cell) {}
Cell::Cell(std::string_view text_of_cell, Ink ink_of_cell) : text(text_of_cell), ink(ink_of_cell) {}
Cell::Cell(const char* text_of_cell, Ink ink_of_cell) : text(text_of_cell), ink(ink_of_cell) {}

void Table::row(std::vector<Cell> cells) { rows_.push_back({std::move(cells), 0, false}); }

void Table::note(std::string text, std::size_t indent, Ink ink) {
  rows_.push_back({{Cell(std::move(text), ink)}, indent, true});
}

std::size_t Page::width() const { return std::max<std::size_t>(options_.width, least_width); }

void Page::blank() {
  if (started_) {
    out_ << '\n';
  }
}

void Page::heading(std::string_view title) {
  blank();
  line({{title, Ink::strong}});
}

void Page::subheading(std::string_view title) {
  blank();
  line({{spaces(margin)}, {title, Ink::strong}});
}

void Page::line(const std::vector<Cell>& cells) { write(cells); }

void Page::line_with_tail(const Cell& head, std::string_view tail) {
  const std::size_t taken = TerminalText(tail).width();
  const std::size_t room = width() > taken + 2 ? width() - taken - 2 : 0;
  const TerminalText whole(head.text);
  if (whole.width() > room && room < width() / 2) {
    write({head});
    paragraph(tail);
    return;
  }
  write({{whole.cut(room).text(), head.ink}, {": "}, {tail}});
}

void Page::paragraph(std::string_view text, std::size_t indent, Ink ink) { item({}, text, indent, ink); }

void Page::more(std::size_t left_out) {
  if (left_out > 0) {
    paragraph(fmt::format("and {} more{}", left_out, verbose() ? "" : " (--verbose)"), margin, Ink::faint);
  }
}

void Page::item(std::string_view label, std::string_view text, std::size_t indent, Ink ink) {
  const std::size_t taken = indent + TerminalText(label).width();
  const std::size_t room = width() > taken ? width() - taken : 1;
  bool first = true;
  for (const TerminalText& part : TerminalText(text).wrap(room)) {
    write({{first ? spaces(indent).append(label) : spaces(taken), ink}, {part.text(), ink}});
    first = false;
  }
}

void Page::table(const Table& table) {
  const Layout layout = layout_of(table);
  std::vector<Cell> titles;
  titles.reserve(table.columns_.size());
  for (const Column& column : table.columns_) {
    titles.emplace_back(column.title, Ink::faint);
  }
  table_row(table, layout, titles);
  for (const Table::Row& row : table.rows_) {
    if (row.is_note) {
      paragraph(row.cells.front().text, row.note_indent, row.cells.front().ink);
    } else {
      table_row(table, layout, row.cells);
    }
  }
}

std::size_t Page::Layout::total() const {
  std::size_t sum = margin;
  for (const std::size_t width : widths) {
    sum += width + gap;
  }
  return widths.empty() ? sum : sum - gap;
}

Page::Layout Page::layout_of(const Table& table) const {
  Layout layout;
  for (const Column& column : table.columns_) {
    layout.widths.push_back(TerminalText(column.title).width());
  }
  for (const Table::Row& row : table.rows_) {
    for (std::size_t i = 0; !row.is_note && i < row.cells.size() && i < layout.widths.size(); ++i) {
      layout.widths[i] = std::max(layout.widths[i], TerminalText(row.cells[i].text).width());
    }
  }
  if (layout.total() > width()) {
    layout.gap = 1;
  }
  for (std::size_t i = 0; i < table.columns_.size() && layout.total() > width(); ++i) {
    const std::size_t least = table.columns_[i].least;
    if (least > 0 && layout.widths[i] > least) {
      const std::size_t excess = layout.total() - width();
      layout.widths[i] -= std::min(excess, layout.widths[i] - least);
    }
  }
  return layout;
}

void Page::table_row(const Table& table, const Layout& layout, const std::vector<Cell>& cells) {
  std::vector<Cell> parts;
  std::size_t pending = margin;
  for (std::size_t i = 0; i < cells.size() && i < layout.widths.size(); ++i) {
    const TerminalText text = TerminalText(cells[i].text).cut(layout.widths[i]);
    const std::size_t padding = layout.widths[i] - text.width();
    const bool right = table.columns_[i].align == Column::Align::right;
    if (text.width() > 0) {
      parts.emplace_back(spaces(pending + (right ? padding : 0)));
      parts.emplace_back(text.text(), cells[i].ink);
      pending = right ? 0 : padding;
    } else {
      pending += layout.widths[i];
    }
    pending += layout.gap;
  }
  write(parts);
}

void Page::write(const std::vector<Cell>& cells) {
  std::vector<Cell> fitting;
  std::size_t room = width();
  for (const Cell& cell : cells) {
    const TerminalText text = TerminalText(cell.text).cut(room);
    room -= text.width();
    fitting.emplace_back(text.text(), cell.ink);
  }
  trim_end(fitting);
  for (const Cell& cell : fitting) {
    const std::string_view sequence = options_.colour ? sequence_of(cell.ink) : std::string_view();
    out_ << sequence << cell.text << (sequence.empty() ? "" : "\033[0m");
  }
  out_ << '\n';
  started_ = true;
}

}  // namespace taskcost
