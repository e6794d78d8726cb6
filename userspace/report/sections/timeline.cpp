// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/units.h"
#include "report/sections/sections.h"

namespace taskcost::sections {

Section timeline(const Timeline& timeline) {
  Section section("timeline", "Timeline");
  if (timeline.left_out) {
    section.say(
        fmt::format("The timeline is left out: it has more than {}. taskcost report FILE -o trace.pftrace "
                    "writes all of them for the Perfetto viewer (ui.perfetto.dev).",
                    counted(timeline.limit, "interval", "intervals")));
  } else {
    section.say("What each task did when. Times are since the start of the window.", Tone::faint);
  }
  return section;
}

}  // namespace taskcost::sections
