// SPDX-License-Identifier: Apache-2.0
//
// The metadata of a capture, stored as JSON in its description and trailer (capture.h), and the conversion of a capture
// to a report. Nothing here talks to the kernel.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/host_names.h"
#include "base/result.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "trace/call_classes.h"
#include "trace/gaps.h"
#include "trace/part.h"
#include "verdict/report.h"

namespace taskcost {

class CaptureReader;

// The layout of the records that this build writes; captures with another layout are refused. Increment its first term
// with each change of a struct of abi.h or events.h that is stored in captures, and of a list there unless it is
// appended to. A list that a ledger has an array for changes the layout by its length: in layout 7 these had 104 rows.
constexpr std::uint32_t record_layout = 8 + int{TC_NR_ACTIVITIES} + int{TC_NR_COUNTERS} + int{TC_NR_CHANNELS} +
                                        int{TC_NR_CREATIONS} + int{TC_NR_WAITS} - 104;

// The metadata that is known before the observation.
struct RecordingStart {
  std::string tool_version;
  std::string command_line;
  Host host;
  TargetMode mode = TargetMode::run;
  std::string command;  // the observed command; hostile
  // One instant by three clocks: CLOCK_MONOTONIC, CLOCK_REALTIME, and CLOCK_BOOTTIME (0: an old capture without it).
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;
  std::uint64_t boottime_ns = 0;
  EvidenceList evidence;
  bool calls = true;  // --detail full
  bool exec_prepare = false;
  bool fault_latency = false;
  bool switch_latency = false;
  bool regions = false;  // marks of regions are recorded; older captures do not say
  PerCounter<bool> measured{};
  // A flight recorder wrote the capture: its records begin with the state of each task (trace/checkpoint.h), and what
  // lies outside of this part is not complete.
  std::optional<KeptPart> kept{};
  // Names of the system calls of the observed machine, by number; empty where the number has no call.
  std::vector<std::string> calls_by_number;
  std::vector<std::string> compat_calls_by_number;
  // Names of the operations of io_uring by opcode; empty: they are not measured.
  std::vector<std::string> ring_operations{};
};

// The metadata that is known after the observation.
struct RecordingEnd {
  WindowEnd window_end = WindowEnd::target_exited;
  Instant start{};
  Instant end{};
  PerLoss<std::uint64_t> losses{};
  std::uint64_t skipped_probes = 0;
  ObservedTarget target;
  Observer observer;
  std::optional<Stacks> stacks;
  std::vector<StackPlace> stack_places{};
  WindowClocks clocks;
  std::optional<Duration> stolen;  // as in Report
  HostNames names;
};

std::string text_of(const RecordingStart& start);
std::string text_of(const RecordingEnd& end);
// Error: the text is not what text_of() writes; of read_start() also: it has another version or layout of records.
Result<RecordingStart> read_start(std::string_view text);
Result<RecordingEnd> read_end(std::string_view text);

// The name of a system call on the observed machine; empty if the number has no call.
std::string call_name(const RecordingStart& start, std::uint32_t number, bool compat);
CallClasses call_classes(const RecordingStart& start);

// The time of an event, or of the end of a ledger's task; 0 for any other record.
std::uint64_t time_of(const Record& record);

// Called for each record, in the order of the capture. Each function may be empty.
struct CaptureListener {
  std::function<void(const Record&)> on_record;
  std::function<void(const Interruption&)> on_interruption;
};

// The result of reading a capture from its first record to its last.
struct CaptureWalk {
  std::vector<Interruption> interruptions;
  std::uint64_t records = 0;
  std::uint64_t unreadable = 0;  // records that decode() refuses
  std::uint64_t lost = 0;        // records that tc_gap and interruptions count as missing
  std::uint64_t first_ns = 0;    // time of the first event; 0: there is none
};

// Reads all records. Its memory does not grow with the length of the capture.
CaptureWalk walk(CaptureReader& capture, const CaptureListener& listener);

// Reads the trailer of a complete capture; for one that is cut off, fills in what is known without it. Error: the text
// is not readable.
Result<RecordingEnd> end_of(const CaptureReader& capture, const RecordingStart& start, const CaptureWalk& walked);

// Collects all gaps of a capture: records that did not fit the ring or the writer's buffers, and damaged parts. It
// reads the whole capture and seeks back to its beginning.
std::vector<ReplayGap> read_gaps(CaptureReader& capture);

// A part of a capture, as a user chooses it.
struct CapturePart {
  // Times since the start of the capture; a negative one counts from its end. nullopt: its start or end.
  std::optional<Duration> from{};
  std::optional<Duration> to{};
  std::vector<pid_t> pids{};          // of processes; empty: all
  std::optional<std::string> comm{};  // pattern of fnmatch(3) for the names of tasks at the end of the part

  [[nodiscard]] bool is_whole() const { return !from && !to && pids.empty() && !comm; }
};

// The regions of a capture that are listed one by one.
struct RegionFilter {
  std::string name;                       // pattern of fnmatch(3)
  std::optional<Duration> longer_than{};  // nullopt: of any length
};

struct Playback {
  Report report;
  CaptureWalk walked;
  TracePart part;  // what exports of the same capture show
};

// Makes the report of a capture, whose gaps read_gaps() has found. Errors: its description or trailer is not readable,
// or it has no such part or region.
Result<Playback> play(CaptureReader& capture, std::vector<ReplayGap> gaps, bool with_timeline,
                      const CapturePart& part = {}, const std::optional<RegionFilter>& regions = {});

}  // namespace taskcost
