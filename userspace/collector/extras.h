// SPDX-License-Identifier: Apache-2.0
//
// What the tool does better or at all with more than CAP_BPF and CAP_PERFMON. Asked of the kernel by trying where that
// does no harm.
#pragma once

#include <vector>

#include "taskcost/evidence.h"

namespace taskcost {

std::vector<Extra> all_extras();

Extra kernel_names();      // of functions, in stacks
Extra user_names();        // likewise, of programs of other users
Extra probe_statistics();  // --probe-stats

// Says in a report what it has to do without. Nothing where it works.
void add_lack_of(const Extra& extra, EvidenceList& evidence);

}  // namespace taskcost
