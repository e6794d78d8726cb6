// SPDX-License-Identifier: Apache-2.0
#include "verdict/report.h"

namespace taskcost {

std::optional<double> UnitsOfWork::in(const Session& session) const {
  if (!region.empty()) {
    const std::vector<MarkedRegion> none;
    std::uint64_t count = 0;
    for (const MarkedRegion& each : session.regions ? *session.regions : none) {
      count += each.name == region ? each.count : 0;
    }
    return count > 0 ? std::optional(static_cast<double>(count)) : std::nullopt;
  }
  if (!counter) {
    return number > 0 ? std::optional(number) : std::nullopt;
  }
  const std::optional<std::uint64_t> total = session.totals.counters[*counter];
  return total.value_or(0) > 0 ? std::optional(static_cast<double>(*total)) : std::nullopt;
}

}  // namespace taskcost
