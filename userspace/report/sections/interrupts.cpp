// SPDX-License-Identifier: Apache-2.0
//
// The part of running time that interrupts took, and what the hypervisor took.
#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "report/sections/sections.h"

namespace taskcost::sections {

Section interrupts(const Report& report) {
  const Session& session = report.session;
  Section section("interrupts", "Interrupts");
  if (session.interrupts) {
    Account all = session.totals;
    add(all, session.kernel_totals);
    const Duration running = all.total(TC_CONDITION_RUNNING);
    Table table({left("softirq", least_name_columns), "times", "time", "of CPU time"});
    for (const InterruptSums& sums : *session.interrupts) {
      table.row({text_of(sums.kind), sums.count, sums.time, share(sums.time, running)});
    }
    if (!table.rows.empty()) {
      section.add(std::move(table));
      section.say(
          "running time of the tasks that they hit, whatever they were for; without the timer and interrupts between "
          "CPUs",
          Tone::faint);
    }
  }
  if (report.stolen && *report.stolen > Duration::zero()) {
    const Duration machine = (session.end - session.start) * std::max(report.host.cpus, 1U);
    section.say(fmt::format("steal: the hypervisor took {}, {} of the time of all CPUs of this machine.",
                            duration_text(*report.stolen), share_text(in_ns(*report.stolen), in_ns(machine))));
  }
  return section;
}

}  // namespace taskcost::sections
