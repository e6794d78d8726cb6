// SPDX-License-Identifier: Apache-2.0
//
// The names of frames and causes. They are raw: writers must escape them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "account/groups.h"
#include "account/stacks.h"
#include "verdict/report.h"

namespace taskcost {

// "on CPU", "wait: a pipe", "fault".
std::string cause_of(const NamedStack& stack);

// What the time of a stack was spent on: its cause, and for the waits among them also the run queue after the wakeup.
struct StackPart {
  std::string cause;
  std::uint64_t count = 0;  // of the stack; 0 for the run queue, so that no event counts twice
  Duration time{};
};
std::vector<StackPart> parts_of(const NamedStack& stack);

// "main"; without a symbol "libfoo.so+0x1234", "tool (unlinked)+0x1234", "[kernel]", "[unknown]".
std::string name_of(const Frame& frame);

// The grouping of two reports that are compared: that of both, or by the name of the program.
GroupBy common_grouping(const Report& a, const Report& b);

// This replaces the outermost frames of a stack that could not be unwound completely.
constexpr const char* cut_frame = "[cut]";

}  // namespace taskcost
