// SPDX-License-Identifier: Apache-2.0
//
// Figures of several variants beside each other.
#pragma once

#include <vector>

#include "taskcost/verdict.h"
#include "verdict/rounds.h"

namespace taskcost {

// Those tables that have rounds; medians.
std::vector<FigureTable> tables_of(const Rounds& rounds);

}  // namespace taskcost
