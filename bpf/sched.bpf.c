/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Switches: which task has the CPU. The end of a ledger is a switch too. */
#include "final.bpf.h"
#include "ran_instead.bpf.h"
#include "task.bpf.h"
#include "wait_object.bpf.h"

/* Clears what says nothing of a task that has ended. Records reach files: they must not hold kernel addresses. */
static __always_inline void forget_present(struct tc_ledger *l)
{
	l->task = l->regs = l->since_ns = l->woken_ns = l->switched_in_ns = l->entered_ns = l->fault_ns = 0;
	l->faults_before = l->exec_runtime_ns = l->unseen_at_ns = l->unseen_wait_ns = 0;
	l->created_ns = l->call_running_ns = l->on_cpu_ns = 0;
	l->file = l->object = l->link = l->other_file = l->messages_ns = l->message_bytes = 0;
	l->futex_page = l->futex_data_vm = l->waker = 0;
	__builtin_memset(&l->left_at, 0, sizeof(l->left_at));
	__builtin_memset(&l->faulted_at, 0, sizeof(l->faulted_at));
	__builtin_memset(&l->cause, 0, sizeof(l->cause));
	__builtin_memset(&l->waited, 0, sizeof(l->waited));
}

/*
 * Ends the ledger at the final switch-out and not in sched_process_exit: the address space is torn down in between, and
 * the kernel's accounting of the task is final here too.
 */
static __always_inline void end_ledger(struct tc_ledger *l, __u32 slot, struct task_struct *task)
{
	l->end_ns = l->since_ns;
	l->exit_code = task->exit_code;
	l->group_exit_code = untrusted(task)->signal->group_exit_code;
	if (untrusted(task)->signal->flags & SIGNAL_GROUP_EXIT)
		l->flags |= TC_LEDGER_GROUP_EXIT;
	if ((__u32)task->pid != l->tid)
		l->flags |= TC_LEDGER_REUSED_ID;
	read_task_stats(&l->stats_end, task);
	l->flags |= TC_LEDGER_STATS;
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	read_owner(l, task);
	forget_present(l);

	/* Before the ledger is cleared: user space reads `live` again behind a copy of it. remove_entry() is a barrier.
	 */
	l->live = 0;
	remove_entry(task);
	send_final_ledger(l);
	return_slot(slot);
	__sync_fetch_and_add(&ledgers_ended, 1);
}

/* TC_SWITCH_*_MM. A task past exit_mm() keeps its last address space in active_mm. */
static __always_inline __u32 spaces_of(struct task_struct *prev, struct task_struct *next)
{
	struct mm_struct *mm = untrusted(next)->mm;
	__u32 spaces = 0;

	if (mm)
		spaces = mm == untrusted(prev)->active_mm ? TC_SWITCH_NEXT_MM | TC_SWITCH_SAME_MM : TC_SWITCH_NEXT_MM;
	if (untrusted(prev)->mm || (prev->flags & PF_EXITING))
		spaces |= TC_SWITCH_PREV_MM;
	return spaces;
}

/* Classifies the task that gets the CPU, from the view of the one that leaves it. */
static __always_inline enum tc_counter destination_of(__u32 spaces, struct task_struct *next)
{
	if (spaces & TC_SWITCH_NEXT_MM)
		return spaces & TC_SWITCH_SAME_MM ? TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE
						  : TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE;
	return next->pid ? TC_COUNTER_SWITCHES_TO_KERNEL_THREAD : TC_COUNTER_SWITCHES_TO_IDLE;
}

/*
 * sum_exec_runtime is up to date at a switch-out: it shows how long the task ran since its last one. If the switch-in
 * was missed, that much less was waiting.
 */
static __always_inline void correct_unseen_wait(struct tc_ledger *l, struct task_struct *prev, __u64 now)
{
	__u64 ran = prev->se.sum_exec_runtime - l->exec_runtime_ns;
	__u64 accounted = elapsed(l->unseen_at_ns, now);
	__u64 missing = ran > accounted ? ran - accounted : 0;
	__u32 row = l->unseen_row;

	if (missing > l->unseen_wait_ns)
		missing = l->unseen_wait_ns;
	*cell_of(l, row, l->unseen_condition) -= missing;
	*cell_of(l, row, TC_CONDITION_RUNNING) += missing;
	if (l->unseen_condition == TC_CONDITION_BLOCKED)
		shorten_wait(l, missing);
	if (keep_stacks)
		shorten_stack(l->unseen_condition, missing);
	/* The correction is of an earlier call: the one that began since did not run for longer. */
	if (l->entered_ns > l->unseen_at_ns && row == interrupted_row(l))
		l->call_running_ns += missing;
	batch_event(l, TC_EV_CORRECTED, missing, 0, now);
	l->unseen_wait_ns = 0;
}

