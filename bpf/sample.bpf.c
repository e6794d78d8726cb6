/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Samples of running tasks: a perf event on each CPU runs this at regular times. */
#include "stack.bpf.h"

static __noinline int account_sample(const struct tc_ledger *l, const struct tc_stack_ids *ids, __u64 leaf)
{
	struct tc_stack_key key = {.leaf = leaf, .kind = TC_STACK_ON_CPU};

	if (!l) /* can't happen; the verifier asks */
		return 0;
	set_owner(&key.owner, l, ids);
	if (has_stacks(ids))
		add_to_stack(&stack_counts, &key, 0, 0);
	return 0;
}

/*
 * An interrupt, possibly of a program that changes the ledger or the state of this CPU at this moment: both are only
 * read. If that program takes a stack, the buffers are in use, and the sample has none.
 */
SEC("?perf_event")
int taskcost_sample(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tc_cpu_state *cpu = &cpu_states[this_cpu()];
	struct tc_ledger *l = ledger_at(cpu->task == (__u64)task ? cpu->slot : find_slot(task));
	struct tc_stack_ids ids = {TC_STACK_EMPTY, TC_STACK_EMPTY};
	struct tc_unwound *here = this_unwound();

	if (!l || !here || l->task != (__u64)task)
		return 0;
	here->samples++;
	if (cpu->reading_user)
		return account_sample(l, &ids, 0);
	begin_stack(here);
	here->sampling = 1;
	here->leaf = 0;
	keep_both_stacks(ctx, here, &ids);
	here->sampling = 0;
	account_sample(l, &ids, here->leaf);
	end_stack(here);
	return 0;
}
