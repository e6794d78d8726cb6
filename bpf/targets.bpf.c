/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is to be observed, and how a task that exists already comes to be. */
#include "targets.bpf.h"

enum { CGROUP_DEPTH = 64, HIERARCHIES = 24, GENERATIONS = 256 };

__u64 target_cgroup = 0;
__u32 target_hierarchy = 0;
__u64 arrivals = 0;
struct tc_glob target_name = {};
__u32 follow = TC_LEDGER_FOLLOW; /* flags of adopted ledgers: TC_LEDGER_FOLLOW, TC_LEDGER_FOLLOW_THREADS or none */
__u32 collector_level = 0;	 /* of the collector's pid namespace */
__u64 collector_namespace = 0;
__u32 collector_tid = 0;  /* of the caller of taskcost_hello, as the kernel numbers it, */
__u32 collector_tgid = 0; /* and its thread group */

/*
 * The targets by pid as the collector's namespace numbers them: thread groups, or single tasks. The value tells whether
 * a walk came upon one: enum tc_named.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* room for many, and mostly one */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* What restart_syscall calls, as far as the caller may know addresses. 0 stays where there is no such function. */
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

/*
 * Run once by the collector on itself: which pid namespace its user speaks of, and which ids the kernel knows it by.
 */
SEC("syscall")
int taskcost_hello(void *ctx)
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

static __noinline __u32 pid_for_collector(struct pid *pid)
{
	struct upid upid = {};

	if (!pid || collector_level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_core_read(&upid, sizeof(upid), &pid->numbers[collector_level]);
	return (__u64)upid.ns == collector_namespace ? upid.nr : 0;
}

static __always_inline __u8 *named(struct pid *pid)
{
	__u32 nr = pid_for_collector(pid);

	return nr ? bpf_map_lookup_elem(&targets, &nr) : NULL;
}

static __always_inline bool is_named(struct pid *pid)
{
	__u8 *state = named(pid);

	if (state)
		*state = TC_NAMED_SEEN;
	return state;
}

/* The collector, or a child of it, such as the one that opens files for it. */
static __always_inline bool is_of_observer(struct task_struct *task)
{
	return (__u32)task->tgid == collector_tgid ||
	       (__u32)BPF_CORE_READ(task, group_leader, real_parent, tgid) == collector_tgid;
}

/* The struct pid at `address` is a target that the user named. */
__verified_once int is_named_at(__u64 address)
{
	return named((struct pid *)address) != NULL;
}

/* An ancestor of the process whose leader is at `address` is such a target. */
__verified_once int has_target_above(__u64 address)
{
	struct task_struct *process = (struct task_struct *)address;
	__u32 i;

	for (i = 0; i < GENERATIONS; i++) {
		struct task_struct *parent = BPF_CORE_READ(process, real_parent, group_leader);

		if (!parent || parent == process)
			return false;
		if (is_named_at((__u64)BPF_CORE_READ(parent, thread_pid)))
			return true;
		process = parent;
	}
	return false;
}

static __noinline int descends_from_target(struct task_struct *task)
{
	if (target_kind != TC_TARGET_PROCESSES || !(follow & TC_LEDGER_FOLLOW) || is_of_observer(task))
		return false;
	return has_target_above((__u64)BPF_CORE_READ(task, group_leader));
}

__verified_once int is_below_target(__u64 cgroup)
{
	struct cgroup_subsys_state *state = &((struct cgroup *)cgroup)->self;
	__u32 i;

	if (BPF_CORE_READ((struct cgroup *)cgroup, root, hierarchy_id) != (int)target_hierarchy)
		return false;
	for (i = 0; i < CGROUP_DEPTH; i++) {
		struct cgroup *at = BPF_CORE_READ(state, cgroup);

		if (BPF_CORE_READ(at, kn, id) == target_cgroup)
			return true;
		state = BPF_CORE_READ(state, parent);
		if (!state)
			return false;
	}
	return false;
}

/* Every hierarchy has its link in the set of cgroups at `address`, those without a controller too. */
__verified_once int has_target_cgroup(__u64 address)
{
	struct list_head *first = &((struct css_set *)address)->cgrp_links;
	struct list_head *at = BPF_CORE_READ(first, next);
	__u32 i;

	for (i = 0; i < HIERARCHIES && at && at != first; i++) {
		struct cgrp_cset_link *link = container_of(at, struct cgrp_cset_link, cgrp_link);
		struct cgroup *cgroup = BPF_CORE_READ(link, cgrp);

		if (BPF_CORE_READ(cgroup, root, hierarchy_id) == (int)target_hierarchy)
			return is_below_target((__u64)cgroup);
		at = BPF_CORE_READ(at, next);
	}
	return false;
}

static __noinline int is_target_name(const char *comm)
{
	char name[TC_COMM_LEN] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), comm);
	return tc_glob_matches(&target_name, name, sizeof(name));
}

