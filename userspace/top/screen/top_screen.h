// SPDX-License-Identifier: Apache-2.0
//
// Paints the live view on a terminal. No other code uses ncurses.
#pragma once

#include <functional>
#include <optional>

#include "account/glance.h"
#include "base/result.h"
#include "top/rows.h"

namespace taskcost {

struct TopScreenOptions {
  Duration interval{};
  std::optional<unsigned> refreshes;  // nullopt: no limit
  bool color = false;
};

// Calls `glance` every `interval` (the first time after a second at most) and shows the difference of two glances,
// until q is pressed, all refreshes are shown, or `stop_fd` is readable (a signalfd; -1: none). Glances continue while
// the display is paused. Restores the terminal, and leaves the signal in `stop_fd`. Returns the exit status.
//
// ncurses handles SIGWINCH and SIGTSTP: other threads must block them. With a `stop_fd`, terminating signals must be
// blocked; without one, SIGINT and SIGTERM terminate the program after the terminal is restored.
//
// Error: standard input or output is not a terminal, or its type is unknown.
Result<int> run_top_screen(const std::function<Glance()>& glance, const TopScreenOptions& options, View view,
                           int stop_fd);

}  // namespace taskcost
