// SPDX-License-Identifier: Apache-2.0
//
// Writes reports. Files are opened before the observation begins, so that a bad path fails first.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <vector>

#include "base/result.h"
#include "capture/reader.h"
#include "cli/caller/output_path.h"
#include "cli/commands.h"
#include "cli/options/options.h"
#include "report/render.h"
#include "trace/gaps.h"
#include "trace/part.h"
#include "verdict/report.h"

namespace taskcost {

// A capture at its beginning, all its gaps, and the part of it that is wanted.
struct EventSource {
  CaptureReader capture;
  std::vector<ReplayGap> gaps;
  TracePart part{};
};
// Opens what the outputs of events are made from; called once if there are such outputs. Empty: there is no capture.
using OpenEvents = std::function<Result<EventSource>()>;

class Outputs {
 public:
  // Opens or creates every file of the options. Files keep their contents until write(); a created file that is never
  // written is removed. Error: a file cannot be written.
  static Result<Outputs> open(const OutputOptions& options, const Environment& environment);
  Outputs(Outputs&&) = default;
  Outputs& operator=(Outputs&&) = default;

  // Writes one format. Error: its source cannot be read.
  using Renderer = std::function<Status(OutputFormat, const TextOptions&, std::ostream&)>;

  // Writes every file, then the stream. Tries all of them, and returns the first error.
  Status write(const Renderer& render);
  // Also sets what the caller chose to sum up by, and to divide by; a saved report keeps what it has otherwise.
  Status write(Report& report, const OpenEvents& open_events = {});

 private:
  struct File {
    OutputFormat format;
    OutputPath path;
  };

  Outputs() = default;
  Status write_file(File& output, const Renderer& render) const;
  Status write_stream(const Renderer& render) const;

  std::vector<File> files_;
  std::optional<OutputFormat> format_;  // of the stream; nullopt: nothing is written there
  ReportStream stream_ = ReportStream::standard_output;
  TextOptions terminal_;
  std::optional<GroupBy> group_by_;
  std::optional<UnitsOfWork> per_;
  bool summary_of_report_ = false;  // the stream has no format, but gets the summary of a Report
};

}  // namespace taskcost
