// SPDX-License-Identifier: Apache-2.0
//
// What a capture says of itself beside its records: the text at its beginning and at its end (capture.h), as JSON, and
// how a capture becomes a report again. Nothing here talks to the kernel.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/capture.h"
#include "taskcost/record.h"
#include "taskcost/replay.h"
#include "taskcost/report.h"
#include "taskcost/result.h"
#include "taskcost/session_builder.h"

namespace taskcost {

// Layout of the records that this build writes; a capture of another layout is refused. To be raised with any change of
// a struct of abi.h or events.h that reaches a capture, or of a list there that is not an addition at its end.
constexpr std::uint32_t record_layout = 4;

// Known before anything is observed.
struct RecordingStart {
  std::string tool_version;
  std::string command_line;
  Report::Host host;
  TargetMode mode = TargetMode::run;
  std::string command;  // what is observed; hostile
  // One instant by three clocks: CLOCK_MONOTONIC, time since 1970, and CLOCK_BOOTTIME (0: a capture of before it was
  // kept).
  std::uint64_t monotonic_ns = 0;
  std::uint64_t realtime_ns = 0;
  std::uint64_t boottime_ns = 0;
  EvidenceList evidence;
  bool calls = true;  // --detail full
  bool exec_prepare = false;
  bool fault_latency = false;
  bool switch_latency = false;
  PerCounter<bool> measured{};
  // Of the machine that was observed, by number; empty where there is none.
  std::vector<std::string> calls_by_number;
  std::vector<std::string> compat_calls_by_number;
};

// Known when it is over.
struct RecordingEnd {
  WindowEnd window_end = WindowEnd::target_exited;
  Instant start{};
  Instant end{};
  PerLoss<std::uint64_t> losses{};
  std::uint64_t skipped_probes = 0;
  Report::Target target;
  Observer observer;
  std::optional<Stacks> stacks;
  WindowClocks clocks;
};

std::string text_of(const RecordingStart& start);
std::string text_of(const RecordingEnd& end);
// Errors: not what text_of writes, or of another layout.
Result<RecordingStart> read_start(std::string_view text);
Result<RecordingEnd> read_end(std::string_view text);

// The name of a system call on the observed machine; empty when there is none of that number.
std::string call_name(const RecordingStart& start, std::uint32_t number, bool compat);

// What wants to see each record on its way, in the order of the capture. Each function may be empty.
struct CaptureListener {
  std::function<void(const Record&)> on_record;
  std::function<void(const Interruption&)> on_interruption;
};

// A capture read from its first record to its last.
struct CaptureWalk {
  std::vector<Interruption> interruptions;
  std::uint64_t records = 0;
  std::uint64_t unreadable = 0;  // records that decode() refuses
  std::uint64_t lost = 0;        // that gaps and interruptions count
  std::uint64_t first_ns = 0;    // of the first transition; 0: there is none
};

// Memory is bounded whatever the length.
CaptureWalk walk(CaptureReader& capture, const CaptureListener& listener);

// What the end of the capture says. Of one that was cut off, what is known without it. Error: the text is not readable.
Result<RecordingEnd> end_of(const CaptureReader& capture, const RecordingStart& start, const CaptureWalk& walked);

// Everything that a capture lacks: what the ring or the writer had no room for, and what is damaged. Reads it to its
// end and returns to its beginning.
std::vector<ReplayGap> gaps_of(CaptureReader& capture);

struct Playback {
  Report report;
  CaptureWalk walked;
};

// The report of a capture, with a timeline if that is wanted. Errors: its texts are not readable.
Result<Playback> play(CaptureReader& capture, bool with_timeline);

}  // namespace taskcost
