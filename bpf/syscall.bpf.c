/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System calls: the activity of a task between entry and exit. */
#include "call_sums.bpf.h"
#include "flow.bpf.h"
#include "identity.bpf.h"
#include "region.bpf.h"
#include "task.bpf.h"

enum { OLD_MMAP = 90 | TC_FROM_COMPAT }; /* __NR_mmap of i386: its arguments lie in memory */

/* The bytes that passed through a call. */
struct passed {
	__u64 in;
	__u64 out;
	__u32 bits;  /* TC_CALL_IN, TC_CALL_OUT */
	__u32 flags; /* TC_PASSED_* */
};

/* Accounts a call to its channel. If it has an object, that is the one of the last flow. */
static __always_inline void account_call(struct tc_ledger *l, __u32 channel, __u64 running_ns,
					 const struct passed *passed, struct tc_transfer *transfer)
{
	struct tc_channel_use *use = &l->channels[bounded(channel, TC_NR_CHANNELS)];

	use->calls++;
	use->kernel_ns += running_ns;
	if (passed->flags & TC_PASSED_PEEKED)
		l->counters[TC_COUNTER_PEEKED_BYTES] += passed->in;
	else if (passed->flags & TC_PASSED_UNCOUNTED)
		l->uncounted_calls[bounded(channel, TC_NR_CHANNELS)]++;
	else {
		use->bytes_in += passed->in;
		use->bytes_out += passed->out;
	}
	if (!transfer)
		return;
	transfer->call.record = (struct tc_record){.type = TC_RECORD_TRANSFER, .size = sizeof(*transfer)};
	transfer->bytes_in = passed->in;
	transfer->bytes_out = passed->out;
	transfer->object = 0;
	transfer->link = 0;
	transfer->bits = passed->bits;
	transfer->flags = passed->flags;
	__builtin_memset(transfer->pad, 0, sizeof(transfer->pad));
}

static __always_inline void account_object(struct tc_ledger *l, const struct passed *passed,
					   struct tc_transfer *transfer)
{
	bool counted = !(passed->flags & (TC_PASSED_UNCOUNTED | TC_PASSED_PEEKED));
	__u64 uncounted = passed->flags & TC_PASSED_UNCOUNTED ? TC_BYTES_UNKNOWN : 0;
	__u64 in = counted ? passed->in : passed->bits & TC_CALL_IN ? uncounted : 0;
	__u64 out = counted ? passed->out : passed->bits & TC_CALL_OUT ? uncounted : 0;

	l->call = (l->call & ~(TC_CALL_IN | TC_CALL_OUT)) | passed->bits;
	account_flow_seldom(l, in, out);
	if (transfer) {
		transfer->object = l->object;
		transfer->link = l->link;
	}
}

/*
 * The result of these calls counts messages, not bytes: the length probes of sockets count the bytes, if there are any.
 */
static __always_inline void count_messages(const struct tc_ledger *l, struct passed *passed)
{
	__u64 bytes = l->messages_ns == l->entered_ns ? l->message_bytes : 0;

	if (!sees_lengths && (passed->in || passed->out))
		passed->flags |= TC_PASSED_UNCOUNTED;
	passed->in = sees_lengths && passed->in ? bytes : 0;
	passed->out = sees_lengths && passed->out ? bytes : 0;
}

/* For calls whose result is not the number of bytes, or not all of it. */
static __always_inline void count_specially(struct tc_ledger *l, struct pt_regs *regs, long result,
					    struct passed *passed)
{
	__u32 kind = kind_of_call(l);
	struct file *file;

	if (kind == TC_KIND_RECVMMSG || kind == TC_KIND_SENDMMSG)
		count_messages(l, passed);
	switch (kind) {
	case TC_KIND_RECV:
	case TC_KIND_RECVMSG:
	case TC_KIND_RECVMMSG:
		if (argument_of_call(l, regs, kind == TC_KIND_RECVMSG ? 3 : 4) & (MSG_PEEK | MSG_ERRQUEUE)) {
			passed->bits = 0;
			passed->flags |= TC_PASSED_PEEKED;
		}
		return;
	case TC_KIND_MQ_SEND:
		/* The call sends the whole message or nothing. */
		passed->out = result == 0 ? argument_of(regs, 3, in_compat_call(l)) : 0;
		return;
	case TC_KIND_VMSPLICE:
		/* The writing end of the pipe takes the bytes, the reading end gives them. */
		file = (struct file *)l->file;
		if (BPF_CORE_READ(file, f_mode) & FMODE_WRITE)
			return;
		passed->in = passed->out;
		passed->out = 0;
		passed->bits = TC_CALL_IN;
		return;
	case TC_KIND_SPLICE:
	case TC_KIND_TEE:
		if (l->other_end & TC_OTHER_END_IN) {
			passed->out = passed->in;
			passed->in = 0;
			passed->bits = TC_CALL_OUT;
		} else if (kind == TC_KIND_TEE) {
			passed->in = 0;
			passed->bits = 0;
		}
		return;
	}
	return;
}

