// SPDX-License-Identifier: Apache-2.0
//
// The audit for programs, schema taskcost.audit/1:
//
//   { "schema", "agrees", "complete",
//     "compared":  { "tasks", "cells", "differing_tasks", "differing_cells" },
//     "differing": [ { "id", "tid", "comm", "rows": [ <row> ] } ],          at most 1000 tasks
//     "apart":     [ { "id", "tid", "comm", "why", "unknown_ns", "gaps" } ], at most 1000 of "tasks_apart"
//     "tasks_apart",
//     "totals":    [ <row> ], "latencies": [ <row> ] or null where a task was not compared,
//     "gaps":      [ { "why", "first_ns", "last_ns", "lost", "cpu" } ],     null: any time, nobody counted, every CPU
//     "integrity": { "events", "switches_checked", <counts of what cannot be>, "breaks": [ ... ] } }
//
//   <row>: { "quantity", "unit": "ns"|"count"|"bytes"|"identity", "kernel", "replayed", "difference" }
//
// `difference` is replayed minus kernel, null for an identity. Instants are CLOCK_MONOTONIC.
#include <optional>
#include <ostream>

#include "report/json_sections.h"
#include "taskcost/report.h"

namespace taskcost {
namespace {

const char* json_key(AuditUnit unit) {
  switch (unit) {
    case AuditUnit::ns:
      return "ns";
    case AuditUnit::bytes:
      return "bytes";
    case AuditUnit::identity:
      return "identity";
    case AuditUnit::count:
      break;
  }
  return "count";
}

void write_rows(JsonWriter& json, std::string_view key, const std::vector<AuditRow>& rows) {
  json.array(key, [&] {
    for (const AuditRow& row : rows) {
      json.object(
          [&] {
            json.field("quantity", std::string_view(row.quantity));
            json.field("unit", std::string_view(json_key(row.unit)));
            json.field("kernel", row.kernel);
            json.field("replayed", row.replayed);
            json.field("difference", row.unit == AuditUnit::identity ? std::nullopt : std::optional(row.difference()));
          },
          JsonWriter::Layout::row);
    }
  });
}

void write_name(JsonWriter& json, const Audit::Name& task) {
  json.field("id", task.id);
  json.field("tid", task.tid);
  json.field("comm", std::string_view(task.comm));
}

void write_tasks(JsonWriter& json, const Audit& audit) {
  json.array("differing", [&] {
    for (const Audit::Differing& differing : audit.differing) {
      json.object([&] {
        write_name(json, differing.task);
        write_rows(json, "rows", differing.rows);
      });
    }
  });
  json.field("tasks_apart", audit.tasks_apart);
  json.array("apart", [&] {
    for (const Audit::Apart& apart : audit.apart) {
      json.object(
          [&] {
            write_name(json, apart.task);
            json.field("why", std::string_view(apart.why));
            json.field("unknown_ns", apart.unknown);
            json.field("gaps", apart.gaps);
          },
          JsonWriter::Layout::row);
    }
  });
}

}  // namespace

void render_audit_json(const Audit& audit, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.audit/1"));
    json.field("agrees", audit.agrees());
    json.field("complete", audit.complete());
    json.object("compared", [&] {
      json.field("tasks", audit.tasks);
      json.field("cells", audit.cells);
      json.field("differing_tasks", audit.differing_tasks);
      json.field("differing_cells", audit.differing_cells);
    });
    write_tasks(json, audit);
    write_rows(json, "totals", audit.totals);
    if (audit.tasks_apart == 0) {
      write_rows(json, "latencies", audit.latencies);
    } else {
      json.field("latencies", nullptr);
    }
    write_json_gaps(json, audit.records.gaps);
    write_json_integrity(json, audit.records.integrity);
  });
  json.end_document();
}

}  // namespace taskcost
