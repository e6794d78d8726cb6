// SPDX-License-Identifier: Apache-2.0
//
// Unit prices on this machine: medians over rounds.
#pragma once

#include <string>
#include <vector>

#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

// `sweeps` were made from the same rounds. A price without rounds is left out; one without a source has no value.
std::vector<Price> make_prices(const Rounds& rounds, const std::vector<Sweep>& sweeps);

// The variants that the prices of `taskcost estimate` need, without sweeps.
std::vector<std::string> estimate_variants();

}  // namespace taskcost
