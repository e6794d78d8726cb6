// SPDX-License-Identifier: Apache-2.0
//
// One interval of a live view for scripts: the whole table as text, or as JSON of schema taskcost.top/1. Functions of
// their arguments, without a terminal.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "taskcost/report.h"
#include "top/changes.h"
#include "top/rows.h"

namespace taskcost {

// Lines of at most `width` columns, 40 at least. No colours.
void render_top_text(const Changes& changes, const View& view, std::ostream& out, unsigned width);

// Where and when.
struct TopScene {
  Report::Host host;
  std::optional<ClockAnchor> clocks;  // at the end of the interval
};

// Processes with their tasks whatever the view's shape, in the view's order and within its filter. Indented by two, one
// trailing newline. What was not measured is null.
void render_top_json(const Changes& changes, const View& view, const TopScene& scene, std::ostream& out);
std::string top_schema();

}  // namespace taskcost
