// SPDX-License-Identifier: Apache-2.0
//
// Figures as functions of a size: which variants they need, and what comes of their rounds.
#pragma once

#include <string>
#include <vector>

#include "taskcost/verdict.h"
#include "verdict/rounds.h"

namespace taskcost {

// One variant that is run for sweeps alone.
struct SweepPlace {
  std::string claim;
  std::string variant;
  std::string arguments;  // of taskcost-workload
};

std::vector<SweepPlace> sweep_places(bool thorough);

// Those sweeps that have rounds.
std::vector<Sweep> sweeps_of(const Rounds& rounds);

}  // namespace taskcost
