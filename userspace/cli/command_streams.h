// SPDX-License-Identifier: Apache-2.0
//
// Standard streams of commands that run repeatedly.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "cli/caller/output_path.h"
#include "cli/options/options.h"
#include "collector/observe.h"

namespace taskcost {

class CommandStreams {
 public:
  // `input` is a path; empty: /dev/null. Error: a file cannot be opened.
  static Result<CommandStreams> open(const std::string& input, const CommandOutput& output);
  CommandStreams(CommandStreams&&) = default;
  CommandStreams& operator=(CommandStreams&&) = delete;
  // Detaches the thread that reads the pipe: a command that is still running may keep the other end open.
  ~CommandStreams();

  // Sets the streams of the next run: the input file is rewound, the output file truncated.
  Status set_streams(Command& command);
  // Without this call, the output file is removed again.
  void keep();

 private:
  CommandStreams() = default;

  std::string input_;
  Fd input_file_;
  Fd dev_null_;
  bool inherit_ = false;
  std::optional<OutputPath> output_file_;
  Fd pipe_;  // the end that commands write to
  std::thread reader_;
};

}  // namespace taskcost
