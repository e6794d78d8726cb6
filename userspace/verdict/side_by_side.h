// SPDX-License-Identifier: Apache-2.0
//
// The accounts of both models, line by line: medians over rounds, per operation.
#pragma once

#include <vector>

#include "taskcost/verdict.h"
#include "verdict/rounds.h"

namespace taskcost {

// Of creations and of switches, as far as there are rounds of them.
std::vector<SideBySide> comparisons_of(const Rounds& rounds);

}  // namespace taskcost
