// SPDX-License-Identifier: Apache-2.0
//
// Writes recorded events (events.h) for other tools, as CSV or as one JSON object per line. Both take the records in
// the order of the recording and write at once. Memory is bounded by the number of tasks alive at one time, plus the
// last few thousand that exited, because a task that one of them woke may run only later.
//
// The caller owns the streams, and checks their state after finish() for write errors. Times are CLOCK_MONOTONIC ns.
// Hostile text (names, command lines) is escaped to one printable line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "account/clock_anchor.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "trace/events/event_rows.h"
#include "trace/task_table.h"
#include "trace/trace_info.h"

namespace taskcost {

// Writes the table of events; the derived class says in which form.
class EventTable {
 public:
  EventTable(const EventTable&) = delete;
  EventTable& operator=(const EventTable&) = delete;

  void on_record(const Record& record) { write_shown(rows_.convert(record)); }
  void on_interruption(const Interruption& interruption) { write_shown(rows_.convert(interruption)); }
  // `clocks` are those at the end, if known.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 protected:
  // Appends a row and its end.
  using AppendRow = void (*)(std::string& text, const EventRow& row);

  // `head` stands before the first row.
  EventTable(std::ostream& out, TraceInfo info, const WriteName& write_name, AppendRow append_row, std::string head);
  ~EventTable() = default;

 private:
  void write(const EventRow& row) { append_row_(text_, row); }
  // Writes the rows that are in the part of the recording that is shown.
  void write_shown(const std::vector<EventRow>& rows);
  void drain(std::size_t at_least);

  TracePart part_;
  EventRows rows_;
  AppendRow append_row_;
  std::ostream* out_;
  std::string text_;
};

// Writes one line for each event below a header; userspace/trace/events/README.md describes the columns. The first and
// the last line have the machine, the boot, and the times of other clocks. A field that does not apply or was not seen
// is empty. Lost events are lines too.
class EventCsv : public EventTable {
 public:
  EventCsv(std::ostream& out, TraceInfo info);
};

// The JSON Schema of a line of EventNdjson.
std::string event_schema();

// Writes the same, each line as an object with the fields that apply.
class EventNdjson : public EventTable {
 public:
  EventNdjson(std::ostream& out, TraceInfo info);
};

}  // namespace taskcost
