// SPDX-License-Identifier: Apache-2.0
//
// Where commands that are run again and again read from and write to.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "caller/output_path.h"
#include "commandline/options.h"
#include "taskcost/collector.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class CommandStreams {
 public:
  // `input`: a file, empty: /dev/null. Error: a file cannot be opened.
  static Result<CommandStreams> open(const std::string& input, const CommandOutput& output);
  CommandStreams(CommandStreams&&) = default;
  CommandStreams& operator=(CommandStreams&&) = delete;
  // The reader of a pipe goes on by itself: a command that lives on may keep its end open.
  ~CommandStreams();

  // The streams of the next run: a file of input from its beginning, one of output empty.
  Status give_to(Command& command);
  // What was written to a file stays.
  void keep();

 private:
  CommandStreams() = default;

  std::string input_;
  Fd input_file_;
  Fd nowhere_;
  bool inherit_ = false;
  std::optional<OutputPath> output_file_;
  Fd pipe_;  // the end that commands write to
  std::thread reader_;
};

}  // namespace taskcost
