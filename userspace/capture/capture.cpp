// SPDX-License-Identifier: Apache-2.0
#include "capture/capture.h"

#include <algorithm>

namespace taskcost {

void CaptureSpan::include(std::uint64_t first, std::uint64_t last, std::uint64_t count) {
  first_ns = records == 0 ? first : std::min(first_ns, first);
  last_ns = records == 0 ? last : std::max(last_ns, last);
  records += count;
}

TimeRange range_of(const Interruption& interruption) {
  return interruption.span ? TimeRange{interruption.span->first_ns, interruption.span->last_ns} : TimeRange{};
}

}  // namespace taskcost
