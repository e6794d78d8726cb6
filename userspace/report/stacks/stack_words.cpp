// SPDX-License-Identifier: Apache-2.0
#include "report/stacks/stack_words.h"

#include <fmt/format.h>

#include <string_view>

#include "report/words.h"

namespace taskcost {
namespace {

constexpr const char* run_queue = "run queue";

std::string suffix_of(Frame::Mark mark) {
  const std::string_view text = mark_text(mark);
  return text.empty() ? "" : fmt::format(" ({})", text);
}

}  // namespace

std::string cause_of(const NamedStack& stack) {
  std::string cause = to_string(stack.kind);
  if (stack.kind == StackKind::wait) {
    cause.append(": ").append(text_of(stack.wait));
  }
  return cause;
}

std::vector<StackPart> parts_of(const NamedStack& stack) {
  std::vector<StackPart> parts{{cause_of(stack), stack.count, stack.time}};
  if (stack.runnable > Duration()) {
    parts.push_back({run_queue, 0, stack.runnable});
  }
  return parts;
}

GroupBy common_grouping(const Report& a, const Report& b) {
  return a.grouping() == b.grouping() ? a.grouping() : GroupBy::comm;
}

std::string name_of(const Frame& frame) {
  if (!frame.function.empty()) {
    return frame.function;
  }
  if (frame.module.empty()) {
    return "[unknown]";
  }
  if (frame.kernel) {
    return frame.module;
  }
  const std::string file = frame.module.substr(frame.module.rfind('/') + 1);
  return fmt::format("{}{}+{:#x}", file, suffix_of(frame.mark), frame.offset);
}

}  // namespace taskcost
