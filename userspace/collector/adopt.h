// SPDX-License-Identifier: Apache-2.0
//
// Finds tasks that run already and gives them ledgers.
#pragma once

#include <cstdint>

#include "collector/probes.h"
#include "taskcost/collector.h"
#include "taskcost/result.h"

namespace taskcost {

// Errors: an id of the wrong kind, none that exists, a bad pattern, no such cgroup, nothing to adopt.
Result<Adoption> adopt_tasks(const Probes& probes, const Target& target);

// Those of the same target that came since: how many got a ledger.
Result<std::uint64_t> adopt_arrivals(const Probes& probes);

}  // namespace taskcost
