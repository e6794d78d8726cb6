// SPDX-License-Identifier: Apache-2.0
//
// The capture of a run: the file that the options name, or a temporary file when only exports of it are wanted.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"
#include "capture/reader.h"
#include "capture/writer.h"
#include "cli/caller/output_path.h"
#include "cli/commands.h"
#include "cli/flight_recorder.h"
#include "collector/collector.h"
#include "report/recorded/recording.h"

namespace taskcost {

class Recording {
 public:
  // nullptr if the options need no events. The file keeps its contents until begin(); a created file that is never
  // written is removed. Errors: the file cannot be written, or signals cannot be waited for.
  static Result<std::unique_ptr<Recording>> open(const ObserveOptions& options);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Writes the capture's header, and receives the records of the collector's next window. The recording must outlive
  // the collector. Errors: the file cannot be written, a thread could not be started, or --when has no source.
  Status begin(Collector& collector, RecordingStart start);
  // REQUIRES: the collector's finish() was called. Error: the capture could not be written, or lacks records.
  Status end(const RecordingEnd& end);

  // Opens what was written. Error: it cannot be read. REQUIRES: no --keep.
  [[nodiscard]] Result<CaptureReader> read() const;
  [[nodiscard]] std::string summary() const;  // "12 records, 3.4 MiB in make.tcap"

 private:
  Recording() = default;

  [[nodiscard]] int fd() const { return path_ ? path_->fd() : temporary_.get(); }

  std::string name_;                // empty: a temporary file
  std::optional<OutputPath> path_;  // of a named file
  Fd temporary_;
  std::unique_ptr<CaptureWriter> writer_;
  std::unique_ptr<FlightRecorder> flight_;  // --keep: the members above are not used
  std::uint64_t last_ns_ = 0;               // time of the last record, for records without a time
};

// The text at the beginning of the capture.
RecordingStart recording_start(const Report& report, const ObserveOptions& options, const Collector& collector);

// The text at its end.
RecordingEnd recording_end(const Report& report);

class Outputs;
// Ends the capture, then writes the outputs; `recording` may be nullptr. Tries all of them, and returns the first
// error.
Status finish(Recording* recording, Outputs& outputs, Report& report, const ObserveOptions& options);

}  // namespace taskcost
