/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Programs that user space runs: once to learn its own ids, and walks over all tasks, to adopt those that exist already
 * and to read the kernel's accounting of those that live on.
 */
#include "adopt.bpf.h"

/* Looks up the functions that restart_syscall calls, if the caller may read addresses. Missing ones stay 0. */
static __always_inline void look_up_restarts(void)
{
#define look_up(name, address) bpf_kallsyms_lookup_name(name, sizeof(name), 0, address)
	look_up("do_restart_poll", &restarts_poll);
	look_up("futex_wait_restart", &restarts_futex);
	look_up("do_no_restart_syscall", &restarts_nothing);
	look_up("hrtimer_nanosleep_restart", &restarts_sleep[0]);
	look_up("posix_cpu_nsleep_restart", &restarts_sleep[1]);
	look_up("alarm_timer_nsleep_restart", &restarts_sleep[2]);
#undef look_up
}

/* The collector runs this once: it learns its pid namespace and its ids in the kernel. */
SEC("syscall")
int taskcost_self_ids(void *ctx)
{
	struct task_struct *self = bpf_get_current_task_btf();
	struct pid *pid = self->thread_pid;
	struct upid upid = {};

	collector_tid = (__u32)bpf_get_current_pid_tgid();
	collector_tgid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	collector_level = pid->level;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[pid->level]);
	collector_namespace = (__u64)upid.ns;
	if (bpf_core_enum_value_exists(enum bpf_func_id___compat, BPF_FUNC_kallsyms_lookup_name___compat))
		look_up_restarts();
	return 0;
}

__u64 adopted = 0;    /* by the last walk */
__u64 unfinished = 0; /* tasks that the last walk left to the next one */

SEC("iter/task")
int taskcost_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task || task->exit_state || find_slot(task))
		return 0;
	if (!is_target(task) && !descends_from_target(task))
		return 0;
	/* task_newtask will report it, with more detail. */
	if (task_state_of(task) & TASK_NEW)
		unfinished++;
	else if (adopt(task))
		adopted++;
	return 0;
}

/* Returns the ledger of a task of a walk; NULL: it is not observed. The window may be closed. */
static __always_inline struct tc_ledger *ledger_of_walk(struct task_struct *task)
{
	__u32 slot = task ? find_slot(task) : 0;
	struct tc_ledger *l = slot ? bpf_map_lookup_elem(&pool, &slot) : NULL;

	return l && l->live ? l : NULL;
}

static __always_inline void read_task(struct tc_ledger *l, struct task_struct *task)
{
	read_task_stats(&l->stats_end, task);
	set_parent(l, BPF_CORE_READ(task, real_parent));
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	read_owner(l, task);
}

/*
 * In an open window: reads the kernel's accounting, the name and the owner of each living task. TC_LEDGER_STATS stays
 * clear, because the CPU of the task may be writing the flags.
 */
SEC("iter/task")
int taskcost_glance(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tc_ledger *l = ledger_of_walk(task);

	if (task && l)
		read_task(l, task);
	return 0;
}

/*
 * After the window: reads the kernel's accounting, the name and the owner of each living task. User space then reads
 * the pool itself.
 */
SEC("iter/task")
int taskcost_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct tc_ledger *l = ledger_of_walk(task);

	if (!task || !l)
		return 0;
	read_task(l, task);
	l->flags |= TC_LEDGER_STATS;
	if (l->activity == TC_ROW_CALL_PENDING)
		end_call(l, task);
	return 0;
}
