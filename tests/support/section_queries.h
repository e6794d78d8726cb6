// SPDX-License-Identifier: Apache-2.0
//
// Finds sections of a page, their paragraphs and their rows.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "report/sections/sections.h"

namespace taskcost::test {

using Texts = std::vector<std::string>;

inline Texts ids_of(const std::vector<sections::Section>& page) {
  Texts ids;
  for (const sections::Section& section : page) {
    if (!section.blocks.empty()) {
      ids.push_back(section.id);
    }
  }
  return ids;
}

// Returns a section without blocks if there is none with that id.
inline sections::Section section_of(const std::vector<sections::Section>& page, const std::string& id) {
  const auto found = std::ranges::find(page, id, &sections::Section::id);
  return found == page.end() ? sections::Section(id) : *found;
}

// Returns the items of one kind from all blocks.
template <typename Kind>
std::vector<Kind> items_of(const sections::Section& section) {
  std::vector<Kind> items;
  for (const sections::Block& block : section.blocks) {
    for (const sections::Item& item : block.items) {
      if (const Kind* const kind = std::get_if<Kind>(&item)) {
        items.push_back(*kind);
      }
    }
  }
  return items;
}

// Returns the paragraphs with their labels, including those below rows.
inline Texts said(const sections::Section& section) {
  Texts texts;
  const auto add = [&texts](const sections::Paragraph& each) { texts.push_back(each.label + each.text); };
  for (const sections::Block& block : section.blocks) {
    for (const sections::Item& item : block.items) {
      if (const auto* const paragraph = std::get_if<sections::Paragraph>(&item)) {
        add(*paragraph);
      } else if (const auto* const table = std::get_if<sections::Table>(&item)) {
        for (const sections::Row& row : table->rows) {
          std::ranges::for_each(row.notes, add);
        }
      }
    }
  }
  return texts;
}
// Returns the first paragraph; empty if there is none.
inline std::string first_said(const sections::Section& section) {
  const Texts texts = said(section);
  return texts.empty() ? "" : texts.front();
}

inline Texts titles_of(const sections::Section& section) {
  Texts titles;
  for (const sections::Block& block : section.blocks) {
    titles.push_back(block.title);
  }
  return titles;
}

inline Texts texts_of(const std::vector<sections::Cell>& cells) {
  Texts texts;
  for (const sections::Cell& cell : cells) {
    texts.push_back(cell.text);
  }
  return texts;
}

// Returns all rows of all tables.
inline std::vector<Texts> rows_of(const sections::Section& section) {
  std::vector<Texts> rows;
  for (const sections::Table& table : items_of<sections::Table>(section)) {
    for (const sections::Row& row : table.rows) {
      rows.push_back(texts_of(row.cells));
    }
  }
  return rows;
}

// Returns the first row that begins with `name`; empty if there is none.
inline Texts row_of(const sections::Section& section, const std::string& name) {
  for (const Texts& row : rows_of(section)) {
    if (!row.empty() && row.front() == name) {
      return row;
    }
  }
  return {};
}

}  // namespace taskcost::test
