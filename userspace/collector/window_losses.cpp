// SPDX-License-Identifier: Apache-2.0
#include "collector/window_losses.h"

#include <algorithm>
#include <cstddef>

namespace taskcost {

void WindowLosses::reset_baseline() {
  std::ranges::copy(probes_.shared().losses, counts_before_.begin());
  skipped_before_ = skipped_until_now();
  skipped_at_end_.clear();
}

void WindowLosses::close_window() { skipped_at_end_ = skipped_until_now(); }

std::vector<std::uint64_t> WindowLosses::skipped_until_now() const {
  std::vector<std::uint64_t> skipped;
  for (const ProbeCost& probe : probes_.costs(false /*with_statistics*/)) {
    skipped.push_back(probe.skipped);
  }
  return skipped;
}

std::vector<ProbeCost> WindowLosses::costs(bool with_statistics) const {
  std::vector<ProbeCost> costs = probes_.costs(with_statistics);
  for (std::size_t i = 0; i < std::min(costs.size(), skipped_at_end_.size()); ++i) {
    costs[i].skipped = skipped_at_end_[i];
  }
  for (std::size_t i = 0; i < std::min(costs.size(), skipped_before_.size()); ++i) {
    costs[i].skipped -= std::min(costs[i].skipped, skipped_before_[i]);  // 0 if the kernel refused the last query
  }
  return costs;
}

Losses WindowLosses::so_far() const {
  Losses losses;
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    losses.counts[loss] = probes_.shared().losses[loss] - counts_before_[loss];
  }
  losses.counts[TC_LOSS_UNREAD_TABLES] = unread_tables_;
  for (const ProbeCost& probe : costs(false /*with_statistics*/)) {
    // Unwinding in the probe on faults can fault itself. The kernel skips the probe for this fault of our own.
    const bool own = stacks_ && probe.name == "taskcost_fault_kernel";
    losses.skipped_probes += own ? 0 : probe.skipped;
  }
  return losses;
}

}  // namespace taskcost
