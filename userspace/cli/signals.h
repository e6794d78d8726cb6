// SPDX-License-Identifier: Apache-2.0
//
// The signals that ask to stop, as a descriptor to wait on.
#pragma once

#include <csignal>

#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class StopSignals {
 public:
  // Blocks SIGINT, SIGTERM, SIGHUP and SIGQUIT for this thread and those that it starts.
  static Result<StopSignals> block();

  struct Received {
    int signal = 0;
    bool from_terminal = false;  // a key was pressed: every process of the foreground group got it
  };
  // Takes one signal. REQUIRES: fd() is readable.
  Received take();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The mask before: what a command is to be started with.
  [[nodiscard]] const sigset_t& previous_mask() const { return previous_; }

 private:
  StopSignals() = default;

  sigset_t previous_{};
  Fd fd_;
};

}  // namespace taskcost
