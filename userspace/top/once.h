// SPDX-License-Identifier: Apache-2.0
//
// One interval of the live view for scripts: the whole table as text, or as JSON with the schema taskcost.top/2.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/json_writer.h"
#include "top/changes.h"
#include "top/rows.h"
#include "verdict/report.h"

namespace taskcost {

// Writes lines of at most max(`width`, 40) columns, without color.
void render_top_text(const Changes& changes, const View& view, std::ostream& out, unsigned width);

struct TopScene {
  Host host;
  std::optional<ClockAnchor> clocks;  // at the end of the interval
};

// Writes processes with their tasks, whatever the view's shape, in the view's order and through its filter. Figures
// that were not measured are null. Layout::row: one line.
void render_top_json(const Changes& changes, const View& view, const TopScene& scene, std::ostream& out,
                     JsonWriter::Layout layout = JsonWriter::Layout::lines);
std::string top_schema();

}  // namespace taskcost
