// SPDX-License-Identifier: Apache-2.0
//
// The features that need more than CAP_BPF and CAP_PERFMON. Where trying does no harm, the kernel is asked by a trial.
#pragma once

#include <vector>

#include "account/evidence.h"

namespace taskcost {

std::vector<Extra> all_extras();

Extra kernel_names();      // names of kernel functions in stacks
Extra user_names();        // names of functions in other users' programs
Extra probe_statistics();  // --probe-stats

// Adds an unavailable figure to the evidence if the extra does not work.
void report_missing(const Extra& extra, EvidenceList& evidence);

}  // namespace taskcost
