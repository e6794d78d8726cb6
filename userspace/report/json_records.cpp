// SPDX-License-Identifier: Apache-2.0
//
// What recorded transitions lack, and what they say of themselves.
#include <optional>

#include "report/json_sections.h"

namespace taskcost {
namespace {

std::optional<Duration> placed(const ReplayGap& gap, Instant at) {
  return gap.is_anywhere() ? std::nullopt : std::optional(at.time_since_epoch());
}

}  // namespace

void write_json_gaps(JsonWriter& json, const std::vector<ReplayGap>& gaps) {
  json.array("gaps", [&] {
    for (const ReplayGap& gap : gaps) {
      json.object(
          [&] {
            json.field("why", std::string_view(key_of(gap.why)));
            json.field("first_ns", placed(gap, gap.first));
            json.field("last_ns", placed(gap, gap.last));
            json.field("lost", gap.lost);
            json.field("cpu", gap.cpu);
          },
          JsonWriter::Layout::row);
    }
  });
}

void write_json_integrity(JsonWriter& json, const ReplayIntegrity& integrity) {
  json.object("integrity", [&] {
    json.field("events", integrity.events);
    json.field("switches_checked", integrity.switches_checked);
    json.field("broken_switches", integrity.broken_switches);
    json.field("impossible_switches", integrity.impossible_switches);
    json.field("backward_times", integrity.backward_times);
    json.field("unknown_beginnings", integrity.unknown_beginnings);
    json.field("repeated_births", integrity.repeated_births);
    json.field("impossible_corrections", integrity.impossible_corrections);
    json.field("wild_cpus", integrity.wild_cpus);
    json.field("lost_final_ledgers", integrity.lost_final_ledgers);
    json.array("breaks", [&] {
      for (const ReplayIntegrity::Break& broken : integrity.breaks) {
        json.object(
            [&] {
              json.field("at_ns", broken.at.time_since_epoch());
              json.field("cpu", broken.cpu);
              json.field("expected_tid", broken.expected_tid);
              json.field("seen_tid", broken.seen_tid);
              json.field("expected_id", broken.expected);
              json.field("seen_id", broken.seen);
            },
            JsonWriter::Layout::row);
      }
    });
  });
}

void write_json_records(JsonWriter& json, const std::optional<RecordCheck>& records) {
  if (!records) {
    json.field("records", nullptr);
    return;
  }
  json.object("records", [&] {
    write_json_gaps(json, records->gaps);
    json.field("touched_tasks", records->touched_tasks);
    json.field("unknown_ns", records->unknown);
    json.field("missing_snapshots", records->missing_snapshots);
    write_json_integrity(json, records->integrity);
  });
}

}  // namespace taskcost
