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
#include "collector/collector.h"
#include "report/recorded/recording.h"

namespace taskcost {

class Recording {
 public:
  // nullptr if the options need no events. The file keeps its contents until begin(); a created file that is never
  // written is removed.
  static Result<std::unique_ptr<Recording>> open(const ObserveOptions& options);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Writes the capture's header, and receives the records of the collector's next window. The recording must outlive
  // the collector.
  Status begin(Collector& collector, RecordingStart start);
  // REQUIRES: the collector's finish() was called. Error: the capture could not be written, or lacks records.
  Status end(const RecordingEnd& end);

  // Opens what was written.
  [[nodiscard]] Result<CaptureReader> read() const;
  [[nodiscard]] std::string summary() const;  // "12 records, 3.4 MiB in make.tcap"

 private:
  Recording() = default;

  [[nodiscard]] int fd() const { return path_ ? path_->fd() : temporary_.get(); }

  std::string name_;                // empty: a temporary file
  std::optional<OutputPath> path_;  // of a named file
  Fd temporary_;
  std::unique_ptr<CaptureWriter> writer_;
  std::uint64_t last_ns_ = 0;  // time of the last record, for records without a time
};

RecordingStart recording_start(const Report& report, const ObserveOptions& options, const Collector& collector);

RecordingEnd recording_end(const Report& report);

// Ends the capture, if any, then writes the outputs. Tries all of them, and returns the first error.
class Outputs;
Status finish(Recording* recording, Outputs& outputs, Report& report, const ObserveOptions& options);

}  // namespace taskcost
