// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/units.h"
#include "report/sections/sections.h"

namespace taskcost::sections {

Section timeline(const Timeline& timeline) {
  Section section("timeline", "Timeline");
  section.say("What each task did when. Times are since the start of the window.", Tone::faint);
  if (timeline.grain > Duration::zero()) {
    section.say(
        fmt::format("Intervals shorter than {} are merged with their neighbors: a merged interval shows how much "
                    "of it each condition took. A part of the capture has more of them one by one: taskcost "
                    "report FILE --from TIME --to TIME -o part.html.",
                    duration_text(timeline.grain)),
        Tone::faint);
  }
  if (!timeline.region_names.empty()) {
    section.say("Regions that a task marked stand above it." +
                    (timeline.left_out_regions == 0
                         ? ""
                         : fmt::format(" The {} shortest ones are left out.", grouped_text(timeline.left_out_regions))),
                Tone::faint);
  }
  if (timeline.lane_tasks > 0) {
    section.say(fmt::format("The {} that ran for the longest time have lines of their own. {} share the lines below "
                            "them.",
                            counted(timeline.rows.size(), "task", "tasks"),
                            counted(timeline.lane_tasks, "other task", "other tasks")),
                Tone::faint);
  }
  if (timeline.undrawn_tasks > 0) {
    section.say(
        fmt::format("No line was free for {}. taskcost report FILE -o trace.pftrace has all of them for the "
                    "Perfetto viewer (ui.perfetto.dev).",
                    counted(timeline.undrawn_tasks, "task", "tasks")));
  }
  return section;
}

}  // namespace taskcost::sections
