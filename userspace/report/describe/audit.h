// SPDX-License-Identifier: Apache-2.0
//
// The documents of schema taskcost.audit/1 and taskcost.doctor/1.
#pragma once

#include <optional>

#include "report/describe/report.h"
#include "taskcost/audit.h"

namespace taskcost {

void describe(auto& v, Is<AuditRow> auto& row) {
  const auto difference = row.unit == AuditUnit::identity ? std::nullopt : std::optional(row.difference());
  v.row("audit_row", "A figure that two accounts of one life have.");
  v.field("quantity", row.quantity, "Its name.");
  v.field("unit", row.unit, "Of both.");
  v.field("kernel", row.kernel, "As the kernel's side kept it.");
  v.field("replayed", row.replayed, "As it was rebuilt from the transitions.");
  v.field("difference", difference, "replayed - kernel; null of an identity.");
}

void describe_name(auto& v, Is<Audit::Name> auto& task) {
  v.field("id", task.id, "Of the ledger.");
  v.field("tid", task.tid, "As the kernel numbers it.");
  v.field("comm", task.comm, "Its name.");
}

void describe(auto& v, Is<Audit::Differing> auto& differing) {
  v.object("differing", "A task whose accounts differ.");
  describe_name(v, differing.task);
  v.field("rows", differing.rows, "The figures that differ.");
}

void describe(auto& v, Is<Audit::Apart> auto& apart) {
  v.row("apart", "A task that was not compared.");
  describe_name(v, apart.task);
  v.field("why", apart.why, "For people.");
  v.field("unknown_ns", apart.unknown, "Of its life, because events were lost.");
  v.field("gaps", apart.gaps, "That touch it.");
}

void describe(auto& v, Is<Audit> auto& audit) {
  v.object("",
           "The ledgers that were rebuilt from recorded transitions, against those that the kernel's side kept. "
           "Instants are CLOCK_MONOTONIC.");
  v.constant("schema", "taskcost.audit/1");
  v.derived(
      "agrees", [&] { return audit.agrees(); }, "Everything that could be compared agrees.");
  v.derived(
      "complete", [&] { return audit.complete(); }, "And that was everything.");
  v.field("compared", group([&] {
            v.field("tasks", audit.tasks, "That were compared.");
            v.field("cells", audit.cells, "Figures that are not 0 in both.");
            v.field("differing_tasks", audit.differing_tasks, "Those with a figure that differs.");
            v.field("differing_cells", audit.differing_cells, "Figures that differ.");
          }),
          "How much was compared.");
  v.field("differing", audit.differing, "1000 at most.");
  v.field("tasks_apart", audit.tasks_apart, "That were not compared.");
  v.field("apart", audit.apart, "1000 of them at most.");
  v.field("totals", audit.totals, "Over all tasks that were compared.");
  const auto latencies = audit.tasks_apart == 0 ? std::optional(audit.latencies) : std::nullopt;
  v.field("latencies", latencies, "Of all CPUs; null where a task was not compared.");
  v.field("gaps", audit.records.gaps, "By the first loss.");
  v.field("integrity", audit.records.integrity, "What cannot be in complete records.");
}

void describe(auto& v, Is<Extra> auto& extra) {
  v.object("extra", "What works only with more rights, or on another kernel.");
  v.field("name", extra.name, "Its name.");
  v.field("what", extra.what, "For people.");
  v.field("works", extra.works, "Here, now.");
  v.field("needs", extra.needs, "What it takes.");
}

void describe(auto& v, Is<Checkup> auto& checkup) {
  v.object("", "What taskcost can measure on this machine with these rights.");
  v.constant("schema", "taskcost.doctor/1");
  v.field("host", checkup.host, "The machine.");
  v.derived(
      "usable", [&] { return !checkup.obstacle; }, "Programs can be observed.");
  v.derived(
      "obstacle", [&] { return checkup.obstacle ? std::optional(to_line(*checkup.obstacle)) : std::nullopt; },
      "Why not.");
  v.field("evidence", checkup.evidence, "Where each figure would come from.");
  v.field("extras", checkup.extras, "What more rights give.");
}

}  // namespace taskcost
