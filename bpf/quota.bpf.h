/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The cgroups whose CPU quota throttled observed tasks, and their limits. */
#ifndef TASKCOST_QUOTA_BPF_H
#define TASKCOST_QUOTA_BPF_H

#include "ledger.bpf.h"
#include "taskcost/abi_quota.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TC_MAX_QUOTAS);
	__type(key, struct tc_quota_key);
	__type(value, struct tc_quota_sums);
} quotas SEC(".maps");

struct tc_quota_sums other_quotas = {}; /* of unknown cgroups, and of those that found no room */

enum { MAX_CGROUP_DEPTH = 16 }; /* levels to walk up */

/* Fields of a kernel with CONFIG_CFS_BANDWIDTH. */
struct cfs_bandwidth___quota {
	__u64 quota; /* RUNTIME_INF: there is no limit */
	__u64 period;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state___quota {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

struct task_group___quota {
	struct cgroup_subsys_state___quota css;
	struct task_group___quota *parent;
	struct cfs_bandwidth___quota cfs_bandwidth;
} __attribute__((preserve_access_index));

struct task_struct___quota {
	struct task_group___quota *sched_task_group;
} __attribute__((preserve_access_index));

/* The nearest cgroup with a limit. With several limits, one above may have done it. */
static __always_inline void find_quota(struct task_struct___quota *task, struct tc_quota_key *key,
				       struct tc_quota_sums *sums)
{
	struct task_group___quota *group;
	__u64 quota;
	__u32 i;

	key->cgroup = 0;
	if (!bpf_core_field_exists(struct task_struct___quota, sched_task_group) ||
	    !bpf_core_field_exists(struct task_group___quota, cfs_bandwidth))
		return;
	group = BPF_CORE_READ(task, sched_task_group);
	for (i = 0; i < MAX_CGROUP_DEPTH && group; i++) {
		quota = BPF_CORE_READ(group, cfs_bandwidth.quota);
		if (quota != RUNTIME_INF) {
			key->cgroup = BPF_CORE_READ(group, css.cgroup, kn, id);
			sums->quota_ns = quota;
			sums->period_ns = BPF_CORE_READ(group, cfs_bandwidth.period);
			return;
		}
		group = BPF_CORE_READ(group, parent);
	}
}

/* Adds a throttled time: to the cgroup with the limit, or to `other_quotas`. */
__verified_once int account_quota(struct tc_ledger *l, __u64 ns)
{
	struct tc_quota_sums limit = {};
	struct tc_quota_sums *sums = NULL;
	struct tc_quota_key key;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	find_quota((void *)l->task, &key, &limit);
	if (key.cgroup) {
		bpf_map_update_elem(&quotas, &key, &limit, BPF_NOEXIST);
		sums = bpf_map_lookup_elem(&quotas, &key);
	}
	if (sums) {
		sums->quota_ns = limit.quota_ns;
		sums->period_ns = limit.period_ns;
	} else {
		sums = &other_quotas;
	}
	__sync_fetch_and_add(&sums->throttled, 1);
	__sync_fetch_and_add(&sums->ns, ns);
	return 0;
}

#endif
