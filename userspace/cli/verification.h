// SPDX-License-Identifier: Apache-2.0
//
// The rounds of `verify`: variants of the bundled workloads, observed in turn until the claims are decided.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/signals.h"
#include "commandline/options.h"
#include "taskcost/report.h"
#include "taskcost/result.h"
#include "verdict/measures.h"
#include "verdict/plan.h"
#include "verdict/rounds.h"

namespace taskcost {

// Everything measured so far: a report can be written from it at any time.
struct Verification {
  Report report;
  Rounds rounds;      // the first `kept_rounds` of each variant
  Readings readings;  // of all rounds
  bool stopped = false;
};

// Runs the plan of `options` into `verification`, within the budget of `options`. Error: a workload or the collector
// failed; what was measured before stands.
Status observe_plan(Verification& verification, StopSignals& signals, const VerifyCommand& options);

// Runs these variants, each as many rounds as it wants, for no claim.
Status observe_variants(Verification& verification, StopSignals& signals, const VerifyCommand& options,
                        const std::vector<Variant>& variants);

}  // namespace taskcost
