/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What ran on a CPU while an observed task waited for it. Optional: the ledger does not depend on it.
 *
 * Each CPU keeps its last turns. When a task gets the CPU, the walk goes back over the turns and charges each with the
 * part of the wait that it covers. A turn's length is its task's sum_exec_runtime, so other switches read no clock.
 * Older turns, short turns, interrupts and queueing on another CPU stay unexplained.
 */
#ifndef TASKCOST_RAN_INSTEAD_BPF_H
#define TASKCOST_RAN_INSTEAD_BPF_H

#include "file.bpf.h"
#include "ledger.bpf.h"
#include "taskcost/abi_ran_instead.h"

const volatile bool sum_ran_instead = false;
const volatile __u32 ran_table_bits = 0; /* log2 of the entries of each CPU */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_cpu_turns);
} turns SEC(".maps");

/* A hash table for each CPU, one after the other, as `syscall_sums`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tc_ran_entry);
} ran_sums SEC(".maps");

enum { RAN_TRIES = 8 }; /* entries tried for a key */

static __always_inline struct tc_cpu_turns *turns_of_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&turns, &cpu);
}

/* An observed task is known by its ledger id, any other by its comm. */
static __always_inline void name_turn(struct tc_turn *turn, struct task_struct *task, struct tc_ledger *l)
{
	__u64 comm;

	turn->comm[0] = 0;
	turn->comm[1] = 0;
	if (l) {
		turn->who = l->id;
		return;
	}
	if (!task->pid) {
		turn->who = TC_RAN_IDLE;
		return;
	}
	turn->who = task->flags & PF_KTHREAD ? TC_RAN_KERNEL : TC_RAN_PROGRAM;
	if (!can_cast()) {
		bpf_probe_read_kernel(turn->comm, sizeof(turn->comm), task->comm);
		return;
	}
	comm = (__u64)&read_as(struct task_struct, task)->comm;
	turn->comm[0] = number_at(comm);
	turn->comm[1] = number_at(comm + sizeof(turn->comm[0]));
}

/* Called at every switch, also between unobserved tasks: ends the turn of prev, begins that of next. */
static __always_inline void end_turn(struct task_struct *prev, struct task_struct *next, __u32 prev_slot)
{
	struct tc_cpu_turns *cpu = turns_of_cpu();
	__u64 runtime = prev->se.sum_exec_runtime;
	struct tc_turn *turn;

	if (!cpu)
		return;
	if (cpu->task == (__u64)prev) {
		turn = &cpu->turns[cpu->count % TC_KEPT_TURNS];
		turn->ns = runtime - cpu->runtime_ns;
		name_turn(turn, prev, ledger_at(prev_slot));
		cpu->count++;
	} else {
		cpu->count = 0;
	}
	cpu->task = (__u64)next;
	cpu->runtime_ns = next->se.sum_exec_runtime;
	if (!next->pid)
		cpu->idle_ns = bpf_ktime_get_ns();
}

/*
 * Adds to the entry of this waiter, runner and comm in this CPU's part of the table. If others have all entries tried,
 * it counts a loss.
 */
__verified_once int add_turn(__u64 waiter, __u64 who, __u64 comm0, __u64 comm1, __u64 ns)
{
	__u64 hash = mix(mix(mix(waiter ^ hash_key) ^ who ^ comm0) ^ comm1);
	__u32 i, index, mask = (1U << ran_table_bits) - 1;
	__u32 first = bpf_get_smp_processor_id() << ran_table_bits;
	struct tc_ran_entry *entry;

	for (i = 0; i < RAN_TRIES; i++) {
		index = first + ((hash + i) & mask);
		entry = bpf_map_lookup_elem(&ran_sums, &index);
		if (!entry)
			break;
		if (!entry->sums.turns) {
			entry->key.waiter = waiter;
			entry->key.who = who;
			entry->key.comm[0] = comm0;
			entry->key.comm[1] = comm1;
		}
		if (entry->key.waiter == waiter && entry->key.who == who && entry->key.comm[0] == comm0 &&
		    entry->key.comm[1] == comm1) {
			entry->sums.turns++;
			entry->sums.ns += ns;
			return 0;
		}
	}
	count_loss(TC_LOSS_MISSED_TURNS);
	return 0;
}

/* An observed task has got the CPU that it waited for since `ready`. */
__verified_once int account_turns(__u64 waiter, __u64 ready, __u64 now)
{
	struct tc_cpu_turns *cpu = turns_of_cpu();
	__u64 least = (now - ready) / TC_LEAST_TURN_DIVISOR;
	__u64 left = now - ready;
	struct tc_turn *turn;
	__u64 ns;
	__u32 i;

	if (!cpu)
		return 0;
	for (i = 1; i <= TC_KEPT_TURNS && i <= cpu->count; i++) {
		turn = &cpu->turns[(cpu->count - i) % TC_KEPT_TURNS];
		/*
		 * The waiter's own turn predates the wait. Before an idle turn the queue was empty: the task waited
		 * elsewhere.
		 */
		if (turn->who == waiter || (turn->who == TC_RAN_IDLE && i > 1))
			break;
		ns = turn->who == TC_RAN_IDLE ? elapsed(cpu->idle_ns, now) : turn->ns;
		if (ns > left)
			ns = left;
		if (ns >= least)
			add_turn(waiter, turn->who, turn->comm[0], turn->comm[1], ns);
		left -= ns;
		if (!left || turn->who == TC_RAN_IDLE)
			break;
	}
	return 0;
}

#endif
