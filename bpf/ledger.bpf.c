/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The state that all programs share. What it means is said in state.bpf.h. */
#include "state.bpf.h"

const volatile __u32 pool_slots = 2;
const volatile __u32 observed_shift = 31;
const volatile bool sched_switch_has_prev_state = false;
const volatile bool has_rdonly_cast = false;
const volatile bool hold_cpu = false;
const volatile __s64 preempt_count_offset = 0;
const volatile bool keep_stints = false;
const volatile bool keep_stacks = false;
const volatile bool keep_events = false;
const volatile bool sees_calls = true;
const volatile bool sees_lengths = false;
const volatile __u64 hash_key = 0;

const struct tc_ledger empty_ledger = {};

__u32 closed = 0;
__u32 launcher = 0;
__u64 ledgers_made = 0;
__u64 ledgers_ended = 0;
__u32 slots_touched = 0;
__u64 losses[TC_NR_LOSSES] = {};
__u32 native_calls[TC_MAX_SYSCALLS] = {};
struct tc_cpu_note notes[TC_MAX_CPUS] __attribute__((aligned(64))) = {};
__u64 preempt_counts[TC_MAX_CPUS] = {};
__u32 compat_calls[TC_MAX_SYSCALLS] = {};
__u32 socket_calls[TC_MULTIPLEXED_CALLS] = {};
__u32 ipc_calls[TC_MULTIPLEXED_CALLS] = {};
__u64 restarts_poll = 0;
__u64 restarts_futex = 0;
__u64 restarts_sleep[3] = {};
__u64 restarts_nothing = 0;
__u32 cpu_changes[TC_MAX_CPUS] = {};

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Here alone: the linker of libbpf 1.1 cannot merge one external kfunc out of two objects. */
__hidden int disable_preemption(void)
{
	bpf_preempt_disable();
	return 0;
}

__hidden int enable_preemption(void)
{
	bpf_preempt_enable();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
