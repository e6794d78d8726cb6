// SPDX-License-Identifier: Apache-2.0
//
// Checks if this process may load probes, by its capabilities and never by its uid.
#pragma once

#include "base/result.h"

namespace taskcost {

// Errors: a capability is missing (CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN), or the kernel lacks a feature that has
// no fallback: BTF, bpf_task_pt_regs(), or reading kernel memory.
Status check_privileges();

// True if the capability, such as CAP_BPF, is in the effective set.
bool has_capability(unsigned capability);

}  // namespace taskcost
