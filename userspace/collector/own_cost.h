// SPDX-License-Identifier: Apache-2.0
//
// Estimates what observing costs the observed tasks, and measures the CPU time of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "account/account.h"
#include "account/observation.h"
#include "collector/calibrate.h"

namespace taskcost {

// Counts both ends of each system call, page fault and CPU slice, and each wakeup.
std::uint64_t count_transitions(const Account& account);

class OwnCost {
 public:
  // The time from `opened` to the first window counts as attach time.
  explicit OwnCost(Instant opened) : opened_(opened) {}

  // Takes the time of one getppid(2) in a task that is not observed, and in one that is; nullopt: not measured.
  void calibrate(const CallTimes& untraced, const std::optional<CallTimes>& traced);

  void open_window(Instant start);
  void close_window() { cpu_in_window_ = cpu_so_far(); }

  [[nodiscard]] std::optional<Duration> per_transition() const { return per_transition_; }
  // What was measured before the window.
  [[nodiscard]] Observer calibration() const;
  // CPU time of this process in the open window.
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