static __always_inline void count_flush(struct tc_ledger *l, __u32 flush)
{
	if (flush == TC_FLUSH_DONE)
		l->counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH]++;
	else if (flush == TC_FLUSH_REUSED)
		l->counters[TC_COUNTER_TLB_REUSES_ON_SWITCH]++;
}

static __always_inline bool in_yield(struct tc_ledger *l, struct task_struct *task)
{
	long number;
	__u32 call;

	if (sees_calls)
		return is_call(l->activity) && kind_of_call(l) == TC_KIND_YIELD;
	number = call_of(l, task);
	if (number < 0)
		return false;
	call = numbered(task, number);
	return class_of_call(call & ~TC_FROM_COMPAT, call & TC_FROM_COMPAT) >> TC_CALL_KIND_SHIFT == TC_KIND_YIELD;
}

static __always_inline __u8 why_preempted(struct tc_ledger *l, bool preempt, struct task_struct *prev)
{
	if (is_throttled(prev))
		return TC_PREEMPTED_BY_QUOTA;
	return !preempt && in_yield(l, prev) ? TC_PREEMPTED_BY_YIELD : TC_PREEMPTED_BY_OTHERS;
}

static __always_inline void switch_out(void *ctx, struct tc_ledger *l, bool preempt, struct task_struct *prev,
				       struct task_struct *next, __u32 state, __u32 spaces, __u64 now)
{
	post(l, now);
	if (l->unseen_wait_ns)
		correct_unseen_wait(l, prev, now);
	take_stack(ctx, &l->left_at);
	if (keep_stacks)
		batch_stack(l, now);
	if (keep_cpu_slices)
		send_cpu_slice(l, now);
	l->exec_runtime_ns = prev->se.sum_exec_runtime;
	l->switched_in_ns = 0;
	l->counters[bounded(destination_of(spaces, next), TC_NR_COUNTERS)]++;
	/* This follows nvcsw of the kernel: a task that was preempted while it was about to sleep did not give up the
	 * CPU. */
	if (!preempt && state) {
		l->counters[TC_COUNTER_VOLUNTARY_SWITCHES]++;
		/* A pending signal keeps the task on the run queue. Until v6.13 prev_state does not show that. */
		l->condition = task_state_of(prev) ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
		if (l->condition == TC_CONDITION_BLOCKED)
			begin_wait(l, prev, state);
	} else {
		l->counters[TC_COUNTER_INVOLUNTARY_SWITCHES]++;
		l->condition = TC_CONDITION_PREEMPTED;
		l->why_preempted = why_preempted(l, preempt, prev);
	}
}

/* Classifies the task that had the CPU: a program has a histogram of switches, anything else a counter. */
static __always_inline void count_origin(struct tc_ledger *l, struct task_struct *prev, __u32 spaces)
{
	__u32 origin = prev->pid ? TC_COUNTER_SWITCHES_FROM_KERNEL_THREAD : TC_COUNTER_SWITCHES_FROM_IDLE;

	if (spaces & TC_SWITCH_PREV_MM) {
		l->switch_kind = spaces & TC_SWITCH_SAME_MM ? TC_HISTOGRAM_SWITCH_SAME : TC_HISTOGRAM_SWITCH_OTHER;
		return;
	}
	l->switch_kind = TC_NR_HISTOGRAMS;
	l->counters[bounded(origin, TC_NR_COUNTERS)]++;
}

/*
 * Returns since when the task could have run, 0 if it did not wait for a CPU. *blocked_ns becomes the length of the
 * wait before. If its registers named its call, it is still in there.
 */
