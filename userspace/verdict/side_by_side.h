// SPDX-License-Identifier: Apache-2.0
//
// Compares the accounts of both models line by line: medians over rounds, per operation.
#pragma once

#include <vector>

#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

// Compares creations and context switches, if there are rounds of them.
std::vector<SideBySide> make_comparisons(const Rounds& rounds);

}  // namespace taskcost
