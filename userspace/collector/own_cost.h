// SPDX-License-Identifier: Apache-2.0
//
// What observing costs those who are observed, and how much CPU time this process takes for it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/calibrate.h"
#include "taskcost/account.h"
#include "taskcost/report.h"

namespace taskcost {

// Both ends of each system call, page fault and time on a CPU, and each wake-up.
std::uint64_t transitions_of(const Account& account);

class OwnCost {
 public:
  // From `opened` until the first window it attaches.
  explicit OwnCost(Instant opened) : opened_(opened) {}

  // The time of one call, of a task that is not observed and of one that is.
  void calibrate(const CallTimes& untraced, const std::optional<CallTimes>& traced);

  void open_window(Instant start);
  void close_window() { cpu_in_window_ = cpu_so_far(); }

  [[nodiscard]] std::optional<Duration> per_transition() const { return per_transition_; }
  // In the open window.
  [[nodiscard]] Duration cpu_so_far() const;
  // REQUIRES: the window is closed.
  [[nodiscard]] Observer summary(const Session& session, std::vector<ProbeCost> probes,
                                 std::optional<Duration> stack_time) const;

 private:
  Instant opened_;
  std::optional<Duration> attach_time_;
  Duration cpu_at_start_{};
  Duration cpu_in_window_{};
  std::optional<Duration> per_transition_;
  std::optional<Duration> per_transition_cold_;
};

}  // namespace taskcost
