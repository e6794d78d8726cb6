/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* All probes as one object, so that the compiler inlines across the parts: README.md. */
#include "sched.bpf.c"
#include "wakeup.bpf.c"
#include "syscall.bpf.c"
#include "lifecycle.bpf.c"
#include "fault.bpf.c"
#include "memory.bpf.c"
#include "passage.bpf.c"
#include "iterate.bpf.c"
#include "cpus.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
