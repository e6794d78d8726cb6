/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System calls by program name and number: counts, errors, times. Optional: the ledger does not depend on it. */
#ifndef TASKCOST_CALL_SUMS_BPF_H
#define TASKCOST_CALL_SUMS_BPF_H

#include "task.bpf.h"
#include "taskcost/abi_syscalls.h"

/*
 * A hash table for each CPU, one after the other. This is an array and no hash map, because its look-up is inlined: it
 * takes a quarter of the time. The map is memory-mapped: user space adds the tables up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_syscall_entry);
} syscall_sums SEC(".maps");

const volatile __u32 syscall_table_bits = 0; /* log2 of the entries of each CPU */
const volatile __u32 other_syscalls = 0;     /* the first entry of the tables behind those: see below */

enum { SYSCALL_PROBES = 8 }; /* entries that a key can be in */

static __always_inline bool same_syscall(const struct tc_syscall_key *a, const struct tc_syscall_key *b)
{
	return a->syscall == b->syscall && a->error == b->error && a->comm[0] == b->comm[0] && a->comm[1] == b->comm[1];
}

/* Looks in the table of this CPU among tables of 2^bits entries. Returns NULL if there is no room. */
static __noinline struct tc_syscall_sums *sums_in(const struct tc_syscall_key *key, __u32 first, __u32 bits)
{
	struct tc_syscall_entry *entry;
	__u32 i, index, mask = (1U << bits) - 1;
	__u64 hash;

	if (!key) /* can't happen; the verifier asks */
		return NULL;
	hash = mix(mix(key->comm[0] ^ hash_key) ^ key->comm[1] ^ ((__u64)key->error << 32 | key->syscall));
	first += bpf_get_smp_processor_id() << bits;
	for (i = 0; i < SYSCALL_PROBES; i++) {
		index = first + ((hash + i) & mask);
		entry = bpf_map_lookup_elem(&syscall_sums, &index);
		if (!entry)
			break;
		if (!entry->sums.count)
			entry->key = *key;
		if (same_syscall(&entry->key, key))
			return &entry->sums;
	}
	return NULL;
}

/*
 * Returns the sums of this CPU, which are new if `sums.count` is 0. Programs that find no room share sums without a
 * name, in tables of their own. NULL: those have no room either.
 */
static __always_inline struct tc_syscall_sums *sums_of_syscall(struct tc_syscall_key *key)
{
	struct tc_syscall_sums *sums = sums_in(key, 0, syscall_table_bits);

	if (sums)
		return sums;
	key->comm[0] = 0;
	key->comm[1] = 0;
	sums = sums_in(key, other_syscalls, TC_OTHER_SYSCALL_BITS);
	if (!sums)
		count_loss(TC_LOSS_MISSED_SYSCALLS);
	return sums;
}

static __always_inline void read_leader_comm(__u64 *to, struct task_struct *task)
{
	__u64 comm;

	if (!can_cast()) {
		BPF_CORE_READ_INTO((char(*)[TC_COMM_LEN])to, task, group_leader, comm);
		return;
	}
	comm = (__u64)&read_as(struct task_struct, task)->group_leader->comm;
	to[0] = number_at(comm);
	to[1] = number_at(comm + sizeof(to[0]));
}

static __always_inline void add_timed(struct tc_syscall_sums *sums, __u64 ns, __u64 running_ns)
{
	sums->timed++;
	sums->total_ns += ns;
	sums->running_ns += running_ns;
	if (ns > sums->max_ns)
		sums->max_ns = ns;
	sums->buckets[bounded(tc_bucket_of(ns) / TC_SYSCALL_BUCKET_WIDTH, TC_SYSCALL_BUCKETS)]++;
}

/* The result of these calls is a number of bytes. */
static __always_inline bool returns_bytes(const struct tc_ledger *l)
{
	return (l->call & (TC_CALL_IN | TC_CALL_OUT)) && kind_of_call(l) <= TC_KIND_RECVMSG;
}

static __always_inline void sum_up_error(struct tc_syscall_key *key, long result)
{
	struct tc_syscall_sums *sums;

	key->error = -result;
	sums = sums_of_syscall(key);
	if (sums)
		sums->count++;
}

/* The ledger's call returns. Without a traced entry, `entered_ns` is 0 and `running_ns` has no meaning. */
__verified_once int sum_up_syscall(struct tc_ledger *l, long result, __u64 entered_ns, __u64 running_ns, __u64 now)
{
	struct tc_syscall_key key = {};
	struct tc_syscall_sums *sums;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	read_leader_comm(key.comm, task_of(l));
	key.syscall = l->syscall & (TC_CALL_NUMBER_MASK | TC_FROM_COMPAT);
	if (is_mark(l))
		key.syscall |= 1 << TC_CALL_SELECTOR_SHIFT;
	sums = sums_of_syscall(&key);
	if (!sums)
		return 0;
	sums->count++;
	if (entered_ns)
		add_timed(sums, elapsed(entered_ns, now), running_ns);
	if (returns_bytes(l)) {
		sums->with_bytes++;
		sums->bytes += result > 0 ? result : 0;
	}
	if (result < 0 && result >= -MAX_ERRNO && !is_mark(l))
		sum_up_error(&key, result);
	return 0;
}

#endif
