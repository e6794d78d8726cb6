// SPDX-License-Identifier: Apache-2.0
//
// Costs that a creation and a fatal signal cause later, summed by their cause.
#pragma once

#include <vector>

#include "account/account.h"

namespace taskcost {

// Covers the processes that are kept one by one.
PerCreation<LifecycleCost> lifecycle_costs_of(const Session& session);

// Returns one entry for each process that a signal ended, in the order of the processes.
std::vector<SignalDeath> signal_deaths_of(const std::vector<Process>& processes);

}  // namespace taskcost
