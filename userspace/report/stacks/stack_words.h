// SPDX-License-Identifier: Apache-2.0
//
// The names of frames and causes. They are raw: writers must escape them.
#pragma once

#include <string>

#include "account/stacks.h"

namespace taskcost {

// "wait: a pipe", "fault".
std::string cause_of(const NamedStack& stack);

// "main"; without a symbol "libfoo.so+0x1234", "tool (unlinked)+0x1234", "[kernel]", "[unknown]".
std::string name_of(const Frame& frame);

// This replaces the outermost frames of a stack that could not be unwound completely.
constexpr const char* cut_frame = "[cut]";

}  // namespace taskcost
