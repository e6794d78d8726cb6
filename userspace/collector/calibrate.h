// SPDX-License-Identifier: Apache-2.0
//
// What one posted transition costs on this machine, now: the same cheap system call with and without a ledger.
#pragma once

#include <sys/types.h>

#include <optional>

#include "taskcost/account.h"

namespace taskcost {

// The time of getppid(2) in the calling task.
struct CallTimes {
  Duration warm{};  // one after the other: the smallest mean of several batches
  Duration cold{};  // each after work that needed the caches and the TLB: the median
};

CallTimes time_cheap_calls();

// The same in a child of this process, whatever the probes make of it. nullopt when the child could not do it.
std::optional<CallTimes> time_cheap_calls_in_child();

}  // namespace taskcost
