// SPDX-License-Identifier: Apache-2.0
//
// Stacks in words, raw: who writes them escapes them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "taskcost/report.h"
#include "taskcost/stacks.h"

namespace taskcost {

// "wait: a pipe", "fault".
std::string cause_of(const NamedStack& stack);

// "main", or without a symbol "libfoo.so+0x1234", "tool (unlinked)+0x1234", "[kernel]", "[unknown]".
std::string name_of(const Frame& frame);

// Of the part of a stack that could not be unwound, in place of its outermost frames.
constexpr const char* cut_frame = "[cut]";

class ProcessNames {
 public:
  explicit ProcessNames(const Session& session);
  // "[unknown]" for one that the session does not know.
  [[nodiscard]] const std::string& of(const NamedStack& stack) const;

 private:
  std::unordered_map<std::uint64_t, std::string> names_;  // by Process::id
};

}  // namespace taskcost
