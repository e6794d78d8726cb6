/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System calls: the activity of a task between entry and exit. */
#define COMPAT_WANT_RDONLY_CAST
#include "ledger.bpf.h"
#include "files.bpf.h"

/* user -> the class of the system call */
SEC("tp_btf/sys_enter")
int BPF_PROG(taskcost_sys_enter, struct pt_regs *regs, long number)
{
	struct tc_ledger *l = current_ledger();
	__u8 call;
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	l->switched_in_ns = 0;

	call = class_of_call(number, l->flags & TC_LEDGER_COMPAT);
	l->call = call;
	l->syscall = (__u32)number;
	l->entered_ns = now;
	l->counters[TC_COUNTER_SYSCALLS]++;
	if (call & TC_CALL_BY_FD) {
		l->fd = first_argument_of(regs, l->flags & TC_LEDGER_COMPAT);
		l->activity = TC_ROW_CALL_PENDING;
	} else {
		enter_activity(l, call & TC_CALL_ACTIVITY_MASK);
	}
	return 0;
}

static __always_inline void leave_call(struct tc_ledger *l, long result)
{
	__u64 running_ns = *cell_of(l, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
	__u32 channel = end_call(l, bpf_get_current_task_btf());
	struct tc_channel_use *use;

	if (channel >= TC_NR_CHANNELS)
		return;
	use = &l->channels[bounded(channel, TC_NR_CHANNELS)];
	use->calls++;
	use->kernel_ns += running_ns;
	if (result > 0 && (l->call & TC_CALL_IN))
		use->bytes_in += result;
	if (result > 0 && (l->call & TC_CALL_OUT))
		use->bytes_out += result;
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
		.pid = (__u32)result,
	};

	if (result > 0 && bpf_ringbuf_output(&records, &reap, sizeof(reap), BPF_RB_NO_WAKEUP))
		count_loss(TC_LOSS_DROPPED_EVENTS);
}

/* the class of the system call -> user */
SEC("tp_btf/sys_exit")
int BPF_PROG(taskcost_sys_exit, struct pt_regs *regs, long result)
{
	struct tc_ledger *l = current_ledger();
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	sign_of_life(l, now);

	switch (l->activity) {
	case TC_ROW_CALL_PENDING:
		leave_call(l, result);
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
	enter_activity(l, TC_ACTIVITY_USER);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
