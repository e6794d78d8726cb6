// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "taskcost/account.h"

namespace taskcost {

// CLOCK_MONOTONIC, as bpf_ktime_get_ns reads it.
Instant now();

// Of all threads of this process.
Duration own_cpu_time();

}  // namespace taskcost
