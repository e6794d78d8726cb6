// SPDX-License-Identifier: Apache-2.0
//
// Finds running tasks and gives them ledgers.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "collector/observe.h"
#include "collector/probes.h"

namespace taskcost {

// Errors: an id is of the wrong kind, no id exists, the pattern is invalid, the cgroup does not exist, or no task
// matches.
Result<Adoption> adopt_tasks(const Probes& probes, const Target& target);

// Adopts tasks that have joined the same target since. Returns how many got a ledger.
Result<std::uint64_t> adopt_arrivals(const Probes& probes);

}  // namespace taskcost
