// SPDX-License-Identifier: Apache-2.0
//
// The audit for people: one line that says whether both books agree, then only what they disagree on.
#include <fmt/format.h>

#include <ostream>
#include <string>

#include "report/text_records.h"
#include "report/units.h"

namespace taskcost {
namespace {

// Of a list that has no end: what is behind these is counted.
constexpr std::size_t shown_differences = 40;
constexpr std::size_t shown_apart = 10;

std::string value_text(std::uint64_t value, AuditUnit unit) {
  return unit == AuditUnit::ns ? fmt::format("{} ns", value) : std::to_string(value);
}

std::string difference_text(const AuditRow& row) {
  return row.unit == AuditUnit::identity ? "differs" : fmt::format("{:+}", row.difference());
}

std::string task_text(const Audit::Name& task) {
  if (task.comm.empty()) {
    return fmt::format("ledger {}", task.id);
  }
  return fmt::format("{} ({})", task.comm, task.tid);
}

void write_verdict(Page& page, const Audit& audit) {
  const std::string tasks = grouped_text(audit.tasks) + (audit.tasks == 1 ? " task" : " tasks");
  const std::string cells = grouped_text(audit.cells) + (audit.cells == 1 ? " cell" : " cells");
  if (audit.tasks == 0) {
    page.paragraph("no task could be compared", 0, Ink::warning);
  } else if (audit.agrees()) {
    page.paragraph(fmt::format("{}, {} compared: both books agree", tasks, cells), 0, Ink::good);
  } else {
    page.paragraph(fmt::format("{}, {} compared: {} differ, of {}", tasks, cells, grouped_text(audit.differing_cells),
                               counted(audit.differing_tasks, "task", "tasks")),
                   0, Ink::bad);
  }
  if (audit.tasks_apart != 0) {
    page.paragraph(fmt::format("{} not compared", counted(audit.tasks_apart, "task", "tasks")), 0, Ink::warning);
  }
}

std::vector<Cell> cells_of(std::string name, const AuditRow& row) {
  return {std::move(name), row.quantity, value_text(row.kernel, row.unit), value_text(row.replayed, row.unit),
          Cell(row.agrees() ? "" : difference_text(row), row.agrees() ? Ink::plain : Ink::bad)};
}

void write_differences(Page& page, const Audit& audit) {
  Table table({{"task", Column::Align::left, 10},
               {"figure", Column::Align::left, 16},
               {"kernel"},
               {"replayed"},
               {"difference"}});
  const auto add = [&](const std::string& name, const AuditRow& row) {
    if (!row.agrees() && (page.verbose() || table.size() < shown_differences)) {
      table.row(cells_of(name, row));
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
  if (table.empty()) {
    return;
  }
  page.heading("Differences");
  page.table(table);
  if (table.size() < audit.differing_cells) {
    page.paragraph(fmt::format("and {} more", audit.differing_cells - table.size()), Page::margin, Ink::faint);
  }
}

void write_apart(Page& page, const Audit& audit) {
  if (audit.apart.empty()) {
    return;
  }
  page.heading("Not comparable");
  std::size_t shown = 0;
  for (const Audit::Apart& apart : audit.apart) {
    if (!page.verbose() && shown == shown_apart) {
      break;
    }
    ++shown;
    page.line_with_tail(Cell(task_text(apart.task)),
                        fmt::format("{}, {} unknown", apart.why, duration_text(apart.unknown)));
  }
  if (shown < audit.tasks_apart) {
    page.paragraph(fmt::format("and {} more", audit.tasks_apart - shown), Page::margin, Ink::faint);
  }
}

void write_totals(Page& page, const Audit& audit) {
  if (!page.verbose() || audit.totals.empty()) {
    return;
  }
  page.heading("All tasks that were compared");
  Table table({{"figure", Column::Align::left, 16}, {"kernel"}, {"replayed"}, {"difference"}});
  const auto add = [&](const AuditRow& row) {
    std::vector<Cell> cells = cells_of("", row);
    cells.erase(cells.begin());
    table.row(std::move(cells));
  };
  for (const AuditRow& row : audit.totals) {
    add(row);
  }
  for (const AuditRow& row : audit.latencies) {
    add(row);
  }
  page.table(table);
}

}  // namespace

void render_audit_text(const Audit& audit, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  write_verdict(page, audit);
  write_differences(page, audit);
  write_apart(page, audit);
  if (!audit.records.gaps.empty()) {
    page.heading("Lost events");
    write_gaps(page, audit.records, audit.start);
  }
  page.heading("The records themselves");
  write_integrity(page, audit.records, audit.start);
  write_totals(page, audit);
}

}  // namespace taskcost
