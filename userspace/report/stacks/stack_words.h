// SPDX-License-Identifier: Apache-2.0
//
// The names of frames and causes. They are raw: writers must escape them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/stacks.h"
#include "verdict/report.h"

namespace taskcost {

// "wait: a pipe", "fault".
std::string cause_of(const NamedStack& stack);

// "main"; without a symbol "libfoo.so+0x1234", "tool (unlinked)+0x1234", "[kernel]", "[unknown]".
std::string name_of(const Frame& frame);

// This replaces the outermost frames of a stack that could not be unwound completely.
constexpr const char* cut_frame = "[cut]";

class ProcessNames {
 public:
  explicit ProcessNames(const Session& session);
  // Returns "[unknown]" for a process that the session does not have.
  [[nodiscard]] const std::string& of(const NamedStack& stack) const;

 private:
  std::unordered_map<std::uint64_t, std::string> names_;  // by Process::id
};

}  // namespace taskcost
