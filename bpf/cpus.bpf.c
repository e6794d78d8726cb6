/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * CPU hotplug. The perf events of a CPU end when it goes offline and do not come back with it, so user space opens them
 * again: cpu_watch.h.
 */
#include "state.bpf.h"

__u32 cpu_changes[TC_MAX_CPUS] = {}; /* how often a CPU went offline or came online */

/* Wakes the thread of user space that reads cpu_changes. Its content has no meaning. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} cpu_wakeups SEC(".maps");

/*
 * perf handles the CPU at this state, in both directions: its old events have just ended, or new ones can be opened. On
 * the way up no user task runs on the CPU yet; that starts at CPUHP_AP_ACTIVE, which is later.
 */
SEC("?tp_btf/cpuhp_exit")
int BPF_PROG(taskcost_cpu_changed, unsigned int cpu, int state, int step, int result)
{
	const __u8 any = 0;

	if (step != (int)bpf_core_enum_value(enum cpuhp_state, CPUHP_AP_PERF_ONLINE))
		return 0;
	__sync_fetch_and_add(&cpu_changes[cpu & (TC_MAX_CPUS - 1)], 1);
	/* If the ring is full, user space has not handled an earlier change yet, and will find this one with it. */
	bpf_ringbuf_output(&cpu_wakeups, (void *)&any, sizeof(any), BPF_RB_FORCE_WAKEUP);
	return 0;
}
