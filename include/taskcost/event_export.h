// SPDX-License-Identifier: Apache-2.0
//
// Recorded transitions (events.h) for other tools: a Perfetto trace, CSV, or one JSON object a line. All three take the
// records in the order of the recording and write as they go. Memory is bounded by the tasks that live at one time, not
// by the length: the last few thousand that ended are remembered, since whom they woke may come back only later.
//
// The streams are the caller's. Whether all was written is told by their state after finish(). Times are
// CLOCK_MONOTONIC nanoseconds. What observed programs chose themselves (names, command lines) is made valid UTF-8 in a
// trace, and printable on one line in CSV and JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/capture.h"
#include "taskcost/clock_anchor.h"
#include "taskcost/record.h"
#include "trace/gaps.h"

namespace taskcost {

// The name of a system call on the machine of the recording; empty when there is none of that number.
using SyscallNames = std::function<std::string(std::uint32_t number, bool compat)>;

// What is known of a recording as a whole.
struct TraceInfo {
  std::string host;
  std::string kernel;   // its release, as uname -r
  std::string machine;  // as uname -m
  std::string command;  // that was recorded; empty when programs were attached to
  std::string detail;   // full or switches
  bool calls = true;    // system calls have probes: full
  // All that the recording lacks, as far as it is known beforehand: what it tells itself comes after what it explains.
  std::vector<ReplayGap> gaps;
  std::uint32_t cpus = 0;
  std::uint64_t start_ns = 0;
  std::optional<std::uint64_t> start_realtime_ns;  // the same instant, since 1970
  std::optional<std::uint64_t> start_boottime_ns;
  std::string machine_id;
  std::string boot_id;
  SyscallNames syscall_name;
};

// A trace that ui.perfetto.dev and trace_processor open:
//   - scheduling, births, execs, exits and names as ftrace events of each CPU. Of a task that is not observed only the
//     tid is known: its name is "(not observed)", and its state off the CPU is I, which no observed task has;
//   - system calls, page faults, waits, and the phases of creation, exec and exit as slices of each thread, with what
//     is known of them as arguments; TLB flushes, shootdowns, signals and allocations as instants;
//   - bytes through each kind of channel as counters of each process;
//   - lost events where they were lost: lost_events in the next bundle of that CPU, previous_packet_dropped in the
//     sequence of slices, and a slice with their count on a track of the CPU.
// A slice is written when it is over, so a file that ends early lacks what was going on. What has not ended at finish()
// stays without an end.
class PerfettoExport {
 public:
  PerfettoExport(std::ostream& out, TraceInfo info);
  ~PerfettoExport();
  PerfettoExport(PerfettoExport&&) noexcept;
  PerfettoExport& operator=(PerfettoExport&&) noexcept;

  void on_record(const Record& record);
  // At this place records of all CPUs are missing.
  void on_interruption(const Interruption& interruption);
  // Nothing may follow.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// One line an event, under a header; userspace/events/README.md describes the columns. The first line and the last tell
// of which machine and boot they are, and what other clocks told then. A field that does not apply, or
// was not seen, is empty. Lost events are lines too.
class EventCsv {
 public:
  EventCsv(std::ostream& out, TraceInfo info);
  ~EventCsv();
  EventCsv(EventCsv&&) noexcept;
  EventCsv& operator=(EventCsv&&) noexcept;

  void on_record(const Record& record);
  void on_interruption(const Interruption& interruption);
  // `clocks`: of the end, where they are known.
  void finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks = {});

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// The same, each line an object of the fields that apply.
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
