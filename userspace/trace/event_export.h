// SPDX-License-Identifier: Apache-2.0
//
// Writes recorded events (events.h) for other tools: as a Perfetto trace, CSV, or one JSON object per line. All three
// take the records in the order of the recording and write at once. Memory is bounded by the number of tasks alive at
// one time, plus the last few thousand that exited, because a task that one of them woke may run only later.
//
// The caller owns the streams, and checks their state after finish() for write errors. Times are CLOCK_MONOTONIC ns.
// Hostile text (names, command lines) is converted to valid UTF-8 in a trace, and escaped to one printable line in CSV
// and JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/clock_anchor.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "trace/call_classes.h"
#include "trace/gaps.h"

namespace taskcost {

// The name of a system call on the recorded machine; empty if no call has this number.
using SyscallNames = std::function<std::string(std::uint32_t number, bool compat)>;

// The metadata of a recording.
struct TraceInfo {
  std::string host;
  std::string kernel;   // its release, as uname -r
  std::string machine;  // as uname -m
  std::string command;  // the recorded command; empty for attach
  std::string detail;   // full or switches
  bool calls = true;    // system calls have probes: full
  CallClasses classes;  // of the observed machine
  // All losses that are known beforehand: a record of a loss comes after the events that it explains.
  std::vector<ReplayGap> gaps;
  std::uint32_t cpus = 0;
  std::uint64_t start_ns = 0;
  std::optional<std::uint64_t> start_realtime_ns;  // the same instant by CLOCK_REALTIME
  std::optional<std::uint64_t> start_boottime_ns;
  std::string machine_id;
  std::string boot_id;
  SyscallNames syscall_name;
};

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
  ~PerfettoExport();
  PerfettoExport(PerfettoExport&&) noexcept;
  PerfettoExport& operator=(PerfettoExport&&) noexcept;

  void on_record(const Record& record);
  // Records of all CPUs are missing here.
  void on_interruption(const Interruption& interruption);
  // REQUIRES: no other call follows.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Writes one line for each event below a header; userspace/trace/events/README.md describes the columns. The first and
// the last line have the machine, the boot, and the times of other clocks. A field that does not apply or was not seen
// is empty. Lost events are lines too.
class EventCsv {
 public:
  EventCsv(std::ostream& out, TraceInfo info);
  ~EventCsv();
  EventCsv(EventCsv&&) noexcept;
  EventCsv& operator=(EventCsv&&) noexcept;

  void on_record(const Record& record);
  void on_interruption(const Interruption& interruption);
  // `clocks` are those at the end, if known.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// The JSON Schema of a line of EventNdjson.
std::string event_schema();

// Writes the same, each line as an object with the fields that apply.
class EventNdjson {
 public:
  EventNdjson(std::ostream& out, TraceInfo info);
  ~EventNdjson();
  EventNdjson(EventNdjson&&) noexcept;
  EventNdjson& operator=(EventNdjson&&) noexcept;

  void on_record(const Record& record);
  void on_interruption(const Interruption& interruption);
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace taskcost
