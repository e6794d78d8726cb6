// SPDX-License-Identifier: Apache-2.0
//
// The live view on a terminal: the only code that knows ncurses.
#pragma once

#include <functional>

#include "taskcost/glance.h"
#include "taskcost/result.h"
#include "top/rows.h"

namespace taskcost {

// Shows what happens between two calls of `look`, one every `interval` (the first one is a second at most), until q is
// pressed or `stop_fd` is readable (a signalfd; -1: none). `look` is also called while the picture is paused. The
// terminal is left as it was found; what stands in `stop_fd` is not read. Gives the exit status.
//
// ncurses handles SIGWINCH and SIGTSTP, which no other thread should take. With a `stop_fd` the signals
// that end a program have to be blocked; without it SIGINT and SIGTERM end the program after the terminal is restored.
//
// Fails without a terminal on standard input and output, or with one whose type is unknown.
Result<int> run_top_screen(const std::function<Glance()>& look, Duration interval, View view, int stop_fd);

}  // namespace taskcost
