// SPDX-License-Identifier: Apache-2.0
//
// What one of something costs on this machine: medians over rounds.
#pragma once

#include <string>
#include <vector>

#include "taskcost/verdict.h"
#include "verdict/rounds.h"

namespace taskcost {

// `sweeps`: those of the same rounds. A price whose rounds are missing is left out; one without a source has no value.
std::vector<Price> prices_of(const Rounds& rounds, const std::vector<Sweep>& sweeps);

// Variants whose rounds the prices of `taskcost estimate` come from, sweeps left out.
std::vector<std::string> estimate_variants();

}  // namespace taskcost
