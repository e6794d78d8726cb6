// SPDX-License-Identifier: Apache-2.0
//
// The audit: whether both accounts of the tasks agree, and where they differ.
#include <fmt/format.h>

#include <string>

#include "base/units.h"
#include "report/sections/sections.h"

namespace taskcost::sections {
namespace {

// These lists may have any length: further entries are only counted.
constexpr std::size_t most_differences = 40;
constexpr std::size_t most_apart = 10;

std::string task_text(const Audit::Name& task) {
  return task.comm.empty() ? fmt::format("ledger {}", task.id) : fmt::format("{} ({})", task.comm, task.tid);
}

// The exact value: durations are in ns, not rounded.
Cell exact(std::uint64_t value, Unit unit) {
  return {fmt::format("{}{}", value, unit == Unit::ns ? " ns" : ""), Tone::plain, static_cast<double>(value),
          unit == Unit::ns      ? Unit::ns
          : unit == Unit::bytes ? Unit::bytes
                                : Unit::count};
}

std::vector<Cell> cells_of(const AuditRow& row) {
  const std::string difference = row.agrees()                 ? ""
                                 : row.unit == Unit::identity ? "differs"
                                                              : fmt::format("{:+}", row.difference());
  return {row.quantity,
          exact(row.kernel, row.unit),
          exact(row.replayed, row.unit),
          {difference, row.agrees() ? Tone::plain : Tone::bad}};
}

std::string grouped(std::uint64_t count, const char* one) {
  return fmt::format("{} {}{}", grouped_text(count), one, count == 1 ? "" : "s");
}

Section verdict(const Audit& audit) {
  Section section("head");
  const std::string compared = grouped(audit.tasks, "task") + ", " + grouped(audit.cells, "cell") + " compared: ";
  if (audit.tasks == 0) {
    section.say("no task could be compared", Tone::warning, 0);
  } else if (audit.agrees()) {
    section.say(compared + "both ledgers agree", Tone::good, 0);
  } else {
    section.say(fmt::format("{}{} differ, of {}", compared, grouped_text(audit.differing_cells),
                            counted(audit.differing_tasks, "task", "tasks")),
                Tone::bad, 0);
  }
  if (audit.tasks_not_compared != 0) {
    section.say(fmt::format("{} not compared", counted(audit.tasks_not_compared, "task", "tasks")), Tone::warning, 0);
  }
  return section;
}

Section differences(const Audit& audit, bool verbose) {
  Section section("differences", "Differences");
  Table table({left("task", 10), left("figure", 16), "kernel", "replayed", "difference"});
  table.wraps = true;
  const auto add = [&](const std::string& name, const AuditRow& row) {
    if (!row.agrees() && (verbose || table.rows.size() < most_differences)) {
      std::vector<Cell> cells = cells_of(row);
      cells.insert(cells.begin(), name);
      table.row(std::move(cells));
    }
  };
  for (const Audit::Differing& differing : audit.differing) {
    for (const AuditRow& row : differing.rows) {
      add(task_text(differing.task), row);
    }
  }
  for (const AuditRow& row : audit.latencies) {
    add("all tasks", row);
  }
  if (const std::size_t shown = table.rows.size(); shown > 0) {
    section.add(std::move(table));
    section.more(audit.differing_cells > shown ? audit.differing_cells - shown : 0, true);
  }
  return section;
}

Section not_comparable(const Audit& audit, bool verbose) {
  Section section("not_comparable", "Not comparable");
  const std::size_t shown = shown_of(audit.not_compared.size(), most_apart, verbose);
  for (std::size_t i = 0; i < shown; ++i) {
    const Audit::NotCompared& each = audit.not_compared[i];
    section.item(task_text(each.task) + ": ", fmt::format("{}, {} unknown", each.why, duration_text(each.unknown)));
  }
  if (shown > 0) {
    section.more(audit.tasks_not_compared > shown ? audit.tasks_not_compared - shown : 0, true);
  }
  return section;
}

Section compared_totals(const Audit& audit) {
  Section section("totals", "All tasks that were compared");
  if (audit.totals.empty()) {
    return section;
  }
  Table table({left("figure", 16), "kernel", "replayed", "difference"});
  table.wraps = true;
  for (const auto* rows : {&audit.totals, &audit.latencies}) {
    for (const AuditRow& row : *rows) {
      table.row(cells_of(row));
    }
  }
  section.add(std::move(table));
  return section;
}

}  // namespace

std::vector<Section> of(const Audit& audit, bool verbose) {
  Section lost("gaps", "Lost events");
  add_gaps(lost, audit.records, audit.start, verbose);
  Section records("records", "The records themselves");
  add_integrity(records, audit.records, audit.start, verbose);
  std::vector<Section> all{verdict(audit), differences(audit, verbose), not_comparable(audit, verbose), std::move(lost),
                           std::move(records)};
  if (verbose) {
    all.push_back(compared_totals(audit));
  }
  return all;
}

}  // namespace taskcost::sections
