// SPDX-License-Identifier: Apache-2.0
#include "account/stacks.h"

#include <string_view>

namespace taskcost {

const Frame* own_frame(const NamedStack& stack) {
  const Frame* named = nullptr;
  for (auto each = stack.frames.rbegin(); each != stack.frames.rend(); ++each) {
    const Frame& frame = *each;
    const std::string_view file = std::string_view(frame.module).substr(frame.module.rfind('/') + 1);
    if (!frame.kernel && !file.empty() && file != "[vdso]" && file.find(".so") == std::string_view::npos) {
      return &frame;
    }
    if (named == nullptr && !frame.kernel && !frame.function.empty()) {
      named = &frame;
    }
  }
  return named;
}

bool is_of_lifetime(StackKind kind) { return kind != StackKind::fault && kind != StackKind::creation; }

Duration StackSamples::time_of(std::uint64_t samples) const {
  if (count == 0) {
    return {};
  }
  const double share = static_cast<double>(samples) / static_cast<double>(count);
  return Duration(static_cast<Duration::rep>(static_cast<double>(cpu_time.count()) * share));
}

}  // namespace taskcost
