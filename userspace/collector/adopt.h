// SPDX-License-Identifier: Apache-2.0
//
// Finds tasks that run already and gives them ledgers.
#pragma once

#include <cstdint>

#include "collector/probes.h"
#include "taskcost/collector.h"
#include "taskcost/result.h"

namespace taskcost {

// How many tasks got a ledger. Errors: an id that does not exist or is of the wrong kind, a bad pattern, no such
// cgroup, nothing to adopt.
Result<std::uint64_t> adopt_tasks(const Probes& probes, const Target& target);

// Those of the same target that came since.
Result<std::uint64_t> adopt_arrivals(const Probes& probes);

}  // namespace taskcost
