// SPDX-License-Identifier: Apache-2.0
//
// Measures the cost of a probe on this machine: the same cheap system call with and without a ledger.
#pragma once

#include <sys/types.h>

#include <optional>

#include "account/account.h"

namespace taskcost {

// The time of one getppid(2) in the calling task.
struct CallTimes {
  Duration warm{};  // calls in a row: the smallest mean of several batches
  Duration cold{};  // calls after work that evicts the caches and the TLB: the median
};

CallTimes time_cheap_calls();

// Does the same in a child of this process, which may be observed. nullopt: the child could not be started or failed.
std::optional<CallTimes> time_cheap_calls_in_child();

}  // namespace taskcost
