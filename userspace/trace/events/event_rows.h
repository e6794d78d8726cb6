// SPDX-License-Identifier: Apache-2.0
//
// Converts events of all kinds to rows of one table. README.md beside this file describes the columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "account/clock_anchor.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "trace/events/event_words.h"
#include "trace/task_table.h"
#include "trace/trace_info.h"

namespace taskcost {

// A line of the table. Fields that do not apply are empty. Text is a view that is valid until the next event.
struct EventRow {
  // No columns: the ledger id of the task, or the TC_PROCESS_NUMBER of a process; 0: none.
  std::uint64_t task = 0;
  std::uint64_t process = 0;
  std::optional<std::uint64_t> time_ns;
  std::optional<std::uint32_t> cpu;
  std::string_view event;
  std::optional<std::uint32_t> tid;
  std::optional<std::uint32_t> pid;
  std::string_view comm;  // escaped and quoted for the output, like all text here that an observed program chose
  std::string_view activity;
  std::string_view condition;
  std::string_view wait;
  std::optional<std::uint64_t> duration_ns;
  std::optional<std::uint64_t> runnable_ns;
  std::string_view syscall;
  std::optional<std::uint32_t> syscall_number;
  std::optional<std::int64_t> result;
  std::optional<std::uint64_t> bytes_in;
  std::optional<std::uint64_t> bytes_out;
  std::string_view channel;
  std::optional<std::uint32_t> waker_tid;
  std::string_view waker_comm;
  std::string_view waker_kind;
  std::string_view waker_call_site;
  std::optional<std::uint32_t> other_tid;
  std::string_view detail;
  bool detail_is_from_program = false;  // otherwise it is one of our own words
  std::optional<std::uint64_t> value;
  bool doubtful = false;  // lost events may have touched the interval (trace/gaps.h)
  // Only `recording_begins` and `recording_ends` have these.
  std::optional<std::uint64_t> realtime_ns;
  std::optional<std::uint64_t> boottime_ns;
  std::string_view host;
  std::string_view machine_id;
  std::string_view boot_id;
};

class EventRows {
 public:
  // `write_name` escapes and quotes text of observed programs for the output.
  EventRows(TraceInfo info, WriteName write_name);

  // Each returns one row, `recording_begins` or `recording_ends`, with the machine, the boot, and other clocks' times.
  const std::vector<EventRow>& first_rows();
  const std::vector<EventRow>& last_rows(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks);

  // Returns no row for a record that is not an event, and two for a switch between two observed tasks. The rows are
  // valid until the next call.
  const std::vector<EventRow>& convert(const Record& record);
  // An interruption means that records of all CPUs are missing.
  const std::vector<EventRow>& convert(const Interruption& interruption);

 private:
  EventRow& add(std::string_view event, std::optional<std::uint64_t> at_ns);
  EventRow& add(std::string_view event, std::uint64_t at_ns, const TracedTask& task);
  // `call` is a system call number with the flags of tc_call.syscall.
  void set_call(EventRow& row, std::uint32_t call);
  EventRow& add_call(const tc_call& call);
  void add_switch_out(const SwitchContext& context, const tc_switch& event);
  void add_switch_in(const SwitchContext& context, const tc_switch& event);

  void on(const tc_task_new& new_task);
  void on(const tc_exec& exec);
  void on(const tc_rename& rename);
  void on(const tc_reap& reap);
  void on(const tc_switch& event);
  void on(const tc_call& call) { add_call(call); }
  void on(const tc_transfer& transfer);
  void on(const tc_passage& passage);  // bytes through the second file of a splice or tee, or by io_uring
  void on(const tc_fault& fault);
  void on(const tc_region& region);
  void on(const tc_event& event);
  void on(const tc_gap& gap);
  // These update the table of tasks and add no row.
  void on(const tc_ledger& ledger) { tasks_.on_ledger(ledger); }
  void on(const tc_task_state& state) { tasks_.on_state(state); }
  // The other records are not events.
  template <typename OtherRecord>
  void on(const OtherRecord&) {}

  // What the first and the last row say of the recording. The text is escaped and quoted for the output.
  struct RecordingInfo {
    std::uint64_t start_ns = 0;
    std::optional<std::uint64_t> realtime_ns;
    std::optional<std::uint64_t> boottime_ns;
    std::string command;
    std::string host;
    std::string machine_id;
    std::string boot_id;
  };
  EventRow& add_recording_row(std::string_view event, std::uint64_t at_ns);

  RecordingInfo recording_;
  CallNames names_;
  TaskTable tasks_;
  std::vector<EventRow> rows_;
  std::string detail_;
};

}  // namespace taskcost
