// SPDX-License-Identifier: Apache-2.0
//
// Messages on standard error. A closed or full standard error does not stop a measurement.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include "base/escape.h"

namespace taskcost {

inline void write_stderr(const std::string& text) { std::fputs(text.c_str(), stderr); }

// One line. Names and paths in it may be hostile: terminal control bytes are escaped.
template <typename... Values>
void log_line(fmt::format_string<Values...> format, Values&&... values) {
  write_stderr("taskcost: " + TerminalText(fmt::format(format, std::forward<Values>(values)...)).text() + "\n");
}

// "tracing 305 tasks, Ctrl-C to stop"
inline void log_start(std::size_t tasks) {
  log_line("tracing {} task{}, Ctrl-C to stop", tasks, tasks == 1 ? "" : "s");
}

// Progress: on a terminal one line that is overwritten, otherwise a line for each text.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  [[nodiscard]] bool on_terminal() const { return terminal_; }
  void show(const std::string& text) {
    if (!quiet_) {
      write_stderr(terminal_ ? "\r\033[K" + text : "taskcost: " + text + "\n");
      shown_ = terminal_;
    }
  }
  void clear() {
    if (shown_) {
      write_stderr("\r\033[K");
      shown_ = false;
    }
  }

 private:
  bool quiet_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace taskcost
