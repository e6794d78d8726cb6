/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who has the CPU: switches, wake-ups, and the end of a ledger, which is a switch too. */
#include "files.bpf.h"

/*
 * The final switch-out. Here, and not in sched_process_exit, because the address space is torn down in between, and
 * because the kernel's own books are final here too.
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
	read_books(&l->books_end, task);
	l->flags |= TC_LEDGER_BOOKS;
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	/* Records reach files: no kernel address in them. */
	l->task = l->regs = l->file = l->other_file = 0;

	if (bpf_ringbuf_output(&records, l, sizeof(*l), wakeup_flag()))
		count_loss(TC_LOSS_DROPPED_EXIT_RECORDS);

	leave_place(task);
	give_back_ledger(l, slot);
}

/*
 * Where the CPU goes, seen from the task that leaves it. A task past exit_mm() keeps its last address space in
 * active_mm.
 */
static __always_inline enum tc_counter destination_of(struct task_struct *prev, struct task_struct *next)
{
	struct mm_struct *mm = untrusted(next)->mm;

	if (mm)
		return mm == untrusted(prev)->active_mm ? TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE
							: TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE;
	return next->pid ? TC_COUNTER_SWITCHES_TO_KERNEL_THREAD : TC_COUNTER_SWITCHES_TO_IDLE;
}

/* The wait that ended last was booked as longer than it was, and nobody saw its end. */
static __noinline int shorten_wait(struct tc_ledger *l, __u64 ns)
{
	struct tc_edge_key key = {.sleeper = l->id, .wait = l->wait, .from = TC_FROM_NOWHERE};
	struct tc_edge_sums *sums;
	__u32 i;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	l->waits[bounded(key.wait, TC_NR_WAITS)].blocked_ns -= ns;
	for (i = 0; i < TC_OWN_EDGES; i++) {
		if (same_edge(&l->edges[i].key, &key)) {
			l->edges[i].sums.blocked_ns -= ns;
			return 0;
		}
	}
	sums = bpf_map_lookup_elem(&edges, &key);
	if (!sums)
		sums = other_edges_of(l, key.wait);
	if (sums)
		sums->blocked_ns -= ns;
	return 0;
}

/* And so was what its stack stands for. */
static __noinline int shorten_stack(const struct tc_ledger *l, __u32 kind, __u64 ns)
{
	struct tc_stack_key key = stack_key(l, &l->left_at, kind);
	struct tc_stack_sums *sums = bpf_map_lookup_elem(&stack_counts, &key);

	if (sums)
		__sync_fetch_and_add(&sums->ns, -ns);
	return 0;
}

/*
 * The scheduler's books, up to date at a switch-out, say how long a task ran since its last one. Where the switch-in
 * went unseen, that much less was waiting.
 */
static __always_inline void correct_unseen_wait(struct tc_ledger *l, struct task_struct *prev, __u64 now)
{
	__u64 ran = prev->se.sum_exec_runtime - l->exec_runtime_ns;
	__u64 booked = elapsed(l->unseen_at_ns, now);
	__u64 missing = ran > booked ? ran - booked : 0;
	__u32 row = l->unseen_row;

	if (missing > l->unseen_wait_ns)
		missing = l->unseen_wait_ns;
	*cell_of(l, row, l->unseen_condition) -= missing;
	*cell_of(l, row, TC_CONDITION_RUNNING) += missing;
	if (l->unseen_condition == TC_CONDITION_BLOCKED)
		shorten_wait(l, missing);
	if (keep_stacks && l->unseen_condition == TC_CONDITION_BLOCKED)
		shorten_stack(l, TC_STACK_WAIT, missing);
	else if (keep_stacks && l->unseen_condition == TC_CONDITION_PREEMPTED)
		shorten_stack(l, TC_STACK_INVOLUNTARY, missing);
	/* That was in an earlier call: the one that began since did not run for longer. */
	if (l->entered_ns > l->unseen_at_ns && row == interrupted_row(l))
		l->call_running_ns += missing;
	gather_step(l, TC_STEP_CORRECTED, missing, row << 8 | l->unseen_condition, now);
	l->unseen_wait_ns = 0;
}

static __always_inline void count_flush(struct tc_ledger *l, __u32 flush)
{
	if (flush == TC_FLUSH_DONE)
		l->counters[TC_COUNTER_TLB_FLUSHES_ON_SWITCH]++;
	else if (flush == TC_FLUSH_REUSED)
		l->counters[TC_COUNTER_TLB_REUSES_ON_SWITCH]++;
}

