// SPDX-License-Identifier: Apache-2.0
//
// The capture of a run: the file that the options name, or a nameless one where only what is made from it is wanted.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "caller/output_path.h"
#include "cli/commands.h"
#include "taskcost/capture.h"
#include "taskcost/collector.h"
#include "taskcost/fd.h"
#include "taskcost/recording.h"

namespace taskcost {

class Recording {
 public:
  // nullptr when the options need no transitions. Opens the file; what is in it stays until begin(), and one that is
  // created and never written to is removed.
  static Result<std::unique_ptr<Recording>> open(const ObserveOptions& options);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Writes the beginning of the capture, and takes the records of the collector's next window. The collector must not
  // outlive this.
  Status begin(Collector& collector, RecordingStart start);
  // After finish() of the collector. Error: the capture could not be written, or records are missing in it.
  Status end(const RecordingEnd& end);

  // What was written, for what is made from it.
  [[nodiscard]] Result<CaptureReader> read() const;
  [[nodiscard]] std::string summary() const;  // "12 records, 3.4 MiB in make.tcap"

 private:
  Recording() = default;

  [[nodiscard]] int fd() const { return path_ ? path_->fd() : nameless_.get(); }

  std::string name_;                // empty: nameless
  std::optional<OutputPath> path_;  // of a named one
  Fd nameless_;
  std::unique_ptr<CaptureWriter> writer_;
  std::uint64_t last_ns_ = 0;  // of what was appended: for records without a time
};

// What a capture begins with, from what is known of the run and the collector.
RecordingStart recording_start(const Report& report, const ObserveOptions& options, const Collector& collector);

RecordingEnd recording_end(const Report& report);

// Ends the capture, if there is one, then writes the outputs. Tries all; returns the first error.
class Outputs;
Status finish(Recording* recording, Outputs& outputs, const Report& report, const ObserveOptions& options);

}  // namespace taskcost
