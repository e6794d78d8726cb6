// SPDX-License-Identifier: Apache-2.0
#include "report/text/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include "base/escape.h"
#include "report/render.h"

namespace taskcost {
namespace {

using sections::Cell;
using sections::Column;
using sections::margin;
using sections::Tone;

constexpr std::size_t widest_bar = 40;
// Deeper rows of a tree are indented by this much, and show their depth as a number.
constexpr std::size_t deepest_indent = 10;

std::string_view sequence_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::strong:
      return "\033[1m";
    case Tone::faint:
      return "\033[2m";
    case Tone::good:
      return "\033[32m";
    case Tone::bad:
      return "\033[31m";
    case Tone::warning:
      return "\033[33m";
  }
  return {};
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

// Lines do not end with blanks.
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

// The cell in a column. In a tree, the first column is indented.
TerminalText text_in(const sections::Row& row, std::size_t column) {
  if (column >= row.cells.size()) {
    return TerminalText("");
  }
  const std::string& text = row.cells[column].text;
  if (column > 0 || row.depth == 0) {
    return TerminalText(text);
  }
  return TerminalText(spaces(2 * std::min(row.depth, deepest_indent)) +
                      (row.depth > deepest_indent ? fmt::format("({}) ", row.depth) : "") + text);
}

std::size_t digits(std::uint64_t value) { return std::to_string(value).size(); }

}  // namespace

std::size_t TextPage::width() const { return std::max<std::size_t>(options_.width, least_width); }

void TextPage::blank() {
  if (started_) {
    out_ << '\n';
  }
}

void TextPage::paint(const sections::Section& section) {
  if (section.blocks.empty()) {
    return;
  }
  blank();
  if (!section.title.empty()) {
    write({{section.title, Tone::strong}});
  }
  for (const sections::Block& block : section.blocks) {
    if (&block != &section.blocks.front() || !block.title.empty()) {
      blank();
    }
    if (block.wraps_title) {
      paint(sections::Paragraph{block.title, Tone::strong});
    } else if (!block.title.empty()) {
      write({{spaces(margin)}, {block.title, Tone::strong}});
    }
    for (const sections::Item& item : block.items) {
      std::visit([this](const auto& each) { paint(each); }, item);
    }
  }
}

void TextPage::paint(const sections::Paragraph& paragraph) {
  const std::size_t taken = paragraph.indent + TerminalText(paragraph.label).width();
  const std::size_t room = width() > taken ? width() - taken : 1;
  std::string start = spaces(paragraph.indent) + paragraph.label;
  for (const TerminalText& part : TerminalText(paragraph.text).wrap(room)) {
    write({{std::exchange(start, spaces(taken)), paragraph.tone}, {part.text(), paragraph.tone}});
  }
}

void TextPage::paint(const sections::Line& line) {
  if (line.tail.empty()) {
    write(line.cells);
    return;
  }
  const Cell& head = line.cells.front();
  const std::size_t taken = TerminalText(line.tail).width();
  const std::size_t room = width() > taken + 2 ? width() - taken - 2 : 0;
  const TerminalText whole(head.text);
  // Uses two lines if the head would be cut to less than half of the width.
  if (whole.width() > room && room < width() / 2) {
    write({head});
    paint(sections::Paragraph{line.tail});
    return;
  }
  write({{whole.cut(room).text(), head.tone}, {": "}, {line.tail}});
}

void TextPage::paint(const sections::Table& table) {
  const std::size_t at_once = table.at_once == 0 ? table.columns.size() : table.at_once;
  for (std::size_t from = 1; from == 1 || from < table.columns.size(); from += at_once) {
    if (from > 1) {
      blank();
    }
    const Layout layout = layout_of(table, from, std::min(from + at_once, table.columns.size()));
    sections::Row titles;
    for (const Column& column : table.columns) {
      titles.cells.emplace_back(column.title, Tone::faint);
    }
    row(table, layout, titles);
    for (const sections::Row& each : table.rows) {
      if (!each.cells.empty()) {
        row(table, layout, each);
      }
      for (const sections::Paragraph& note : each.notes) {
        paint(note);
      }
    }
  }
}

