// SPDX-License-Identifier: Apache-2.0
//
// What comes after a creation, and after a fatal signal: costs booked to their cause, and who ended with whom.
#pragma once

#include <vector>

#include "taskcost/account.h"

namespace taskcost {

// Of the processes that are kept one by one.
PerCreation<LifetimePrice> prices_of(const Session& session);

// One for each process that a signal ended, in the order of the processes.
std::vector<Blast> blasts_of(const std::vector<Process>& processes);

}  // namespace taskcost
