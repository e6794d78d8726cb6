// SPDX-License-Identifier: Apache-2.0
//
// The rounds of `verify`: observes variants of the bundled workloads in turn until the claims are decided.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options/options.h"
#include "cli/signals.h"
#include "verdict/measures.h"
#include "verdict/plan.h"
#include "verdict/report.h"
#include "verdict/rounds.h"

namespace taskcost {

// Everything that was measured so far. A report can be made from it at any time.
struct Verification {
  Report report;
  Rounds rounds;      // the first `kept_rounds` rounds of each variant
  Readings readings;  // measures of all rounds
  bool stopped = false;
};

// Runs the plan of `options` within its budget. Error: a workload or the collector failed; `verification` keeps what
// was measured before.
Status observe_plan(Verification& verification, StopSignals& signals, const VerifyCommand& options);

// Runs these variants for no claim, each for its own number of rounds.
Status observe_variants(Verification& verification, StopSignals& signals, const VerifyCommand& options,
                        const std::vector<Variant>& variants);

}  // namespace taskcost
