// SPDX-License-Identifier: Apache-2.0
#include "collector/own_cost.h"

#include <algorithm>
#include <utility>

#include "collector/clocks.h"

namespace taskcost {

std::uint64_t count_transitions(const Account& account) {
  constexpr std::uint64_t ends = 2;
  return ends * (account.counters[TC_COUNTER_SYSCALLS].value_or(0) +
                 account.counters[TC_COUNTER_FAULTS_TIMED].value_or(0) + account.switches()) +
         account.counters[TC_COUNTER_WAKEUPS].value_or(0);
}

void OwnCost::calibrate(const CallTimes& untraced, const std::optional<CallTimes>& traced) {
  constexpr int transitions_per_call = 2;
  if (traced && traced->warm > untraced.warm) {
    per_transition_ = (traced->warm - untraced.warm) / transitions_per_call;
    per_transition_cold_ = std::max(*per_transition_, (traced->cold - untraced.cold) / transitions_per_call);
  }
}

void OwnCost::open_window(Instant start) {
  if (!attach_time_) {
    attach_time_ = start - opened_;
  }
  cpu_at_start_ = own_cpu_time();
}

Duration OwnCost::cpu_so_far() const { return own_cpu_time() - cpu_at_start_; }

Observer OwnCost::calibration() const {
  Observer calibration;
  calibration.per_transition = per_transition_;
  calibration.per_transition_cold = per_transition_cold_;
  calibration.attach_time = attach_time_;
  return calibration;
}

Observer OwnCost::summary(const Session& session, std::vector<ProbeCost> probes,
                          std::optional<Duration> stack_time) const {
  Observer result = calibration();
  result.probes = std::move(probes);
  result.userspace_cpu = cpu_in_window_;
  result.stack_time = stack_time;
  const std::uint64_t transitions = count_transitions(session.totals) + count_transitions(session.kernel_totals);
  result.transitions = transitions;
  const Duration wall = session.end - session.start;
  if (per_transition_ && wall > Duration::zero()) {
    const Duration cost = *per_transition_ * transitions + stack_time.value_or(Duration::zero()) + cpu_in_window_;
    result.share_of_wall = static_cast<double>(cost.count()) / static_cast<double>(wall.count());
  }
  // Probes run in the observed tasks, so their cost is a part of the tasks' CPU time.
  const Duration cpu = session.totals.total(TC_CONDITION_RUNNING) + session.kernel_totals.total(TC_CONDITION_RUNNING);
  const auto share = [&](const std::optional<Duration>& each) -> std::optional<double> {
    if (!each || cpu <= Duration::zero()) {
      return std::nullopt;
    }
    const Duration cost = *each * transitions + stack_time.value_or(Duration::zero());
    // A share of 100 % or more is impossible: the estimate of cold calls is too high then.
    return cost < cpu ? std::optional(static_cast<double>(cost.count()) / static_cast<double>(cpu.count()))
                      : std::nullopt;
  };
  result.share_of_cpu = share(per_transition_);
  result.share_of_cpu_cold = share(per_transition_cold_);
  return result;
}

}  // namespace taskcost
