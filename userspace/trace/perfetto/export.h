// SPDX-License-Identifier: Apache-2.0
//
// Writes recorded events (events.h) as a Perfetto trace. It takes the records in the order of the recording and writes
// at once. Memory is bounded by the number of tasks alive at one time, plus the last few thousand that exited, because
// a task that one of them woke may run only later.
//
// The caller owns the stream, and checks its state after finish() for write errors. Times are CLOCK_MONOTONIC ns.
// Hostile text (names, command lines) is converted to valid UTF-8.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "account/clock_anchor.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "perfetto/trace.pb.h"
#include "trace/perfetto/packets.h"
#include "trace/perfetto/scheduling.h"
#include "trace/perfetto/thread_tracks.h"
#include "trace/task_table.h"
#include "trace/trace_info.h"

namespace taskcost {

// Writes a trace for ui.perfetto.dev and trace_processor:
//   - scheduling, new tasks, execs, exits and names are ftrace events of each CPU. For a task that is not observed
//     only the tid is known: its name is "(not observed)", and its state off the CPU is I, which no observed task has;
//   - system calls, page faults, waits, and the phases of creation, exec and exit are slices of each thread, with
//     arguments; TLB flushes, shootdowns, signals and allocations are instants;
//   - bytes through each kind of channel are counters of each process;
//   - lost events appear where they were lost: as lost_events in the next bundle of that CPU, as
//     previous_packet_dropped in the sequence of slices, and as a slice with their count on a track of the CPU.
// A slice is written when it ends, so a file that is cut off lacks the slices that were open. Slices that are open at
// finish() have no end.
class PerfettoExport {
 public:
  PerfettoExport(std::ostream& out, TraceInfo info);
  // The writers of the sequences have the addresses of the packets and of the tasks.
  PerfettoExport(const PerfettoExport&) = delete;
  PerfettoExport& operator=(const PerfettoExport&) = delete;

  void on_record(const Record& record);
  // Records of all CPUs are missing here.
  void on_interruption(const Interruption& interruption);
  // REQUIRES: no other call follows.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  void on(const tc_task_new& new_task);
  void on(const tc_exec& exec);
  void on(const tc_task_state& state);
  void on(const tc_rename& rename);
  void on(const tc_switch& event);
  void on(const tc_event& event);
  void on(const tc_gap& gap);
  void on(const tc_command& command);
  void on(const tc_call& call) { tracks_.on_call(call, nullptr); }
  void on(const tc_transfer& transfer) { tracks_.on_call(transfer.call, &transfer); }
  void on(const tc_passage& passage) { tracks_.on_passage(passage); }
  void on(const tc_fault& fault) { tracks_.on_fault(fault); }
  void on(const tc_region& region) { tracks_.on_region(region); }
  void on(const tc_reap& reap) { tracks_.on_reap(reap); }
  void on(const tc_ledger& ledger) { tasks_.on_ledger(ledger); }
  template <typename NoEvent>
  void on(const NoEvent&) {}

  void note(const tc_event& event, TracedTask& task);
  void add_process(const TracedProcess& process, const std::string& command);
  void write_tree(const tc_task_new& new_task, const TracedTask& task);

  TracePart part_;
  PacketWriter packets_;
  TaskTable tasks_;
  Scheduling scheduling_;
  ThreadTracks tracks_;
  wire::TracePacket tree_;
};

}  // namespace taskcost