/* Returns whether the result is the number of bytes: a receiving call with flags that leave the bytes is different. */
static __always_inline bool counts_by_result(const struct tc_ledger *l, struct pt_regs *regs)
{
	__u32 kind = kind_of_call(l);

	if (!kind)
		return true;
	if (kind > TC_KIND_RECVMSG || (l->call & TC_CALL_IN_MEMORY))
		return false;
	return !(argument_of(regs, kind == TC_KIND_RECVMSG ? 3 : 4, in_compat_call(l)) & (MSG_PEEK | MSG_ERRQUEUE));
}

static __always_inline struct passed passed_by_result(const struct tc_ledger *l, long result)
{
	return (struct passed){
		.in = result > 0 && (l->call & TC_CALL_IN) ? result : 0,
		.out = result > 0 && (l->call & TC_CALL_OUT) ? result : 0,
		.bits = l->call & (TC_CALL_IN | TC_CALL_OUT),
	};
}

static __noinline int leave_special_call(struct tc_ledger *l, struct pt_regs *regs, long result, __u64 running_ns,
					 struct tc_transfer *transfer)
{
	struct passed passed;

	if (!l || !regs) /* can't happen; the verifier asks */
		return 0;
	passed = passed_by_result(l, result);
	count_specially(l, regs, result, &passed);
	account_call(l, l->channel, running_ns, &passed, transfer);
	account_object(l, &passed, transfer);
	return 0;
}

static __always_inline void leave_call(struct tc_ledger *l, struct pt_regs *regs, long result,
				       struct tc_transfer *transfer)
{
	__u64 running_ns = *cell_of(l, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
	__u32 channel = end_call(l, task_of(l));
	struct passed passed;

	if (transfer)
		transfer->call.file = l->file_type;
	if (channel >= TC_NR_CHANNELS)
		return;
	if (!counts_by_result(l, regs)) {
		leave_special_call(l, regs, result, running_ns, transfer);
		return;
	}
	passed = passed_by_result(l, result);
	account_call(l, channel, running_ns, &passed, transfer);
	account_flow(l, passed.in, passed.out);
	if (transfer) {
		transfer->object = l->object;
		transfer->link = l->link;
	}
}

static __always_inline void use_channel(struct tc_ledger *l, __u32 channel, __u32 row, struct tc_transfer *transfer)
{
	struct passed passed = {};

	account_call(l, channel, call_running(l, row), &passed, transfer);
}

static __always_inline void leave_futex(struct tc_ledger *l, struct tc_transfer *transfer)
{
	if (l->resolved && l->channel == TC_CHANNEL_SHARED_MEMORY)
		use_channel(l, TC_CHANNEL_SHARED_MEMORY, TC_ACTIVITY_FUTEX, transfer);
}

/* The arguments of the old mmap lie in struct mmap_arg_struct32. */
static __noinline __u64 shared_bytes_of_old_mmap(struct pt_regs *regs)
{
	__u32 arguments[4] = {}; /* address, length, protection, flags */

	read_user(arguments, sizeof(arguments), argument_of(regs, 1, true));
	return arguments[3] & MAP_SHARED ? arguments[1] : 0;
}

/* A segment is mapped as a whole. If ipc multiplexes the call, its fourth argument points to the address. */
static __noinline __u64 bytes_of_segment(struct tc_ledger *l, struct pt_regs *regs, __u64 address)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	if (l->call & TC_CALL_SHIFTED) {
		__u32 at = 0;

		read_user(&at, sizeof(at), argument_of(regs, 4, true));
		address = at;
	}
	return mapping_at(bpf_get_current_task_btf(), address).bytes;
}

