// SPDX-License-Identifier: Apache-2.0
//
// The state of all ledgers at an instant within a window, for live views. All figures are cumulative since the ledger
// of the task was opened: the difference of two glances is what happened between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/host_names.h"
#include "account/session_options.h"
#include "taskcost/abi.h"

namespace taskcost {

struct Glance {
  struct Task {
    std::uint64_t id = 0;              // unique in the session
    std::uint64_t process = 0;         // unique in the session, from 1 on
    std::uint64_t parent_process = 0;  // 0: not observed
    std::uint32_t tid = 0;
    std::uint32_t tgid = 0;
    std::string comm;                  // hostile
    std::string command{};             // of a leader, as in Process; hostile
    std::optional<std::uint32_t> uid;  // as in Process
    std::uint64_t cgroup = 0;          // id of cgroup v2; 0: not read
    bool leader = false;
    bool kernel_thread = false;
    bool ended = false;                       // it exited since the previous glance; its account is final
    tc_activity activity = TC_ACTIVITY_USER;  // its present cell
    tc_condition condition = TC_CONDITION_RUNNING;
    Account account;  // open intervals are counted up to `at`; task_stats is nullopt
  };

  Instant at{};
  std::vector<Task> tasks;  // sorted by id
  HostNames names;          // of users and cgroups
  Losses losses;
  Duration userspace_cpu{};                // CPU time of taskcost since the window opened
  std::optional<Duration> per_transition;  // calibrated cost of one posted transition
  std::uint64_t transitions = 0;           // transitions posted since the window opened
  Duration cost{};                         // CPU time for taking this glance
};

// Converts a final ledger, or one in the middle of a window, whose open intervals are counted up to `now`.
Glance::Task to_glance_task(tc_ledger ledger, Instant now, const SessionOptions& options);

}  // namespace taskcost
