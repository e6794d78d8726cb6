// SPDX-License-Identifier: Apache-2.0
//
// The documents of schema taskcost.audit/2 and taskcost.doctor/1.
#pragma once

#include <optional>

#include "report/describe/report_fields.h"
#include "report/render.h"
#include "trace/audit.h"

namespace taskcost {

void describe(auto& v, Is<AuditRow> auto& row) {
  const auto difference = row.unit == Unit::identity ? std::nullopt : std::optional(row.difference());
  v.row("audit_row", "A figure that both accounts of a task have.");
  v.field("quantity", row.quantity, "Name of the figure.");
  v.field("unit", row.unit, "Unit of both values.");
  v.field("kernel", row.kernel, "Value in the ledger that the probes kept.");
  v.field("replayed", row.replayed, "Value in the ledger that was rebuilt from the recorded events.");
  v.field("difference", difference,
          "replayed - kernel; null: the unit is `identity`, whose values are only equal or not.");
}

void describe_name(auto& v, Is<Audit::Name> auto& task) {
  v.field("id", task.id, "Id of the ledger.");
  v.field("tid", task.tid, "TID in the initial pid namespace.");
  v.field("comm", task.comm, "Name of the task.");
}

void describe(auto& v, Is<Audit::Differing> auto& differing) {
  v.object("differing", "A task whose accounts differ.");
  describe_name(v, differing.task);
  v.field("rows", differing.rows, "The figures that differ.");
}

void describe(auto& v, Is<Audit::NotCompared> auto& skipped) {
  v.row("not_compared", "A task that was not compared.");
  describe_name(v, skipped.task);
  v.field("why", skipped.why, "Why it was not compared, for people.");
  v.field("unknown_ns", skipped.unknown, "Part of its lifetime that is unknown because events were lost.");
  v.field("gaps", skipped.gaps, "Gaps that touch its lifetime.");
}

void describe(auto& v, Is<Audit> auto& audit) {
  v.object("",
           "Compares the ledgers that were rebuilt from recorded events with those that the probes kept. "
           "Instants are CLOCK_MONOTONIC.");
  v.constant("schema", "taskcost.audit/2");
  v.derived(
      "agrees", [&] { return audit.agrees(); }, "Everything that could be compared agrees.");
  v.derived(
      "complete", [&] { return audit.complete(); }, "Everything was compared, and the records are intact.");
  v.field("compared", group([&] {
            v.field("tasks", audit.tasks, "Tasks that were compared.");
            v.field("cells", audit.cells, "Figures that were compared and are not 0 on both sides.");
            v.field("differing_tasks", audit.differing_tasks, "Tasks with a figure that differs.");
            v.field("differing_cells", audit.differing_cells, "Figures that differ.");
          }),
          "How much was compared.");
  v.field("differing", audit.differing, "Tasks with a figure that differs; at most 1000.");
  v.field("tasks_not_compared", audit.tasks_not_compared, "Number of tasks that were not compared.");
  v.field("not_compared", audit.not_compared, "Tasks that were not compared; at most 1000.");
  v.field("totals", audit.totals, "Sums over all tasks that were compared.");
  const auto latencies = audit.tasks_not_compared == 0 ? std::optional(audit.latencies) : std::nullopt;
  v.field("latencies", latencies, "Latencies over all CPUs; null: some task was not compared.");
  v.field("gaps", audit.records.gaps, "Gaps in the records, sorted by their first lost event.");
  v.field("integrity", audit.records.integrity, "Contradictions in the records.");
}

void describe(auto& v, Is<Extra> auto& extra) {
  v.object("extra", "A feature that needs more privileges or another kernel.");
  v.field("name", extra.name, "Stable key of the feature.");
  v.field("what", extra.what, "Description, for people.");
  v.field("works", extra.works, "The feature works on this machine with these privileges.");
  v.field("needs", extra.needs, "What the feature needs.");
}

void describe(auto& v, Is<Checkup> auto& checkup) {
  v.object("", "What taskcost can measure on this machine with these privileges.");
  v.constant("schema", "taskcost.doctor/1");
  v.field("host", checkup.host, "The machine.");
  v.derived(
      "usable", [&] { return !checkup.obstacle; }, "Programs can be observed.");
  v.derived(
      "obstacle", [&] { return checkup.obstacle ? std::optional(to_line(*checkup.obstacle)) : std::nullopt; },
      "Reason why programs cannot be observed; null: they can.");
  v.field("evidence", checkup.evidence, "The source of each figure.");
  v.field("extras", checkup.extras, "Features that need more privileges or another kernel.");
}

}  // namespace taskcost