static __always_inline void leave_memory(struct tc_ledger *l, struct pt_regs *regs, long result,
					 struct tc_transfer *transfer)
{
	__u32 kind = kind_of_call(l);
	bool compat = in_compat_call(l);
	__u64 bytes = 0;

	if (!kind || (result < 0 && result >= -MAX_ERRNO))
		return;
	if (kind == TC_KIND_SHMAT)
		bytes = bytes_of_segment(l, regs, result);
	else if (kind == TC_KIND_MMAP && l->syscall == OLD_MMAP)
		bytes = shared_bytes_of_old_mmap(regs);
	else if (kind == TC_KIND_MMAP && (argument_of(regs, 4, compat) & MAP_SHARED))
		bytes = argument_of(regs, 2, compat);
	l->counters[TC_COUNTER_SHARED_MAPPING_BYTES] += bytes;
	if (transfer)
		transfer->call.mapped_bytes = bytes;
}

/* The caller of msgsnd passes the length in the third register, in every variant of the call. */
static __always_inline void leave_queue(struct tc_ledger *l, struct pt_regs *regs, long result,
					struct tc_transfer *transfer)
{
	bool compat = in_compat_call(l);
	struct passed passed = {};

	if (kind_of_call(l) == TC_KIND_MSGSND) {
		passed.bits = TC_CALL_OUT;
		passed.out = result == 0 ? argument_of(regs, 3, compat) : 0;
	} else {
		__u64 flags = l->call & TC_CALL_SHIFTED ? argument_of(regs, 4, compat) : argument_of(regs, 5, compat);

		passed.bits = flags & MSG_COPY ? 0 : TC_CALL_IN;
		passed.flags = flags & MSG_COPY ? TC_PASSED_PEEKED : 0;
		passed.in = result > 0 ? result : 0;
	}
	l->channel = TC_CHANNEL_SYSV_QUEUE;
	l->file = 0;
	l->fd = l->call & TC_CALL_SHIFTED ? argument_of(regs, 2, compat) : argument_of(regs, 1, compat);
	account_call(l, TC_CHANNEL_SYSV_QUEUE, call_running(l, TC_ACTIVITY_OTHER), &passed, transfer);
	account_object(l, &passed, transfer);
}

static __noinline int leave_other(struct tc_ledger *l, struct pt_regs *regs, long result, struct tc_transfer *transfer)
{
	struct passed passed;

	if (!l || !regs) /* can't happen; the verifier asks */
		return 0;
	switch (kind_of_call(l)) {
	case TC_KIND_SEMOP:
		use_channel(l, TC_CHANNEL_SYSV_SEMAPHORE, TC_ACTIVITY_OTHER, transfer);
		break;
	case TC_KIND_MSGSND:
	case TC_KIND_MSGRCV:
		leave_queue(l, regs, result, transfer);
		break;
	case TC_KIND_PRCTL:
		if (is_mark(l))
			begin_region(l, regs);
		break;
	case TC_KIND_PROCESS_VM:
		passed = passed_by_result(l, result);
		account_call(l, TC_CHANNEL_PROCESS_MEMORY, call_running(l, TC_ACTIVITY_OTHER), &passed, transfer);
		break;
	}
	return 0;
}

/* The second file of splice or tee is a channel as well. The time of the call is accounted to the first. */
static __always_inline void leave_other_end(struct tc_ledger *l, long result, __u64 now)
{
	if (l->other_channel >= TC_NR_CHANNELS || l->channel >= TC_NR_CHANNELS)
		return;
	l->file = l->other_file;
	l->file_type = l->other_type;
	account_passage(l, l->other_channel, TC_CALL_OUT, result > 0 ? result : 0, now);
}

static __always_inline void leave_create(struct tc_ledger *l, __u64 now)
{
	struct tc_creation_sums *sums;
	__u32 kind = l->created_kind;

	/* The child leaves this system call too, without having created anything. */
	if (kind >= TC_NR_CREATIONS)
		return;
	sums = creations_of(l, kind);
	if (l->created_ns) {
		sums->return_ns += elapsed(l->created_ns, now);
		sums->returns++;
	}
	sums->running_ns += call_running(l, TC_ACTIVITY_CREATE);
}

static __always_inline void leave_exec(struct tc_ledger *l, __u64 now)
{
	if (!l->exec_mark_ns)
		return;
	l->exec_return_ns += elapsed(l->exec_mark_ns, now);
	l->exec_mark_ns = 0;
	add_latency(TC_HISTOGRAM_EXEC, elapsed(l->entered_ns, now));
}

