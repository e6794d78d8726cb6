// SPDX-License-Identifier: Apache-2.0
//
// Prices: what one operation or event costs on this machine, such as a fork, a minor fault or a context switch. A price
// is the median over rounds of a workload.
#pragma once

#include <string>
#include <vector>

#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

// `sweeps` must be made from these rounds. A price is left out if its variant did not run. It has no value if the
// variant ran, but nothing measured the figure.
std::vector<Price> make_prices(const Rounds& rounds, const std::vector<Sweep>& sweeps);

// The variants whose rounds `taskcost estimate` needs for its prices. The variants of its sweeps are not among them.
std::vector<std::string> estimate_variants();

}  // namespace taskcost
