// SPDX-License-Identifier: Apache-2.0
//
// Writes sections as JSON, for a page that paints them without knowing their content.
#pragma once

#include <vector>

#include "base/json_writer.h"
#include "report/sections/section.h"

namespace taskcost::sections {

// Writes an array under `key`:
//
//   section  {id, title, blocks: [{id, title, depth, items}]}
//   item     {kind: "paragraph", label, text, tone, indent}; indent: columns beyond the margin
//            {kind: "line", cells, tail}
//            {kind: "table", columns: [{title, align}], rows: [{depth, folded, cells, notes: [paragraph]}]}
//            {kind: "distribution", unit, buckets: [[from, to, count]]}
//   cell     {text, tone, value, unit}; a cell of words has neither value nor unit
//
// Members that are empty, zero or "plain" are left out, except the text of cells and paragraphs.
void write_json(JsonWriter& json, std::string_view key, const std::vector<Section>& all);

}  // namespace taskcost::sections
