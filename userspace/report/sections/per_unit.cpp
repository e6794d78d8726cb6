// SPDX-License-Identifier: Apache-2.0
//
// Figures for one unit of the work that the caller counted.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "account/summary.h"
#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

// "10,000 units", "2,662 system calls"
std::string units_text(const UnitsOfWork& per, double units) {
  const std::string number = grouped_text(static_cast<std::uint64_t>(units));
  if (!per.region.empty()) {
    return fmt::format("{} regions '{}'", number, per.region);
  }
  return per.counter ? fmt::format("{} {}", number, text_of(*per.counter)) : number + " units";
}

// "20.1"; rare events keep their digits: "0.00017".
Cell number_per_unit(std::uint64_t total, double units) {
  constexpr double rare = 0.01;
  const double number = static_cast<double>(total) / units;
  return {number > 0 && number < rare ? fmt::format("{:.2g}", number) : number_text(number), Tone::plain, number,
          Unit::count};
}

}  // namespace

Section per_unit(const Report& report) {
  Section section("per_unit");
  if (!report.per) {
    return section;
  }
  const Session& session = report.session;
  const std::optional<double> units = report.per->in(session);
  if (!units) {
    section.title = "Per unit of work";
    if (!report.per->region.empty() && !session.regions) {
      section.say("regions were not measured: without probes on system calls, or in a part of a capture",
                  Tone::warning);
      return section;
    }
    const std::string what = !report.per->region.empty() ? fmt::format("regions '{}'", report.per->region)
                             : report.per->counter       ? text_of(*report.per->counter)
                                                         : "units";
    section.say(what + ": none was counted", Tone::warning);
    return section;
  }
  section.title = "Per unit of work: " + units_text(*report.per, *units);
  const Summary summary = summary_of(session);
  Table table({left("", least_name_columns), "total", "per unit"});
  const auto time = [&](const char* name, Duration total) {
    table.row({name, total, quantity(in_ns(total) / *units, Unit::ns)});
  };
  const auto count = [&](const char* name, const std::optional<std::uint64_t>& total) {
    if (total) {
      table.row({name, *total, number_per_unit(*total, *units)});
    }
  };
  time("wall time", summary.wall);
  time("CPU time", summary.running_time());
  if (session.calls_seen) {
    time("in user code", summary.user);
    time("in the kernel", summary.kernel);
  }
  time("waiting for a CPU", summary.preempted + summary.runnable);
  time("blocked, on the way at least", sum_of(summary.waits.on_the_way));
  count("system calls", session.totals.counters[TC_COUNTER_SYSCALLS]);
  count("context switches", session.totals.switches());
  count("page faults, minor", session.totals.counters[TC_COUNTER_FAULTS_MINOR]);
  count("page faults, major", session.totals.counters[TC_COUNTER_FAULTS_MAJOR]);
  count("wakeups", session.totals.counters[TC_COUNTER_WAKEUPS]);
  section.add(std::move(table));
  return section;
}

}  // namespace taskcost::sections
