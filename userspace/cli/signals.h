// SPDX-License-Identifier: Apache-2.0
//
// The signals that stop an observation, as a signalfd.
#pragma once

#include <csignal>

#include "base/fd.h"
#include "base/result.h"

namespace taskcost {

// With SIGXFSZ blocked, exceeding RLIMIT_FSIZE is an error of write(), like a full disk.
void block_file_size_signal();

class StopSignals {
 public:
  // Blocks SIGINT, SIGTERM, SIGHUP and SIGQUIT in this thread and in those that it creates. Error:
  // signals cannot be waited for (signalfd).
  static Result<StopSignals> block();

  struct Received {
    int signal = 0;
    bool from_terminal = false;  // a key, as Ctrl-C: every process of the foreground process group received it
  };
  // Consumes one signal. REQUIRES: fd() is readable.
  Received take();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The signal mask before block(), for launched commands.
  [[nodiscard]] const sigset_t& previous_mask() const { return previous_; }

 private:
  StopSignals() = default;

  sigset_t previous_{};
  Fd fd_;
};

}  // namespace taskcost
