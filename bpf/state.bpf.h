/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The state that all programs share: what user space decides and reads, the pool of ledgers, and where losses are
 * counted.
 */
#ifndef TASKCOST_STATE_BPF_H
#define TASKCOST_STATE_BPF_H

#include "compat.bpf.h"
#include "taskcost/abi.h"
#include "taskcost/events.h"
#include "taskcost/histogram.h"

/* Written by user space before load; volatile so that the compiler leaves the decision to the verifier. */
const volatile __u32 pool_slots = 2;
const volatile __u32 observed_shift = 31; /* 32 less the logarithm of the number of buckets in `observed` */
const volatile bool keep_stints = false;  /* a record for each time on a CPU */
const volatile bool keep_stacks = false;
const volatile bool keep_events = false;  /* the transitions themselves */
const volatile bool sees_calls = true;	  /* system calls have probes */
const volatile bool sees_lengths = false; /* and sockets tell how many bytes each message has */
const volatile __u64 hash_key = 0;	  /* random: what is hashed with it does not tell a kernel address */

/* Shared with user space while the programs run, the hot part in one page: see TC_LEDGER_ALIGNMENT. */
__u32 closed = 0;	/* the window is over: no more transitions */
__u32 launcher = 0;	/* tid whose next child gets a ledger, 0 for none */
__u64 ledgers_made = 0; /* also the source of ledger ids */
__u64 ledgers_ended = 0;
__u32 slots_touched = 0; /* slots 1 to this one were in use at some time */
__u64 losses[TC_NR_LOSSES] = {};

/* Tables of system calls by number: TC_CALL_* and kind. */
__u32 native_calls[TC_MAX_SYSCALLS] = {};
struct tc_cpu_note notes[TC_MAX_CPUS] __attribute__((aligned(64))) = {};
__u32 compat_calls[TC_MAX_SYSCALLS] = {};
__u32 socket_calls[TC_MULTIPLEXED_CALLS] = {}; /* what socketcall stands for, by its first argument, */
__u32 ipc_calls[TC_MULTIPLEXED_CALLS] = {};    /* and ipc */

/* Slot 0 means none. Memory-mapped, so that user space reads living ledgers without a system call each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tc_ledger);
} pool SEC(".maps");

/* Which slot a task's ledger is in. Memory-mapped, so that user space can forget all of them between two windows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tc_bucket);
} observed SEC(".maps");

/* Slots that came back; slots that were never used follow slots_touched. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__uint(value_size, sizeof(__u32));
} free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/*
 * Tasks that the pool had no room for, by address, until they end: what they create is counted as well. The value has
 * the flags TC_LEDGER_FOLLOW and TC_LEDGER_FOLLOW_THREADS that their ledger would have had.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 17);
	__type(key, __u64);
	__type(value, __u32);
} refused SEC(".maps");

/* [cpu * TC_NR_HISTOGRAMS + id]: an array rather than a per-CPU array, whose look-up is inlined on every kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TC_NR_HISTOGRAMS);
	__type(key, __u32);
	__type(value, struct tc_histogram);
} histograms SEC(".maps");

/*
 * An index out of the ledger, for an array of `count`. The verifier has to see the very register bounded that becomes
 * the index; plain C lets the compiler bound a copy of it.
 */
#define bounded(index, count)                                                                                          \
	({                                                                                                             \
		__u64 bounded_ = (index);                                                                              \
		asm volatile("if %[value] <= %[last] goto +1\n"                                                        \
			     "%[value] = 0\n" /* can't happen */                                                       \
			     : [value] "+r"(bounded_)                                                                  \
			     : [last] "i"((count)-1));                                                                 \
		bounded_;                                                                                              \
	})

/*
 * A global function: the verifier checks it once in each program, for any arguments, and not again at every call. It
 * takes numbers and ledgers only; older kernels have no types for other pointers there.
 */
#define __verified_once __attribute__((noinline))

static __always_inline void count_loss(enum tc_loss loss)
{
	__sync_fetch_and_add(&losses[loss], 1);
}

static __always_inline __u32 this_cpu(void)
{
	return bpf_get_smp_processor_id() & (TC_MAX_CPUS - 1);
}

#endif
