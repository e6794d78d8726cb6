// SPDX-License-Identifier: Apache-2.0
//
// Writes the timeline as JSON for the page's script.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "trace/timeline.h"

namespace taskcost {

// Intervals are written in columns, because there are many. `tasks` has [Task::id, number of intervals, number of
// marks, number of regions] for each row; each column has the items of one row after the other. Times are ns since the
// start of the window. `gap` is the time since the end of the previous interval of the row, or since the start of the
// window. An element of `facts` is [condition, activity, call, CPU, wait, kind of waker, Task::id of waker, tid of
// waker, call site of waker]; null: not known.
//
// `fact` is -1 for a merged interval; `shares` has its times running, preempted, runnable, blocked and unknown, and
// then those of the tasks in lanes. `lanes` has the number of crowds in each lane; their columns are as those of
// intervals. `lane_name` is the name of a crowd of one task, else null.
using NameOfTask = std::function<std::string(std::uint64_t)>;  // by Task::id
void write_timeline(const Timeline& timeline, const NameOfTask& name, std::ostream& out);

}  // namespace taskcost
