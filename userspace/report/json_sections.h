// SPDX-License-Identifier: Apache-2.0
//
// The parts of a JSON document that are written in more than one place, or fill a file.
#pragma once

#include "report/json_writer.h"
#include "taskcost/account.h"
#include "taskcost/report.h"

namespace taskcost {

// "process_count", "task_count", "processes", "folded", "totals"
void write_json_session(JsonWriter& json, const Session& session);
void write_json_account(JsonWriter& json, std::string_view key, const Account& account);

// "prices", "blasts", "stints"
void write_json_conversations(JsonWriter& json, const Session& session);
void write_json_consequences(JsonWriter& json, const Session& session);
// "claims", "comparisons", "price_list"
void write_json_claims(JsonWriter& json, const Report& report);
// "sweeps", "tables"
void write_json_sweeps_and_tables(JsonWriter& json, const Report& report);

// "stacks", null when there are none.
void write_json_stacks(JsonWriter& json, const std::optional<Stacks>& stacks);

// "records", null where none were kept.
void write_json_records(JsonWriter& json, const std::optional<RecordCheck>& records);
// "gaps", "integrity"
void write_json_gaps(JsonWriter& json, const std::vector<ReplayGap>& gaps);
void write_json_integrity(JsonWriter& json, const ReplayIntegrity& integrity);

// Both ends, null without an interval.
void write_json_interval(JsonWriter& json, std::string_view low_key, std::string_view high_key,
                         const std::optional<Interval>& interval);

// Whole numbers in full, not as 5e+08; null for none.
void write_json_number(JsonWriter& json, std::string_view key, const std::optional<double>& value);
// As a field: null for an empty text.
inline std::optional<std::string_view> text_or_nothing(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

// "start_time", "end_time", and the same instants by each clock: `start` and `end` in CLOCK_MONOTONIC.
void write_json_clocks(JsonWriter& json, const WindowClocks& clocks, Instant start, Instant end);
void write_json_clocks(JsonWriter& json, const WindowClocks& clocks);

// "host", "evidence"
void write_json_host(JsonWriter& json, const Report::Host& host);
void write_json_evidence(JsonWriter& json, const EvidenceList& list);

}  // namespace taskcost