/* What waitid() fills in: the kernel's siginfo_t for SIGCHLD. In a 32-bit program the pid is at the offset of `pad`. */
struct child_info {
	int signal, error, code;
	__u32 pad, pid;
};

enum {
	WAIT_STOPPED = 0x7f, /* in the low byte of a status: stopped or traced */
	WAIT_CONTINUED = 0xffff,
};

/* Returns the child that this call reaped; 0: none. The call also returns for children that stopped or continued. */
static __always_inline __u32 reaped_child(struct tc_ledger *l, struct pt_regs *regs, long result)
{
	bool compat = in_compat_call(l);
	int status = 0;
	__u64 at;

	if (kind_of_call(l) == TC_KIND_WAITID) {
		struct child_info info = {};

		if (result || (argument_of(regs, 4, compat) & WNOWAIT) ||
		    bpf_probe_read_user(&info, sizeof(info), (void *)argument_of(regs, 3, compat)) ||
		    info.code < CLD_EXITED || info.code > CLD_DUMPED)
			return 0;
		return compat ? info.pad : info.pid;
	}
	if (result <= 0)
		return 0;
	at = argument_of(regs, 2, compat);
	if (at && !bpf_probe_read_user(&status, sizeof(status), (void *)at) &&
	    ((status & 0xff) == WAIT_STOPPED || status == WAIT_CONTINUED))
		return 0;
	return result;
}

static __always_inline void leave_wait(struct tc_ledger *l, struct pt_regs *regs, long result, __u64 now)
{
	__u32 child = reaped_child(l, regs, result);
	struct tc_reap reap = {
		.record = {.type = TC_RECORD_REAP, .size = sizeof(reap)},
		.process = l->process,
		.at_ns = now,
		.running_ns = call_running(l, TC_ACTIVITY_WAIT),
		.pid = child,
	};
	struct upid upid;
	struct pid *own;

	if (!child)
		return;
	own = field(task_of(l), thread_pid);
	upid = upid_at_level(own, field(own, level));
	reap.pid_namespace = namespace_of(&upid);
	if (bpf_ringbuf_output(&records, &reap, sizeof(reap), BPF_RB_NO_WAKEUP))
		count_loss(TC_LOSS_DROPPED_EVENTS);
}

/* The return of a call on a channel was missed: how many bytes passed is not known. */
static __noinline int leave_unseen_call(struct tc_ledger *l, __u64 running_ns, struct tc_transfer *transfer)
{
	struct passed passed = {};

	if (!l) /* can't happen; the verifier asks */
		return 0;
	passed.bits = l->call & (TC_CALL_IN | TC_CALL_OUT);
	passed.flags = passed.bits ? TC_PASSED_UNCOUNTED : 0;
	account_call(l, l->channel, running_ns, &passed, transfer);
	account_object(l, &passed, transfer);
	return 0;
}

/*
 * A user-mode fault or the entry of a call: its ledger says that the task is in a call, so the return was missed. The
 * task was adopted on its way back to user mode, where its registers still named the call, or the kernel skipped the
 * probe because it had preempted it in another task.
 *
 * Hidden and not static: the compiler would drop the return value, and the verifier prunes less without one.
 */
