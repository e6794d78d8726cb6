// SPDX-License-Identifier: Apache-2.0
//
// Where reports go. Files are opened before anything is observed, so that a report never fails for a path.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <vector>

#include "caller/output_path.h"
#include "cli/commands.h"
#include "commandline/options.h"
#include "taskcost/capture.h"
#include "taskcost/report.h"
#include "taskcost/result.h"

namespace taskcost {

// Opens the capture that outputs of transitions are made from, anew for each. Empty: there is none.
using OpenCapture = std::function<Result<CaptureReader>()>;

// Of a command that writes reports and observes nothing.
template <typename Command>
ObserveOptions output_options(const Command& command) {
  ObserveOptions options;
  options.outputs = command.outputs;
  options.format = command.format;
  options.verbose = command.verbose;
  options.colour = command.colour;
  return options;
}

class Outputs {
 public:
  // Opens or creates every file of the options; what is in them stays until write(), and those that are created and
  // never written to are removed. Error: one cannot be written.
  static Result<Outputs> open(const ObserveOptions& options, const Surroundings& surroundings);
  Outputs(Outputs&&) = default;
  Outputs& operator=(Outputs&&) = default;

  // Writes in one of the formats that the options named. Errors: what it writes from cannot be read.
  using Renderer = std::function<Status(OutputFormat, const TextOptions&, std::ostream&)>;

  // To every file, then to the stream in the chosen format. Tries all of them; returns the first error.
  Status write(const Renderer& render);
  Status write(const Report& report, const OpenCapture& open_capture = {});

 private:
  struct File {
    OutputFormat format;
    OutputPath path;
  };

  Outputs() = default;
  Status write_file(File& output, const Renderer& render) const;
  Status write_stream(const Renderer& render) const;

  std::vector<File> files_;
  std::optional<OutputFormat> format_;  // of the stream
  ReportStream stream_ = ReportStream::standard_output;
  TextOptions terminal_;
};

}  // namespace taskcost
