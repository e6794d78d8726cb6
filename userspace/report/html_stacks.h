// SPDX-License-Identifier: Apache-2.0
//
// Writes stacks as JSON for the page's flame graph.
#pragma once

#include <cstddef>
#include <iosfwd>

#include "verdict/report.h"

namespace taskcost {

// How many of a report's stacks a page has, the heaviest first. The others of a process are one stack for each cause.
std::size_t stacks_in_page(const Report& report);
bool has_all_stacks(const Report& report);

// Each frame is written once, as the JSON report has it, and a stack has the numbers of its frames. REQUIRES: the
// reports have stacks.
void write_stacks(const Report& report, std::ostream& out);
// The stacks of `b` are marked. Both have the groups of the same key.
void write_stacks(const Report& a, const Report& b, std::ostream& out);

}  // namespace taskcost
