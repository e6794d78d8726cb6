/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Operations of io_uring by program name and opcode, from submission to completion: in the table of system calls. */
#ifndef TASKCOST_RING_BPF_H
#define TASKCOST_RING_BPF_H

#include "call_sums.bpf.h"

const volatile __u32 ring_request_bits = 0;   /* log2 of the entries of `ring_requests` */
const volatile __u64 operations_of_bytes = 0; /* a bit for each opcode whose result is a number of bytes */

/*
 * Requests that have not completed, a hash table of all CPUs by their address. It is an array and no hash map: it takes
 * a fraction of the time, and an operation can be as short. A request that finds no room is counted without its time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_ring_request);
} ring_requests SEC(".maps");

enum { RING_PROBES = 8 }; /* entries that a request can be in */

/* Returns the entry of a request, with `add` a new one if there is none yet; NULL: there is none. */
static __always_inline struct tc_ring_request *find_ring_request(__u64 request, bool add)
{
	__u32 i, index, mask = (1U << ring_request_bits) - 1;
	__u64 hash = mix(request >> 6), there;
	struct tc_ring_request *entry;

	for (i = 0; i < RING_PROBES; i++) {
		index = (hash + i) & mask;
		entry = bpf_map_lookup_elem(&ring_requests, &index);
		if (!entry)
			break;
		there = entry->request;
		if (add && !there)
			there = __sync_val_compare_and_swap(&entry->request, 0, request) ?: request;
		if (there == request)
			return entry;
	}
	return NULL;
}

/* Returns the time of the submission, and forgets it; 0: it was not seen. */
static __noinline __u64 take_submission(__u64 request)
{
	struct tc_ring_request *entry = find_ring_request(request, false);
	__u64 submitted_ns;

	if (!entry)
		return 0;
	submitted_ns = entry->submitted_ns;
	entry->submitted_ns = 0;
	__sync_val_compare_and_swap(&entry->request, request, 0);
	return submitted_ns;
}

/* A completion of a request that goes on (multishot), or a message of another ring, names no request. */
static __always_inline void sum_up_operation(struct io_kiocb *request, long result)
{
	struct tc_ledger *l = sum_syscalls ? current_ledger() : NULL;
	struct tc_syscall_key key = {};
	struct tc_syscall_sums *sums;
	__u64 submitted_ns = 0;
	__u32 operation = TC_RING_UNKNOWN;

	if (!l)
		return;
	if (request) {
		operation = BPF_CORE_READ(request, opcode);
		submitted_ns = take_submission((__u64)request);
	}
	key.syscall = TC_FROM_RING | operation;
	read_leader_comm(key.comm, task_of(l));
	sums = sums_of_syscall(&key);
	if (!sums)
		return;
	sums->count++;
	if (submitted_ns)
		add_timed(sums, elapsed(submitted_ns, bpf_ktime_get_ns()), 0);
	if (operation < 64 && operations_of_bytes >> operation & 1) {
		sums->with_bytes++;
		sums->bytes += result > 0 ? result : 0;
	}
	if (result < 0)
		sum_up_error(&key, result);
}

/* The request is the first argument, read as a number: the verifier forbids arithmetic on its pointer. */
static __always_inline int note_submission(void *ctx)
{
	struct tc_ring_request *entry;
	__u64 request = 0;

	if (!current_ledger() || bpf_probe_read_kernel(&request, sizeof(request), ctx))
		return 0;
	entry = find_ring_request(request, true);
	if (entry)
		entry->submitted_ns = bpf_ktime_get_ns();
	return 0;
}

/* After v6.1 the tracepoint has this name; before, it was io_uring_submit_sqe, since v5.19 with this argument first. */
SEC("?tp_btf/io_uring_submit_req")
int BPF_PROG(taskcost_ring_submit)
{
	stay_on_cpu();
	return note_submission(ctx);
}

SEC("?tp_btf/io_uring_submit_sqe")
int BPF_PROG(taskcost_ring_submit_sqe)
{
	stay_on_cpu();
	return note_submission(ctx);
}

#endif
