/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System calls: the activity of a task between entry and exit. */
#include "files.bpf.h"

enum {
	MAP_IS_SHARED = 1, /* MAP_SHARED, and MAP_SHARED_VALIDATE */
	MAX_ERROR = 4095,  /* MAX_ERRNO */
};

/* A message is sent whole: the result of mq_timedsend is 0. */
static __always_inline __u64 bytes_sent(struct tc_ledger *l, __u32 channel, struct pt_regs *regs, long result)
{
	if (channel == TC_CHANNEL_MESSAGE_QUEUE)
		return result == 0 && !(l->flags & TC_LEDGER_COMPAT) ? third_argument_of(regs) : 0;
	return result > 0 ? result : 0;
}

/* The current task, by its ledger: without a helper's help where that can be. */
static __always_inline struct task_struct *task_of(const struct tc_ledger *l)
{
	return can_cast() ? read_as(struct task_struct, l->task) : bpf_get_current_task_btf();
}

/* Bytes went through this call; how many, and through what, is 0 so far. */
static __always_inline void tell_transfer(struct tc_transfer *transfer, const struct tc_ledger *l, __u32 channel)
{
	__builtin_memset(&transfer->call + 1, 0, sizeof(*transfer) - sizeof(transfer->call));
	transfer->call.channel = channel;
	transfer->bits = l->call & (TC_CALL_IN | TC_CALL_OUT);
}

