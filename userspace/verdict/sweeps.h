// SPDX-License-Identifier: Apache-2.0
//
// Figures as functions of a size: their variants, and their results.
#pragma once

#include <string>
#include <vector>

#include "verdict/rounds.h"
#include "verdict/verdict.h"

namespace taskcost {

// A variant that runs only for sweeps.
struct SweepVariant {
  std::string claim;
  std::string variant;
  std::string arguments;  // for taskcost-workload
};

std::vector<SweepVariant> list_sweep_variants(bool thorough);

// The sweeps that have rounds.
std::vector<Sweep> make_sweeps(const Rounds& rounds);

}  // namespace taskcost