static __always_inline __u64 switch_in(struct tc_ledger *l, struct task_struct *prev, __u32 spaces, __u32 cpu,
				       __u64 now, struct tc_switch *event, __u64 *blocked_ns)
{
	bool blocked = l->condition == TC_CONDITION_BLOCKED;
	bool throttled = l->why_preempted == TC_PREEMPTED_BY_QUOTA;
	__u64 since = l->since_ns;
	__u64 woken = l->woken_ns;
	__u64 ready;

	if (blocked)
		settle_wait(l);
	ready = end_wait(l, now);
	*blocked_ns = blocked ? ready - since : 0;
	if (throttled || ready >= now)
		ready = 0;
	else
		add_latency(TC_HISTOGRAM_RUN_QUEUE, now - ready);
	if (!l->first_run_ns) {
		l->first_run_ns = now;
		l->flags |= l->cpu == cpu ? TC_LEDGER_START_SEEN : TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE;
	} else if (l->cpu != cpu) {
		l->counters[TC_COUNTER_MIGRATIONS]++;
	}
	l->cpu = cpu;
	l->switched_in_ns = now;
	l->on_cpu_ns = now;
	count_origin(l, prev, spaces);
	if (event)
		fill_next(event, l, blocked, woken);
	return ready;
}

/* any activity: running -> preempted or blocked; runnable, preempted -> running; dead -> the end of the ledger */
SEC("tp_btf/sched_switch")
int BPF_PROG(taskcost_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 number = this_cpu();
	struct tc_cpu_state *cpu = &cpu_states[number];
	__u32 next_slot = find_slot_near(cpu, next);
	__u32 prev_slot;
	struct tc_ledger *l;
	struct tc_event_batch *batch = this_batch();
	struct tc_switch *event;
	__u32 flush, spaces, state = 0;
	__u64 now, waiter = 0, ready = 0, blocked_ns = 0;

	if (cpu->task != (__u64)prev)
		recover_switch_in(cpu, prev);
	prev_slot = cpu->slot;
	if (sum_ran_instead)
		end_turn(prev, next, prev_slot);
	flush = cpu->flush;
	cpu->task = (__u64)next;
	cpu->regs = 0;
	cpu->slot = next_slot;
	cpu->flush = TC_FLUSH_NONE;
	if (!prev_slot && !next_slot)
		return 0;
	if (prev_slot)
		cpu->last_slot = prev_slot;
	now = bpf_ktime_get_ns();
	spaces = forget(cpu, spaces_of(prev, next));

	l = ledger_at(prev_slot);
	if (l) {
		state = prev_state_of(ctx, prev);
		if (keep_events && l->activity == TC_ROW_FAULT_PENDING)
			batch_rare_fault(l, TC_FAULT_BEGUN, now);
		count_flush(l, flush);
		switch_out(ctx, l, preempt, prev, next, state, spaces, now);
	}
	event = begin_switch(batch, prev, next, number, spaces, now);
	if (l && event)
		fill_prev(event, l, state,
			  (preempt ? TC_SWITCH_PREEMPT : 0) | (task_state_of(prev) ? 0 : TC_SWITCH_QUEUED), flush);

	state = forget(cpu, state);
	l = ledger_at(next_slot);
	if (l) {
		cpu->regs = l->regs;
		ready = switch_in(l, prev, spaces, number, now, event, &blocked_ns);
		waiter = l->id;
	}

	if (event)
		finish_switch(batch, event, now);
	l = state & TASK_DEAD ? ledger_at(prev_slot) : NULL;
	if (l)
		end_ledger(l, prev_slot, prev);
	/* Last: before, the verifier would follow their loops in many states. */
	l = ledger_at(next_slot);
	if (l) {
		if (keep_wait_objects && blocked_ns >= TC_OBJECT_WAIT_NS)
			account_object_of_wait(l, blocked_ns);
		leave_found_call(l);
	}
	if (sum_ran_instead && ready)
		account_turns(waiter, ready, now);
	return 0;
}

static __always_inline void end_switch(struct task_struct *task)
{
	struct tc_ledger *l = current_ledger_on(&cpu_states[this_cpu()], task);

	if (l && l->switched_in_ns)
		end_switch_latency(l, bpf_ktime_get_ns());
	if (l && has_pending_stack(l))
		retake_stack(l);
}

/* The return to user mode ends a switch if nothing closer to it can be traced. */
SEC("?tp_btf/rseq_update")
int BPF_PROG(taskcost_rseq_update, struct task_struct *task)
{
	stay_on_cpu();
	end_switch(task);
	return 0;
}

/* The exact end of a switch, if it can be probed: the first instructions of the incoming task. */
SEC("?fentry/finish_task_switch")
int BPF_PROG(taskcost_finish_switch_fentry)
{
	end_switch(bpf_get_current_task_btf());
	return 0;
}

/* User space attaches it by name: the compiler may have added a suffix to the symbol. */
SEC("?kprobe")
int taskcost_finish_switch_kprobe(void *ctx)
{
	end_switch(bpf_get_current_task_btf());
	return 0;
}
