// SPDX-License-Identifier: Apache-2.0
#include "account/stacks.h"

namespace taskcost {

bool is_of_lifetime(StackKind kind) { return kind != StackKind::fault && kind != StackKind::creation; }

Duration StackSamples::time_of(std::uint64_t samples) const {
  if (count == 0) {
    return {};
  }
  const double share = static_cast<double>(samples) / static_cast<double>(count);
  return Duration(static_cast<Duration::rep>(static_cast<double>(cpu_time.count()) * share));
}

}  // namespace taskcost
