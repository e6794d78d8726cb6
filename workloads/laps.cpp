// SPDX-License-Identifier: Apache-2.0
#include "laps.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "workload.h"

namespace taskcost::workload {

void Laps::begin(std::uint64_t operations, std::uint64_t least) {
  each_ = std::max(operations / laps, least);
  next_ = each_;
  mark_[0] = {0, now()};
  marks_ = 1;
}

void Laps::end_lap(std::uint64_t operations) {
  mark_[marks_] = {operations, now()};
  ++marks_;
  next_ = marks_ < mark_.size() ? operations + each_ : std::numeric_limits<std::uint64_t>::max();
}

std::optional<double> Laps::typical_ns() const {
  std::vector<double> each;
  for (std::size_t i = 1; i < marks_; ++i) {
    each.push_back(static_cast<double>((mark_[i].at - mark_[i - 1].at).count()) /
                   static_cast<double>(mark_[i].operations - mark_[i - 1].operations));
  }
  if (each.empty()) {
    return std::nullopt;
  }
  const auto middle = each.begin() + static_cast<std::ptrdiff_t>(each.size() / 2);
  std::nth_element(each.begin(), middle, each.end());
  if (each.size() % 2 == 1) {
    return *middle;
  }
  return (*middle + *std::max_element(each.begin(), middle)) / 2;
}

}  // namespace taskcost::workload
