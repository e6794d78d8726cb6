// SPDX-License-Identifier: Apache-2.0
//
// Tables of several variants side by side.
#pragma once

#include <vector>

#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

// The tables that have rounds. All values are medians.
std::vector<FigureTable> make_tables(const Rounds& rounds);

}  // namespace taskcost
