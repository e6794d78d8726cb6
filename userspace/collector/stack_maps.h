// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collector/probes.h"

namespace taskcost {

// Sets the sizes of the maps that only stacks use. REQUIRES: the object is open, but not loaded.
void size_stack_maps(probes& object, bool unwind_tables, const CollectorOptions& options);

}  // namespace taskcost
