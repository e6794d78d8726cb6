// SPDX-License-Identifier: Apache-2.0
//
// Sections as JSON, for a page that paints them without knowing what they are about.
#pragma once

#include <vector>

#include "report/json_writer.h"
#include "report/sections/section.h"

namespace taskcost::sections {

// An array under `key`:
//
//   section  {id, title, blocks: [{title, items}]}
//   item     {kind: "paragraph", label, text, tone}
//            {kind: "line", cells, tail}
//            {kind: "table", columns: [{title, align}], rows: [{depth, cells, notes: [paragraph]}]}
//            {kind: "distribution", unit, buckets: [[from, to, count]]}
//   cell     {text, tone, value, unit}, without value and unit where it is words
//
// What is empty, zero or "plain" is left out, but for the text of cells and paragraphs.
void write_json(JsonWriter& json, std::string_view key, const std::vector<Section>& all);

}  // namespace taskcost::sections
