// SPDX-License-Identifier: Apache-2.0
//
// Checks if this process may load probes, by its capabilities and never by its uid, and gives up the capabilities that
// it does not need any more.
#pragma once

#include "base/result.h"

namespace taskcost {

// Errors: a capability is missing (CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN), or the kernel lacks a feature that has
// no fallback: BTF, bpf_task_pt_regs(), or reading kernel memory.
Status check_privileges();

// Call this once the probes are attached and no further command will be started. The calling thread keeps the
// capabilities of the window alone. Error: the kernel refuses.
Status enter_window_phase();

// Call this when no probe is attached and only files are left to be read and written, by one thread: an observed
// program, or the author of a capture, chose what is in them. Keeps the capabilities of the report alone, ends the
// process that opens files of observed programs, and forbids system calls that no report needs. Error: the kernel keeps
// capabilities.
Status enter_report_phase();

}  // namespace taskcost