static __always_inline void send_stint(const struct tc_ledger *l, __u64 now)
{
	struct tc_stint stint = {
		.record = {.type = TC_RECORD_STINT, .size = sizeof(stint)},
		.id = l->id,
		.start_ns = l->on_cpu_ns,
		.end_ns = now,
		.cpu = l->cpu,
	};

	if (bpf_ringbuf_output(&records, &stint, sizeof(stint), wakeup_flag_at(now)))
		count_loss(TC_LOSS_DROPPED_EVENTS);
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
				       struct task_struct *next, __u32 state, __u64 now)
{
	post(l, now);
	if (l->unseen_wait_ns)
		correct_unseen_wait(l, prev, now);
	take_stack(ctx, &l->left_at);
	if (keep_stints)
		send_stint(l, now);
	l->exec_runtime_ns = prev->se.sum_exec_runtime;
	l->switched_in_ns = 0;
	l->counters[bounded(destination_of(prev, next), TC_NR_COUNTERS)]++;
	/* As the kernel counts nvcsw: a task that was about to sleep when it was preempted did not give up the CPU. */
	if (!preempt && state) {
		l->counters[TC_COUNTER_VOLUNTARY_SWITCHES]++;
		/* A pending signal keeps it on the run queue. Until v6.13 prev_state does not tell. */
		l->condition = task_state_of(prev) ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
		if (l->condition == TC_CONDITION_BLOCKED)
			begin_wait(l, prev, state);
	} else {
		l->counters[TC_COUNTER_INVOLUNTARY_SWITCHES]++;
		l->condition = TC_CONDITION_PREEMPTED;
		l->why_preempted = why_preempted(l, preempt, prev);
	}
}

/* Where the CPU came from: another program's histogram of switches, or the count of what was no program. */
static __always_inline __u32 count_origin(struct tc_ledger *l, struct task_struct *prev, struct task_struct *next)
{
	__u32 origin = prev->pid ? TC_COUNTER_SWITCHES_FROM_KERNEL_THREAD : TC_COUNTER_SWITCHES_FROM_IDLE;

	if (untrusted(prev)->mm || (prev->flags & PF_EXITING)) {
		l->switch_kind = untrusted(prev)->active_mm == untrusted(next)->mm ? TC_HISTOGRAM_SWITCH_SAME
										   : TC_HISTOGRAM_SWITCH_OTHER;
		return TC_NO_COUNTER;
	}
	l->switch_kind = TC_NR_HISTOGRAMS;
	l->counters[bounded(origin, TC_NR_COUNTERS)]++;
	return origin;
}

/* NULL when transitions are not kept. */
static __always_inline struct tc_switch *begin_switch(struct tc_gathered *these, struct task_struct *prev,
						      struct task_struct *next, __u32 cpu, __u64 now)
{
	struct tc_switch *event = begin_event(these, sizeof(*event), now);

	if (!event)
		return NULL;
	__builtin_memset(event, 0, sizeof(*event));
	event->record.type = TC_RECORD_SWITCH;
	event->record.size = sizeof(*event);
	event->at_ns = now;
	event->cpu = cpu;
	event->prev_tid = prev->pid;
	event->next_tid = next->pid;
	return event;
}

/* The last event of the task that leaves, and all of it that was gathered. Of nobody once the window is closed. */
static __always_inline void finish_switch(struct tc_gathered *these, const struct tc_switch *event, __u64 now)
{
	finish_event(these, event->prev || event->next ? sizeof(*event) : 0, now);
	if (these->used)
		send_these(these, wakeup_flag_at(now));
}

/* The task that leaves, when all is known of it. */
static __always_inline void tell_prev(struct tc_switch *event, const struct tc_ledger *l, enum tc_counter destination,
				      __u32 flush, bool voluntary, bool last)
{
	event->prev = l->id;
	event->entered_ns = l->found ? 0 : entry_of_call(l, l->activity);
	event->syscall = l->syscall;
	event->row = l->activity;
	event->condition = l->condition;
	event->wait = l->condition == TC_CONDITION_BLOCKED ? l->wait : 0;
	event->destination = destination;
	event->flush = flush;
	event->flags =
		(voluntary ? TC_SWITCH_VOLUNTARY : 0) | (last ? TC_SWITCH_LAST : 0) | (l->found ? TC_SWITCH_FOUND : 0);
	if (l->why_preempted == TC_PREEMPTED_BY_QUOTA)
		event->flags |= TC_SWITCH_THROTTLED;
	else if (l->why_preempted == TC_PREEMPTED_BY_YIELD)
		event->flags |= TC_SWITCH_YIELDED;
}

