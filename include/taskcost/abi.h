/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between the probes (bpf/) and user space: what a ledger holds, what a record looks like.
 *
 * Plain C with fixed-width types, compiled by clang for BPF and by g++ for the collector. Times are CLOCK_MONOTONIC
 * nanoseconds (bpf_ktime_get_ns), sizes bytes.
 */
#ifndef TASKCOST_ABI_H
#define TASKCOST_ABI_H

#include "taskcost/abi_calls.h"
#include "taskcost/abi_edges.h"
#include "taskcost/abi_ledger.h"
#include "taskcost/abi_lists.h"
#include "taskcost/abi_records.h"
#include "taskcost/abi_stacks.h"
#include "taskcost/abi_state.h"

#endif