__hidden __noinline int end_missed_call(struct tc_ledger *l, __u64 now)
{
	struct tc_event_batch *batch = this_batch();
	struct tc_transfer *transfer;
	__u64 running_ns;
	__u32 channel;

	if (!l || !is_call(l->activity) || l->activity == TC_ACTIVITY_EXIT)
		return 0;
	transfer = begin_transfer(batch, l, 0, TC_CALL_RETURN_UNSEEN, now);
	l->created_kind = TC_NR_CREATIONS;
	if (l->activity == TC_ROW_CALL_PENDING) {
		running_ns = *cell_of(l, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
		channel = end_call(l, task_of(l));
		if (channel < TC_NR_CHANNELS && l->counters[TC_COUNTER_SYSCALLS])
			leave_unseen_call(l, running_ns, transfer);
	} else if (l->activity == TC_ACTIVITY_EXEC) {
		leave_exec(l, now);
	}
	if (transfer) {
		transfer->call.file = seen_file_of(l);
		finish_call(batch, transfer, now);
	}
	enter_activity(l, TC_ACTIVITY_USER);
	return 0;
}

/*
 * A call returns whose entry was not traced: seccomp or a tracer refused it before its probe, or it was entered before
 * its task was adopted. Only its registers name it. Returns tc_call.flags.
 */
static __always_inline __u8 find_returning_call(struct tc_ledger *l, struct pt_regs *regs)
{
	long number = syscall_number_of(regs);
	bool adopted_in_it = (l->flags & TC_LEDGER_OPEN_AT_START) && !l->counters[TC_COUNTER_SYSCALLS];

	if (number < 0)
		return TC_CALL_FROM_USER;
	set_call(l, task_of(l), number);
	if (adopted_in_it)
		return TC_CALL_FROM_USER;
	l->counters[TC_COUNTER_SYSCALLS]++;
	l->counters[TC_COUNTER_SYSCALLS_ENTRY_UNSEEN]++;
	return TC_CALL_FROM_USER | TC_CALL_ENTRY_UNSEEN;
}

/* New tasks and adopted ones return from a call that they have not entered while they were observed. */
static __always_inline bool has_entered(const struct tc_ledger *l, __u8 flags)
{
	return l->counters[TC_COUNTER_SYSCALLS] && flags != TC_CALL_FROM_USER;
}

static __always_inline __u64 running_in_call(struct tc_ledger *l)
{
	if (l->activity == TC_ROW_CALL_PENDING)
		return *cell_of(l, TC_ROW_CALL_PENDING, TC_CONDITION_RUNNING);
	return call_running(l, l->activity);
}

static __always_inline bool is_private_futex(const struct tc_ledger *l, struct pt_regs *regs)
{
	return kind_of_call(l) == TC_KIND_FUTEX && (argument_of(regs, 2, in_compat_call(l)) & FUTEX_PRIVATE_FLAG);
}

/* user -> the class of the system call */
SEC("?tp_btf/sys_enter")
int BPF_PROG(taskcost_sys_enter, struct pt_regs *regs, long number)
{
	stay_on_cpu();
	struct tc_ledger *l = ledger_by_regs(regs);
	__u32 call;
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	if (l->activity != TC_ACTIVITY_USER)
		end_missed_call(l, now);
	l->switched_in_ns = 0;

	call = set_call(l, task_of(l), number);
	l->entered_ns = now;
	l->counters[TC_COUNTER_SYSCALLS]++;
	if ((call & TC_CALL_AT_ENTRY) && !is_private_futex(l, regs)) {
		call = resolve_entry(l, bpf_get_current_task_btf());
		if (is_mark(l))
			end_region(l, regs, now);
	}
	if (call & TC_CALL_BY_FD) {
		l->fd = argument_of(regs, 1, in_compat_call(l));
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
	struct tc_event_batch *batch = this_batch();
	struct tc_transfer *transfer;
	__u8 flags = 0;
	__u64 now;

	if (!l)
		return 0;
	now = leave_activity(l);
	end_switch_latency(l, now);
	if (has_pending_stack(l))
		retake_stack(l);
	if (l->activity == TC_ACTIVITY_USER)
		flags = find_returning_call(l, regs);
	transfer = begin_transfer(batch, l, result, flags, now);
	if (sum_syscalls && has_entered(l, flags))
		sum_up_syscall(l, result, flags ? 0 : l->entered_ns, running_in_call(l), now);

	if (result == -ERESTART_RESTARTBLOCK) {
		l->restart_call = l->call;
		l->restart_syscall = l->syscall;
	}
	switch (l->activity) {
	case TC_ROW_CALL_PENDING:
		leave_call(l, regs, result, transfer);
		break;
	case TC_ACTIVITY_FUTEX:
		leave_futex(l, transfer);
		break;
	case TC_ACTIVITY_OTHER:
		if (kind_of_call(l))
			leave_other(l, regs, result, transfer);
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
		leave_wait(l, regs, result, now);
		break;
	}
	if (transfer)
		finish_call(batch, transfer, now);
	if (l->resolved && (kind_of_call(l) == TC_KIND_SPLICE || kind_of_call(l) == TC_KIND_TEE))
		leave_other_end(l, result, now);
	l->created_kind = TC_NR_CREATIONS;
	enter_activity(l, TC_ACTIVITY_USER);
	return 0;
}
