// SPDX-License-Identifier: Apache-2.0
//
// Progress on standard error: one line that is written over on a terminal, lines of their own elsewhere.
#pragma once

#include <unistd.h>

#include <string>

#include "cli/say.h"

namespace taskcost {

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  [[nodiscard]] bool on_terminal() const { return terminal_; }
  void show(const std::string& text) {
    if (!quiet_) {
      to_standard_error(terminal_ ? "\r\033[K" + text : "taskcost: " + text + "\n");
      shown_ = terminal_;
    }
  }
  void clear() {
    if (shown_) {
      to_standard_error("\r\033[K");
      shown_ = false;
    }
  }

 private:
  bool quiet_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace taskcost