static __always_inline void tell_next(struct tc_switch *event, const struct tc_ledger *l, __u32 origin, bool blocked,
				      __u64 woken_ns)
{
	event->next = l->id;
	event->origin = origin;
	event->switch_kind = l->switch_kind;
	if (!blocked)
		return;
	event->woken_ns = woken_ns;
	event->waker = l->waker;
	event->waker_from = l->waker_from;
	event->next_wait = l->wait + 1;
}

/*
 * A device ends a wait for it by an interrupt, or a kernel thread on its behalf. What a program ends was for that
 * program: a request to a FUSE server, a page that another task had locked.
 */
static __always_inline void settle_wait(struct tc_ledger *l)
{
	if (l->wait != TC_WAIT_DISK || !l->woken_ns || l->waker == TC_WAKER_INTERRUPT || l->waker == TC_WAKER_TIMER ||
	    l->waker_from == TC_FROM_KERNEL)
		return;
	l->wait = l->wait_in_call;
}

static __always_inline void switch_in(struct tc_ledger *l, struct task_struct *prev, struct task_struct *next,
				      __u32 cpu, __u64 now, struct tc_switch *event)
{
	bool blocked = l->condition == TC_CONDITION_BLOCKED;
	bool throttled = l->why_preempted == TC_PREEMPTED_BY_QUOTA;
	__u64 woken = l->woken_ns;
	__u64 ready;
	__u32 origin;

	if (blocked)
		settle_wait(l);
	ready = end_wait(l, now);
	leave_found_call(l);
	if (ready < now && !throttled)
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
	origin = count_origin(l, prev, next);
	if (event)
		tell_next(event, l, origin, blocked, woken);
}

/* any activity: running -> preempted or blocked; runnable, preempted -> running; dead -> the ledger's end */
SEC("tp_btf/sched_switch")
int BPF_PROG(taskcost_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 cpu = this_cpu();
	struct tc_cpu_note *note = &notes[cpu];
	__u32 next_slot = slot_near(note, next);
	__u32 prev_slot;
	struct tc_ledger *l, *dead = NULL;
	struct tc_gathered *these = gathered_here();
	struct tc_switch *event;
	__u32 flush, state = 0;
	__u64 now;

	if (note->task != (__u64)prev)
		catch_up(note, prev);
	prev_slot = note->slot;
	flush = note->flush;
	note->task = (__u64)next;
	note->regs = 0;
	note->slot = next_slot;
	note->flush = TC_FLUSH_NONE;
	if (!prev_slot && !next_slot)
		return 0;
	if (prev_slot)
		note->last_slot = prev_slot;
	now = bpf_ktime_get_ns();

	l = ledger_in(prev_slot);
	if (l) {
		state = prev_state_of(ctx, prev);
		if (keep_events && l->activity == TC_ROW_FAULT_PENDING)
			gather_fault(l, TC_FAULT_BEGUN, now);
		count_flush(l, flush);
		switch_out(ctx, l, preempt, prev, next, state, now);
		if (state & TASK_DEAD)
			dead = l;
	}
	event = begin_switch(these, prev, next, cpu, now);
	if (l && event)
		tell_prev(event, l, destination_of(prev, next), flush, !preempt && state, dead);

	l = ledger_in(next_slot);
	if (l) {
		note->regs = l->regs;
		switch_in(l, prev, next, cpu, now, event);
	}

	if (event)
		finish_switch(these, event, now);
	if (dead)
		end_ledger(dead, prev_slot, prev);
	return 0;
}

/* Whether this kernel tells it. */
static __always_inline bool read_preempt_count(struct task_struct *current, __u32 *count)
{
#if defined(__TARGET_ARCH_x86)
	__u32 cpu = this_cpu();
	__u64 at = preempt_counts[cpu];

	if (!at) {
		at = find_preempt_count(current, cpu);
		if (!at)
			return false;
		preempt_counts[cpu] = at;
	}
	*count = preempt_count_at(at);
#else
	*count = current->thread_info.preempt.count;
#endif
	return true;
}

/* In no system call by its registers, so in user mode until an interrupt or an exception came. */
static __always_inline bool was_in_user_mode(struct tc_ledger *l, struct task_struct *task)
{
	if (l)
		return l->activity == TC_ACTIVITY_USER && call_of(l, task) < 0;
	return !(task->flags & PF_KTHREAD) && syscall_number_of((struct pt_regs *)bpf_task_pt_regs(task)) < 0;
}

