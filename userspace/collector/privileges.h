// SPDX-License-Identifier: Apache-2.0
//
// May this process load probes at all? Asked of the kernel by capability, never by uid.
#pragma once

#include "taskcost/result.h"

namespace taskcost {

// Errors: a capability is missing (CAP_BPF, CAP_PERFMON; CAP_SYS_ADMIN stands for both), or the kernel lacks what no
// other source can stand in for: BTF, the registers of a task, leave to read its memory.
Status check_privileges();

// A number as CAP_BPF, in the effective set.
bool has_capability(unsigned capability);

}  // namespace taskcost
