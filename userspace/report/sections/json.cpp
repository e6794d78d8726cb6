// SPDX-License-Identifier: Apache-2.0
#include "report/sections/json.h"

#include <array>

namespace taskcost::sections {
namespace {

using Layout = JsonWriter::Layout;

// They have the order of the enumeration.
constexpr std::array tones{"plain", "strong", "faint", "good", "bad", "warning"};

std::string_view name_of(Tone tone) { return tones.at(static_cast<std::size_t>(tone)); }

void field(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) {
    json.field(key, text);
  }
}

void words(JsonWriter& json, std::string_view text, Tone tone) {
  json.field("text", text);
  field(json, "tone", tone == Tone::plain ? "" : name_of(tone));
}

template <typename Each, typename Write>
void array(JsonWriter& json, std::string_view key, const std::vector<Each>& all, Write write) {
  if (!all.empty()) {
    json.array(key, [&] {
      for (const Each& each : all) {
        json.object([&] { write(each); }, Layout::row);
      }
    });
  }
}

void cells(JsonWriter& json, const std::vector<Cell>& all) {
  array(json, "cells", all, [&json](const Cell& cell) {
    words(json, cell.text, cell.tone);
    if (cell.unit) {
      json.field("value", cell.value);
      json.field("unit", key_of(*cell.unit));
    }
  });
}

void body(JsonWriter& json, const Paragraph& paragraph) {
  json.field("kind", std::string_view("paragraph"));
  field(json, "label", paragraph.label);
  words(json, paragraph.text, paragraph.tone);
  if (paragraph.indent > margin) {
    json.field("indent", paragraph.indent - margin);
  }
}

void body(JsonWriter& json, const Line& line) {
  json.field("kind", std::string_view("line"));
  cells(json, line.cells);
  field(json, "tail", line.tail);
}

void body(JsonWriter& json, const Table& table) {
  json.field("kind", std::string_view("table"));
  array(json, "columns", table.columns, [&json](const Column& column) {
    json.field("title", std::string_view(column.title));
    json.field("align", std::string_view(column.align == Column::Align::left ? "left" : "right"));
  });
  array(json, "rows", table.rows, [&json](const Row& row) {
    if (row.depth > 0) {
      json.field("depth", row.depth);
    }
    if (row.folded) {
      json.field("folded", true);
    }
    cells(json, row.cells);
    array(json, "notes", row.notes, [&json](const Paragraph& note) { body(json, note); });
  });
}

void body(JsonWriter& json, const Distribution& distribution) {
  json.field("kind", std::string_view("distribution"));
  json.field("unit", key_of(distribution.unit));
  json.array("buckets", [&] {
    for (const auto& [from, to, count] : distribution.buckets) {
      json.array(
          [&, bounds = std::array{from, to, count}] {
            for (const std::uint64_t each : bounds) {
              json.element(each);
            }
          },
          Layout::row);
    }
  });
}

}  // namespace

void write_json(JsonWriter& json, std::string_view key, const std::vector<Section>& all) {
  json.array(key, [&] {
    for (const Section& section : all) {
      json.object([&] {
        json.field("id", std::string_view(section.id));
        field(json, "title", section.title);
        json.array("blocks", [&] {
          for (const Block& block : section.blocks) {
            json.object([&] {
              field(json, "id", block.id);
              field(json, "title", block.title);
              if (block.depth > 0) {
                json.field("depth", block.depth);
              }
              json.array("items", [&] {
                for (const Item& item : block.items) {
                  json.object([&] { std::visit([&json](const auto& each) { body(json, each); }, item); });
                }
              });
            });
          }
        });
      });
    }
  });
}

}  // namespace taskcost::sections
