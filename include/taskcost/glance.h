// SPDX-License-Identifier: Apache-2.0
//
// The books as they stand at an instant in the middle of a window, for live views. Everything is cumulative since each
// task's ledger was opened: two glances subtracted are what happened between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/account.h"

namespace taskcost {

struct Glance {
  struct Task {
    std::uint64_t id = 0;              // unique in the session
    std::uint64_t process = 0;         // likewise, from 1 on
    std::uint64_t parent_process = 0;  // 0: not observed
    std::uint32_t tid = 0;
    std::uint32_t tgid = 0;
    std::string comm;  // hostile
    bool leader = false;
    bool kernel_thread = false;
    bool ended = false;                       // since the glance before this one; its account is final
    tc_activity activity = TC_ACTIVITY_USER;  // what it is doing now,
    tc_condition condition = TC_CONDITION_RUNNING;
    Account account;  // open intervals are closed at `at`; books are nullopt
  };

  Instant at{};
  std::vector<Task> tasks;  // by id
  Losses losses;
  Duration userspace_cpu{};                // of taskcost since its window opened
  std::optional<Duration> per_transition;  // calibrated cost of one posted transition
  std::uint64_t transitions = 0;           // posted since the window opened
  Duration cost{};                         // of taking this glance
};

}  // namespace taskcost