static __always_inline void leave_call(struct tc_ledger *l, struct pt_regs *regs, long result,
				       struct tc_transfer *transfer)
{
	__u64 running_ns = *cell_of(l, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
	__u32 channel = end_call(l, task_of(l));
	__u64 bytes_in = 0, bytes_out = 0;
	struct tc_channel_use *use;

	if (channel >= TC_NR_CHANNELS)
		return;
	use = &l->channels[bounded(channel, TC_NR_CHANNELS)];
	if (result > 0 && (l->call & TC_CALL_IN))
		bytes_in = result;
	if (l->call & TC_CALL_OUT)
		bytes_out = bytes_sent(l, channel, regs, result);
	use->calls++;
	use->kernel_ns += running_ns;
	use->bytes_in += bytes_in;
	use->bytes_out += bytes_out;
	book_flow(l, bytes_in, bytes_out);

	if (transfer) {
		tell_transfer(transfer, l, channel);
		transfer->bytes_in = bytes_in;
		transfer->bytes_out = bytes_out;
		transfer->object = l->object;
		transfer->link = l->link;
	}
}

static __always_inline void leave_futex(struct tc_ledger *l, struct pt_regs *regs, struct tc_transfer *transfer)
{
	struct tc_channel_use *use = &l->channels[TC_CHANNEL_SHARED_MEMORY];

	if (!futex_is_shared(l, regs))
		return;
	use->calls++;
	use->kernel_ns += call_running(l, TC_ACTIVITY_FUTEX);
	if (transfer)
		tell_transfer(transfer, l, TC_CHANNEL_SHARED_MEMORY);
}

static __always_inline void leave_memory(struct tc_ledger *l, struct pt_regs *regs, long result,
					 struct tc_transfer *transfer)
{
	if (l->syscall == SYSCALL_MMAP && !(l->flags & TC_LEDGER_COMPAT) &&
	    (fourth_argument_of(regs) & MAP_IS_SHARED) && (result > 0 || result < -MAX_ERROR)) {
		l->counters[TC_COUNTER_SHARED_MAPPING_BYTES] += second_argument_of(regs);
		if (transfer)
			transfer->call.mapped_bytes = second_argument_of(regs);
	}
}

static __always_inline void leave_create(struct tc_ledger *l, __u64 now)
{
	struct tc_creation_sums *sums;
	__u32 kind = l->created_kind;

	/* Also the child leaves this system call, without having created anything. */
	if (kind >= TC_NR_CREATIONS)
		return;
	sums = creations_of(l, kind);
	sums->return_ns += elapsed(l->created_ns, now);
	sums->returns++;
	sums->running_ns += call_running(l, TC_ACTIVITY_CREATE);
	l->created_kind = TC_NR_CREATIONS;
}

static __always_inline void leave_exec(struct tc_ledger *l, __u64 now)
{
	if (!l->exec_mark_ns)
		return;
	l->exec_return_ns += elapsed(l->exec_mark_ns, now);
	l->exec_mark_ns = 0;
	add_latency(TC_HISTOGRAM_EXEC, elapsed(l->entered_ns, now));
}

/* wait4() returns the pid of the child that it reaped. (waitid() does not: what it reaps stays unknown.) */
static __always_inline void leave_wait(struct tc_ledger *l, long result, __u64 now)
{
	struct tc_reap reap = {
		.record = {.type = TC_RECORD_REAP, .size = sizeof(reap)},
		.process = l->process,
		.at_ns = now,
		.running_ns = call_running(l, TC_ACTIVITY_WAIT),
		.pid = (__u32)result,
	};

	if (result > 0 && bpf_ringbuf_output(&records, &reap, sizeof(reap), BPF_RB_NO_WAKEUP))
		count_loss(TC_LOSS_DROPPED_EVENTS);
}

/* What the return of a call begins its event with. NULL when transitions are not kept. */
static __always_inline struct tc_transfer *begin_transfer(struct tc_gathered *these, const struct tc_ledger *l,
							  long result, __u64 now)
{
	struct tc_transfer *transfer = begin_event(these, sizeof(*transfer), now);

	if (!transfer)
		return NULL;
	transfer->call.at_ns = now;
	transfer->call.id = l->id;
	transfer->call.entered_ns = entry_of_call(l, l->activity);
	transfer->call.result = result;
	transfer->call.mapped_bytes = 0;
	transfer->call.number = place_in_call(l, l->syscall);
	transfer->call.channel = TC_CHANNEL_NONE;
	transfer->call.created = l->created_kind;
	transfer->call.flags = 0;
	return transfer;
}

static __always_inline void finish_call(struct tc_gathered *these, struct tc_transfer *transfer,
					const struct tc_ledger *l, __u64 now)
{
	bool whole = transfer->call.channel != TC_CHANNEL_NONE;
	__u64 size = whole ? sizeof(*transfer) : sizeof(transfer->call);

	transfer->call.record.type = whole ? TC_RECORD_TRANSFER : TC_RECORD_CALL;
	transfer->call.record.size = size;
	transfer->call.row = l->activity;
	finish_event(these, size, now);
}

__hidden int returned_unseen(struct tc_ledger *l, __u64 now)
{
	struct tc_gathered *these = gathered_here();
	struct tc_transfer *transfer;

	if (!l || !is_call(l->activity) || l->activity == TC_ACTIVITY_EXIT)
		return 0;
	transfer = begin_transfer(these, l, 0, now);
	if (transfer)
		transfer->call.created = TC_NR_CREATIONS;
	l->created_kind = TC_NR_CREATIONS;
	if (l->activity == TC_ROW_CALL_PENDING)
		end_call(l, task_of(l));
	else if (l->activity == TC_ACTIVITY_EXEC)
		leave_exec(l, now);
	if (transfer)
		finish_call(these, transfer, l, now);
	enter_activity(l, TC_ACTIVITY_USER);
	return 0;
}

/*
 * A call returns that nobody saw enter: seccomp or a tracer refused it before its probe, or it was entered before its
 * task was adopted. Only its registers know which one it was.
 */
static __always_inline bool meet_call(struct tc_ledger *l, struct pt_regs *regs)
{
	long number = syscall_number_of(regs);
	bool adopted_in_it = (l->flags & TC_LEDGER_OPEN_AT_START) && !l->counters[TC_COUNTER_SYSCALLS];

	if (number < 0)
		return false;
	l->syscall = (__u32)number;
	if (adopted_in_it)
		return false;
	l->counters[TC_COUNTER_SYSCALLS]++;
	l->counters[TC_COUNTER_SYSCALLS_ENTRY_UNSEEN]++;
	return true;
}

/* user -> the class of the system call */
SEC("?tp_btf/sys_enter")
int BPF_PROG(taskcost_sys_enter, struct pt_regs *regs, long number)
{
	stay_on_cpu();
	struct tc_ledger *l = ledger_by_regs(regs);
	__u8 call;
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	if (l->activity != TC_ACTIVITY_USER)
		returned_unseen(l, now);
	l->switched_in_ns = 0;

	call = class_of_call(number, l->flags & TC_LEDGER_COMPAT);
	l->call = call;
	l->syscall = (__u32)number;
	l->entered_ns = now;
	l->looked_at = 0;
	l->counters[TC_COUNTER_SYSCALLS]++;
	if (call & TC_CALL_BY_FD) {
		l->fd = first_argument_of(regs, l->flags & TC_LEDGER_COMPAT);
		l->activity = TC_ROW_CALL_PENDING;
	} else {
		enter_activity(l, call & TC_CALL_ACTIVITY_MASK);
		l->call_running_ns = *cell_of(l, l->activity, TC_CONDITION_RUNNING);
	}
	return 0;
}

/* the class of the system call -> user */
SEC("?tp_btf/sys_exit")
int BPF_PROG(taskcost_sys_exit, struct pt_regs *regs, long result)
{
	stay_on_cpu();
	struct tc_ledger *l = ledger_by_regs(regs);
	struct tc_gathered *these = gathered_here();
	struct tc_transfer *transfer;
	bool met = false;
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	sign_of_life(l, now);
	if (l->activity == TC_ACTIVITY_USER)
		met = meet_call(l, regs);
	transfer = begin_transfer(these, l, result, now);
	if (transfer && met)
		transfer->call.flags = TC_CALL_ENTRY_UNSEEN;

	switch (l->activity) {
	case TC_ROW_CALL_PENDING:
		leave_call(l, regs, result, transfer);
		break;
	case TC_ACTIVITY_FUTEX:
		leave_futex(l, regs, transfer);
		break;
	case TC_ACTIVITY_MEMORY:
		leave_memory(l, regs, result, transfer);
		break;
	case TC_ACTIVITY_CREATE:
		leave_create(l, now);
		break;
	case TC_ACTIVITY_EXEC:
		leave_exec(l, now);
		break;
	case TC_ACTIVITY_WAIT:
		leave_wait(l, result, now);
		break;
	}
	if (transfer)
		finish_call(these, transfer, l, now);
	enter_activity(l, TC_ACTIVITY_USER);
	return 0;
}
