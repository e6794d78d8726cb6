/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * All probes as one object, so that the compiler inlines across the parts. The order is that of the layers: a part uses
 * only those above it, and includes what it uses.
 */
#include "kernel_consts.bpf.h"
#include "compat.bpf.h"
#include "state.bpf.h"

#include "ledger.bpf.h"
#include "identity.bpf.h"

#include "call.bpf.h"
#include "file.bpf.h"
#include "mapping.bpf.h"
#include "futex.bpf.h"
#include "entry.bpf.h"

#include "unwind.bpf.h"
#include "stack.bpf.h"
#include "waker_stack.bpf.h"
#include "wait_cause.bpf.h"
#include "wait_object.bpf.h"
#include "quota.bpf.h"
#include "wait.bpf.h"

#include "record.bpf.h"
#include "final.bpf.h"

#include "task.bpf.h"
#include "call_sums.bpf.h"
#include "ran_instead.bpf.h"
#include "region.bpf.h"
#include "flow.bpf.h"
#include "ring.bpf.h"
#include "target.bpf.h"
#include "adopt.bpf.h"

#include "sched.bpf.c"
#include "wakeup.bpf.c"
#include "syscall.bpf.c"
#include "lifecycle.bpf.c"
#include "fault.bpf.c"
#include "sample.bpf.c"
#include "memory.bpf.c"
#include "passage.bpf.c"
#include "iterate.bpf.c"
#include "cpus.bpf.c"
#include "irq.bpf.c"
#include "contention.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