void TextPage::paint(const sections::Distribution& distribution) {
  const auto& buckets = distribution.buckets;
  if (buckets.empty()) {
    return;
  }
  const std::uint64_t most = std::ranges::max_element(buckets, {}, &sections::Distribution::Bucket::count)->count;
  const std::size_t value_width = std::max<std::size_t>(10, digits(buckets.back().to));
  const std::size_t count_width = std::max<std::size_t>(8, digits(most));
  // "from -> to : count |bar|"
  const std::size_t taken = 2 * value_width + count_width + 10;
  const std::size_t bar_width = std::min(widest_bar, width() - taken);
  write({fmt::format("{:>{}} {:{}} : {:{}} distribution", distribution.unit == Unit::ns ? "nsecs" : "value",
                     value_width, "", value_width + 3, "count", count_width)});
  for (const auto& [from, to, count] : buckets) {
    const double share = static_cast<double>(count) / static_cast<double>(most);
    const auto stars = static_cast<std::size_t>(std::floor(share * static_cast<double>(bar_width)));
    write({fmt::format("{:>{}} -> {:<{}} : {:<{}} |{:<{}}|", from, value_width, to, value_width, count, count_width,
                       std::string(stars, '*'), bar_width)});
  }
}

std::size_t TextPage::Layout::total() const {
  std::size_t sum = margin;
  for (const std::size_t width : widths) {
    sum += width + gap;
  }
  return widths.empty() ? sum : sum - gap;
}

TextPage::Layout TextPage::layout_of(const sections::Table& table, std::size_t from, std::size_t to) const {
  Layout layout;
  layout.columns.push_back(0);
  for (std::size_t column = from; column < to; ++column) {
    layout.columns.push_back(column);
  }
  for (const std::size_t column : layout.columns) {
    std::size_t widest = TerminalText(table.columns[column].title).width();
    for (const sections::Row& each : table.rows) {
      widest = std::max(widest, text_in(each, column).width());
    }
    layout.widths.push_back(widest);
  }
  if (layout.total() > width()) {
    layout.gap = 1;
  }
  for (std::size_t i = 0; i < layout.columns.size() && layout.total() > width(); ++i) {
    const std::size_t least = table.columns[layout.columns[i]].least;
    if (least > 0 && layout.widths[i] > least) {
      const std::size_t excess = layout.total() - width();
      layout.widths[i] -= std::min(excess, layout.widths[i] - least);
    }
  }
  return layout;
}

// The lines of a row: one, unless the cells of its table are wrapped.
void TextPage::row(const sections::Table& table, const Layout& layout, const sections::Row& row) {
  if (!table.wraps) {
    write_row(table, layout, row);
    return;
  }
  std::vector<std::vector<TerminalText>> texts(row.cells.size());
  std::size_t lines = 1;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (const std::size_t column = layout.columns[i]; column < texts.size()) {
      texts[column] = text_in(row, column).wrap(layout.widths[i]);
      lines = std::max(lines, texts[column].size());
    }
  }
  sections::Row part = row;
  part.depth = 0;
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t column = 0; column < texts.size(); ++column) {
      part.cells[column].text = line < texts[column].size() ? texts[column][line].text() : "";
    }
    write_row(table, layout, part);
  }
}

void TextPage::write_row(const sections::Table& table, const Layout& layout, const sections::Row& row) {
  std::vector<Cell> parts;
  std::size_t pending = margin;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const std::size_t column = layout.columns[i];
    const TerminalText text = text_in(row, column).cut(layout.widths[i]);
    const std::size_t padding = layout.widths[i] - text.width();
    const bool right = table.columns[column].align == Column::Align::right;
    if (text.width() > 0) {
      parts.emplace_back(spaces(pending + (right ? padding : 0)));
      parts.emplace_back(text.text(), row.cells[column].tone);
      pending = right ? 0 : padding;
    } else {
      pending += layout.widths[i];
    }
    pending += layout.gap;
  }
  write(parts, table.wraps ? std::max(width(), layout.total()) : width());
}

void TextPage::write(const std::vector<Cell>& cells) { write(cells, width()); }

void TextPage::write(const std::vector<Cell>& cells, std::size_t room) {
  std::vector<Cell> fitting;
  for (const Cell& cell : cells) {
    const TerminalText text = TerminalText(cell.text).cut(room);
    room -= text.width();
    fitting.emplace_back(text.text(), cell.tone);
  }
  trim_end(fitting);
  for (const Cell& cell : fitting) {
    const std::string_view sequence = options_.color ? sequence_of(cell.tone) : std::string_view();
    out_ << sequence << cell.text << (sequence.empty() ? "" : "\033[0m");
  }
  out_ << '\n';
  started_ = true;
}

void paint_text(const std::vector<sections::Section>& page, std::ostream& out, const TextOptions& options) {
  TextPage painted(out, options);
  for (const sections::Section& section : page) {
    painted.paint(section);
  }
}

}  // namespace taskcost
