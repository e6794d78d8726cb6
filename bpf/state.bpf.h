/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The state that all programs share: the knobs and tables that user space writes, the maps of ledgers, and the counters
 * of losses.
 */
#ifndef TASKCOST_STATE_BPF_H
#define TASKCOST_STATE_BPF_H

#include "compat.bpf.h"
#include "taskcost/abi.h"
#include "taskcost/events.h"
#include "taskcost/histogram.h"

/* User space writes these before load. They are volatile so that the verifier decides, not the compiler. */
const volatile __u32 pool_slots = 2;
const volatile __u32 observed_shift = 31;    /* 32 minus log2 of the number of buckets in `observed` */
const volatile bool keep_cpu_slices = false; /* send a record for each CPU slice */
const volatile bool keep_stacks = false;
const volatile bool keep_events = false;       /* record the transitions themselves */
const volatile bool sum_syscalls = false;      /* by program name and number */
const volatile bool keep_wait_objects = false; /* files, connections and disks that tasks wait for */
const volatile bool sees_calls = true;	       /* system calls have probes */
const volatile bool sees_lengths = false;      /* sockets have probes that see the length of each message */
const volatile __u64 hash_key = 0;	       /* random, so that a hash reveals no kernel address */

/* User space maps these while the programs run. The hot part lies in one page: see TC_LEDGER_ALIGNMENT. */
__u32 closed = 0;	/* 1: the window is over, transitions are ignored */
__u32 launcher = 0;	/* the next child of this tid gets a ledger; 0: none */
__u64 ledgers_made = 0; /* the last ledger id */
__u64 ledgers_ended = 0;
__u32 slots_touched = 0; /* slots from 1 to this one have been used */
__u64 losses[TC_NR_LOSSES] = {};

/* Tables of system calls by number: TC_CALL_* and kind. */
__u32 native_calls[TC_MAX_SYSCALLS] = {};
struct tc_cpu_state cpu_states[TC_MAX_CPUS] __attribute__((aligned(64))) = {};
__u32 compat_calls[TC_MAX_SYSCALLS] = {};
__u32 socket_calls[TC_MULTIPLEXED_CALLS] = {}; /* by the first argument of socketcall */
__u32 ipc_calls[TC_MULTIPLEXED_CALLS] = {};    /* by the first argument of ipc */

/*
 * The ledgers. Slot 0 means none. The map is memory-mapped: user space reads living ledgers without a system call each.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tc_ledger);
} pool SEC(".maps");

/* The slot of each observed task. The map is memory-mapped: user space clears it between two windows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct tc_bucket);
} observed SEC(".maps");

/* Slots that were returned. Slots that were never used begin after slots_touched. */
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
 * Tasks that got no ledger because the pool was full, by address, until they end: their children get a slot or are
 * counted as well. The value has the flags TC_LEDGER_FOLLOW and TC_LEDGER_FOLLOW_THREADS that the ledger would have
 * had.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 17);
	__type(key, __u64);
	__type(value, __u32);
} refused SEC(".maps");

/* [cpu * TC_NR_HISTOGRAMS + id]. This is an array and no per-CPU array: its look-up is inlined on every kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TC_NR_HISTOGRAMS);
	__type(key, __u32);
	__type(value, struct tc_histogram);
} histograms SEC(".maps");

/*
 * Bounds an index that comes from the ledger for an array of `count`. The verifier wants the bound on the very register
 * that becomes the index; plain C lets the compiler check a copy of it.
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
 * A global function: the verifier checks it once per program for any arguments, and not again at every call. Its
 * arguments are numbers and pointers to our own structs: older kernels have no types for the kernel's there.
 */
#define __verified_once __attribute__((noinline))

static __always_inline void count_loss(enum tc_loss loss)
{
	__sync_fetch_and_add(&losses[loss], 1);
}

/*
 * Returns `value` from memory. The verifier follows the program once for each value that it knows, and knows none of
 * memory. REQUIRES: no interrupt that forgets as well.
 */
static __always_inline __u32 forget(struct tc_cpu_state *cpu, __u32 value)
{
	*(volatile __u32 *)&cpu->scratch = value;
	return *(volatile __u32 *)&cpu->scratch;
}

static __always_inline __u32 this_cpu(void)
{
	return bpf_get_smp_processor_id() & (TC_MAX_CPUS - 1);
}

#endif