/* Where the preemption count is not to be had. What a device never ends is not taken for it. */
static __always_inline bool seems_interrupt(const struct tc_ledger *l, struct tc_ledger *waker,
					    struct task_struct *current)
{
	switch (l->wait) {
	case TC_WAIT_CHILD:
	case TC_WAIT_CREATION:
	case TC_WAIT_SIGNAL:
	case TC_WAIT_STOPPED:
		return false;
	case TC_WAIT_DISK:
		return !waker || waker->activity != TC_ACTIVITY_SIGNAL;
	default:
		return waker && was_in_user_mode(waker, current);
	}
}

/*
 * An interrupt is not the work of the task that it came upon. Softirqs are served at its end, or at once where a call
 * has raised one, as by a packet to the machine itself: of a task in a call they count as the call's.
 */
static __always_inline bool is_interrupt(const struct tc_ledger *l, struct tc_ledger *waker,
					 struct task_struct *current)
{
	__u32 count;

	if (!current->pid)
		return true;
	if (!read_preempt_count(current, &count))
		return seems_interrupt(l, waker, current);
	return (count & (HARDIRQ_MASK | NMI_MASK)) || ((count & SOFTIRQ_OFFSET) && was_in_user_mode(waker, current));
}

static __always_inline void note_waker(struct tc_ledger *l, struct tc_ledger *waker, struct task_struct *current,
				       __u64 now)
{
	if (!waker) {
		l->waker = TC_WAKER_UNOBSERVED | (__u32)current->pid;
		l->waker_from = current->flags & PF_KTHREAD ? TC_FROM_KERNEL : TC_FROM_NOWHERE;
		return;
	}
	l->waker = waker->id;
	l->waker_from = whereabouts(waker, current);
	if (waker->waited.end_ns > l->since_ns && now - l->since_ns >= LONG_WAIT_NS) {
		l->cause = waker->waited;
		l->cause.end_ns = now;
	}
}

/*
 * blocked -> runnable. Only the time and the waker are noted: the sleeper may still be on its way off another CPU. The
 * kernel holds its pi_lock, so there is one waker at a time.
 */
SEC("tp_btf/sched_waking")
int BPF_PROG(taskcost_waking, struct task_struct *task)
{
	struct tc_cpu_note *note = &notes[this_cpu()];
	struct tc_ledger *l = ledger_in(slot_near(note, task));
	struct task_struct *current;
	struct tc_ledger *waker;

	if (!l)
		return 0;
	l->woken_ns = bpf_ktime_get_ns();
	if (task_state_of(task) & TASK_FROZEN)
		l->wait = TC_WAIT_FROZEN; /* v1 of cgroups freezes a sleeper where it is: only its thaw is seen */
	if (note->in_timer) {
		l->waker = TC_WAKER_TIMER;
		l->waker_from = TC_FROM_INTERRUPT;
		return 0;
	}
	current = bpf_get_current_task_btf();
	waker = ledger_of_current(note, current);
	if (is_interrupt(l, waker, current)) {
		l->waker = TC_WAKER_INTERRUPT;
		l->waker_from = TC_FROM_INTERRUPT;
	} else {
		note_waker(l, waker, current, l->woken_ns);
	}
	return 0;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(taskcost_timer_entry)
{
	notes[this_cpu()].in_timer = 1;
	return 0;
}

SEC("tp_btf/timer_expire_exit")
int BPF_PROG(taskcost_timer_exit)
{
	notes[this_cpu()].in_timer = 0;
	return 0;
}

SEC("tp_btf/hrtimer_expire_entry")
int BPF_PROG(taskcost_hrtimer_entry)
{
	flush_gathered();
	notes[this_cpu()].in_timer = 1;
	return 0;
}

SEC("tp_btf/hrtimer_expire_exit")
int BPF_PROG(taskcost_hrtimer_exit)
{
	notes[this_cpu()].in_timer = 0;
	return 0;
}

static __always_inline void end_switch(struct task_struct *task)
{
	struct tc_ledger *l = ledger_of_current(&notes[this_cpu()], task);

	if (l && l->switched_in_ns)
		sign_of_life(l, bpf_ktime_get_ns());
}

/* The return to user mode ends a switch where nothing nearer to it can be seen. */
SEC("?tp_btf/rseq_update")
int BPF_PROG(taskcost_rseq_update, struct task_struct *task)
{
	stay_on_cpu();
	end_switch(task);
	return 0;
}

/* The exact end of a switch, where it may be probed: the incoming task's first instructions. */
SEC("?fentry/finish_task_switch")
int BPF_PROG(taskcost_finish_switch_fentry)
{
	end_switch(bpf_get_current_task_btf());
	return 0;
}

/* Attached by name: the compiler may have given the symbol a suffix. */
SEC("?kprobe")
int taskcost_finish_switch_kprobe(void *ctx)
{
	end_switch(bpf_get_current_task_btf());
	return 0;
}