static __noinline int is_target(struct task_struct *task)
{
	if ((__u32)task->tgid == collector_tgid)
		return false;
	if (target_kind >= TC_TARGET_GROWS && is_of_observer(task))
		return false;
	switch (target_kind) {
	case TC_TARGET_PROCESSES:
		return is_named(BPF_CORE_READ(task, group_leader, thread_pid));
	case TC_TARGET_TASKS:
		return is_named(BPF_CORE_READ(task, thread_pid));
	case TC_TARGET_NAME:
		return is_target_name(BPF_CORE_READ(task, group_leader)->comm);
	case TC_TARGET_CGROUP:
		return has_target_cgroup((__u64)BPF_CORE_READ(task, cgroups));
	case TC_TARGET_MACHINE:
		return true;
	default:
		return false;
	}
}

static __noinline int begin_adopted_wait(struct tc_ledger *l, struct task_struct *task, __u32 state)
{
	if (!l) /* can't happen; the verifier asks */
		return 0;
	begin_wait(l, task, state);
	return 0;
}

/* What a task is in the middle of. On a CPU it may be in user mode or not: the first system call will tell. */
static __always_inline void adopt_state(struct tc_ledger *l, struct task_struct *task, __u64 now)
{
	l->condition = TC_CONDITION_BLOCKED;
	if (is_on_cpu(task)) {
		l->condition = TC_CONDITION_RUNNING;
		l->on_cpu_ns = now;
	} else if (!task_state_of(task))
		l->condition = TC_CONDITION_PREEMPTED;

	if (never_enters_user_mode(task)) {
		l->flags |= TC_LEDGER_KERNEL_WORKER;
		l->activity = TC_ACTIVITY_KERNEL;
	} else if (task->flags & PF_EXITING) {
		l->exit_start_ns = now;
		l->activity = TC_ACTIVITY_EXIT;
	} else {
		l->activity = TC_ACTIVITY_USER;
		if (sees_calls && l->condition != TC_CONDITION_RUNNING) {
			find_call(l, task);
			l->entered_ns = now;
		}
	}
	if (l->condition == TC_CONDITION_BLOCKED)
		begin_adopted_wait(l, task, task_state_of(task));
	if (!l->found)
		enter_activity(l, l->activity);
}

static __noinline int adopt(struct task_struct *task)
{
	struct tc_ledger *l;
	__u64 now;
	__u32 slot;

	l = take_ledger(&slot);
	if (!l) {
		refuse(task, follow);
		return 0;
	}
	forget_refusal(task);
	now = bpf_ktime_get_ns();
	l->birth_ns = now;
	l->since_ns = now;
	l->first_run_ns = now;
	l->how = TC_NR_CREATIONS;
	l->flags = TC_LEDGER_OPEN_AT_START;
	l->flags |= follow;
	if (task->pid == task->tgid)
		l->flags |= TC_LEDGER_LEADER;
	if (is_32bit(task))
		l->flags |= TC_LEDGER_COMPAT;
	l->tid = task->pid;
	l->tgid = task->tgid;
	l->process = process_of(task);
	set_parent(l, BPF_CORE_READ(task, real_parent));
	l->address_space = address_space_of(task);
	bpf_core_read_str(l->comm, sizeof(l->comm), &task->comm);
	note_namespace(l, task);
	l->cpu = cpu_of(task);
	read_books(&l->books_start, task);
	l->exec_runtime_ns = l->books_start.sum_exec_runtime_ns;
	adopt_state(l, task, now);
	/* First, because a switch of the task can follow at once. */
	send_birth(l, now);
	if (!publish_ledger(l, slot, task))
		return 0;
	if (l->condition == TC_CONDITION_RUNNING) {
		/* Its CPU noted that nobody observes it. */
		struct tc_cpu_note *note = &notes[l->cpu & (TC_MAX_CPUS - 1)];

		note->task = 0;
		note->regs = 0;
		/* It left its CPU after adopt_state() looked and before sched_switch could find the ledger. */
		if (!is_on_cpu(task) && l->since_ns == now) {
			__u32 state = task_state_of(task);

			l->condition = state ? TC_CONDITION_BLOCKED : TC_CONDITION_PREEMPTED;
			if (state)
				begin_adopted_wait(l, task, state);
			send_birth(l, now);
		}
	}
	return 1;
}
