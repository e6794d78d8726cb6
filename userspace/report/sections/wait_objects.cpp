// SPDX-License-Identifier: Apache-2.0
//
// The files, connections and disks that tasks waited for.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_objects{15, 5};
constexpr std::size_t least_object_columns = 16;

Cell object_cell(const GroupObjectWaits& waits) {
  if (waits.kind == WaitObjectKind::unknown) {
    return {"not known", Tone::faint};
  }
  return waits.disk.empty() ? waits.object : fmt::format("{}, {}", waits.object, waits.disk);
}

}  // namespace

Section wait_objects(const Report& report, bool verbose, const ReportView& view) {
  Section section("wait_objects", "Longest waits: what was behind them");
  const GroupBy by = report.grouping();
  const std::vector<GroupObjectWaits> all = object_waits_by_group(report.session, by);
  if (all.empty()) {
    return section;
  }
  Table table({left(group_words(by), least_name_columns), left("waited for", 8),
               left("behind it", least_object_columns), "waits", "time", "longest"});
  table.wraps = true;
  const std::size_t shown = most_objects.shown(all.size(), verbose, view);
  for (std::size_t i = 0; i < shown; ++i) {
    const GroupObjectWaits& waits = all[i];
    table.row({waits.group ? Cell(group_text(by, *waits.group)) : Cell("others", Tone::faint),
               key_words(key_of(waits.cause)), object_cell(waits), waits.waits, waits.time, waits.longest});
  }
  section.add(std::move(table));
  section.more(all.size() - shown, verbose);
  section.say(fmt::format("waits of {} or more; a comma and the disk follow files on a disk",
                          duration_text(Duration(int{TC_OBJECT_WAIT_NS}))),
              Tone::faint);
  return section;
}

}  // namespace taskcost::sections
