// SPDX-License-Identifier: Apache-2.0
//
// The timeline as the page's script takes it.
#pragma once

#include <iosfwd>

#include "taskcost/timeline.h"

namespace taskcost {

// JSON of columns, for there are many intervals: `tasks` has [Task::id, number of intervals, number of marks] for each
// row, and the columns hold one row after the other. Times are ns since the start; `gap` is the time since the end of
// the interval before, or since the start for the first one of a row. A row of `facts` is [condition, activity, call,
// CPU, wait, kind of waker, Task::id of waker, tid of waker, place], null for what is not known.
void write_timeline(const Timeline& timeline, std::ostream& out);

}  // namespace taskcost
