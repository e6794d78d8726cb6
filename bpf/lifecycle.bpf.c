/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Creation, exec and the beginning of the end. The end itself is a switch: sched.bpf.c. */
#include "adopt.bpf.h"
#include "task.bpf.h"

/* Signals whose default action is to do nothing, as SIG_KERNEL_IGNORE_MASK. */
static __always_inline bool sig_kernel_ignore(int number)
{
	return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

/* SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU */
static __always_inline bool sig_kernel_stop(int number)
{
	return number >= SIGSTOP && number <= SIGTTOU;
}

static __always_inline bool stays_on_stack(struct tc_ledger *creator, struct task_struct *current,
					   struct task_struct *child)
{
#ifdef __TARGET_ARCH_arm64
	if (creator && !in_compat_call(creator))
		return ((struct pt_regs *)bpf_task_pt_regs(child))->sp == regs_of(creator, current)->sp;
#endif
	return false;
}

/*
 * posix_spawn creates by clone or clone3 with the flags of vfork; vfork(2) is a call of its own. On arm64 it is such a
 * clone too, but its child stays on the stack of its creator.
 */
static __always_inline bool is_vfork(struct tc_ledger *creator, struct task_struct *current, struct task_struct *child)
{
	return kind_of_call(creator) == TC_KIND_VFORK || stays_on_stack(creator, current, child);
}

static __always_inline enum tc_creation kind_of(struct tc_ledger *creator, struct task_struct *current,
						struct task_struct *child, __u64 flags)
{
	if (flags & CLONE_THREAD)
		return TC_CREATION_THREAD;
	if (!(flags & CLONE_VM))
		return TC_CREATION_FORK;
	if (!(flags & CLONE_VFORK))
		return TC_CREATION_CLONE_VM;
	if (!creator || (sees_calls && creator->activity != TC_ACTIVITY_CREATE))
		return TC_CREATION_VFORK;
	return is_vfork(creator, current, child) ? TC_CREATION_VFORK : TC_CREATION_SPAWN;
}

/* Without probes on system calls: finds the call that creates, for is_vfork(). */
static __always_inline void find_creating_call(struct tc_ledger *creator, struct task_struct *task)
{
	long number = call_of(creator, task);

	if (number >= 0)
		set_call(creator, task, number);
}

/* A new task returns from the call that created it. No probe saw it enter that call. */
static __always_inline void inherit_call(struct tc_ledger *l, const struct tc_ledger *creator,
					 struct task_struct *current)
{
	long number;

	if (creator && (creator->activity == TC_ACTIVITY_CREATE || !sees_calls)) {
		l->syscall = creator->syscall;
		l->call = creator->call;
		return;
	}
	number = syscall_number_of((struct pt_regs *)bpf_task_pt_regs(current));
	if (number >= 0)
		set_call(l, current, number);
}

/* Returns whether the kernel made this thread for itself in a process, as io_uring does: no program asked for it. */
static __always_inline bool is_worker_of_process(const struct tc_ledger *l)
{
	return (l->flags & (TC_LEDGER_KERNEL_WORKER | TC_LEDGER_LEADER)) == TC_LEDGER_KERNEL_WORKER;
}

/* Accounts the creation to the creator. */
static __always_inline void account_creation(struct tc_ledger *creator, enum tc_creation kind, __u64 copy_ns)
{
	struct tc_creation_sums *sums;

	switch (kind) {
	case TC_CREATION_THREAD:
		creator->counters[TC_COUNTER_CHILDREN_THREADS]++;
		break;
	case TC_CREATION_FORK:
		creator->counters[TC_COUNTER_CHILDREN_FORKS]++;
		break;
	case TC_CREATION_VFORK:
		creator->counters[TC_COUNTER_CHILDREN_VFORKS]++;
		break;
	case TC_CREATION_SPAWN:
		creator->counters[TC_COUNTER_CHILDREN_SPAWNS]++;
		break;
	default:
		creator->counters[TC_COUNTER_CHILDREN_CLONE_VM]++;
		break;
	}
	sums = creations_of(creator, kind);
	sums->count++;
	sums->copy_ns += copy_ns;
}

static __always_inline void inherit_identity(struct tc_ledger *l, const struct tc_ledger *creator)
{
	l->creator = creator->id;
	l->creator_tid = creator->tid;
	l->flags |= creator->flags & (TC_LEDGER_FOLLOW | TC_LEDGER_FOLLOW_THREADS | TC_LEDGER_COMPAT);
}

/* Decides by the flags of the creator's ledger whether the new task is observed. */
static __always_inline bool is_followed(__u32 flags, __u64 clone_flags)
{
	if (flags & TC_LEDGER_FOLLOW)
		return true;
	return flags & TC_LEDGER_FOLLOW_THREADS && clone_flags & CLONE_THREAD;
}

/* Compares addresses: which objects of its creator the new task shares. */
static __always_inline __u32 shares_of(struct task_struct *child, struct task_struct *creator)
{
#define shares_its(object) (field(child, object) == field(creator, object))
	__u32 shares = TC_SHARES_KNOWN;

	shares |= shares_its(mm) << TC_SHARED_MEMORY;
	shares |= shares_its(files) << TC_SHARED_FILES;
	shares |= shares_its(fs) << TC_SHARED_FS;
	shares |= shares_its(sighand) << TC_SHARED_SIGNAL_HANDLERS;
	shares |= shares_its(signal) << TC_SHARED_LIMITS;
	shares |= shares_its(cgroups) << TC_SHARED_CGROUPS;
	return shares;
#undef shares_its
}

/*
 * There is little room on the stack of taskcost_newtask() and of what it calls. The creator is in no page fault, so its
 * `faulted_at` is free.
 */
static __noinline int keep_stack_of_creation(void *ctx, struct tc_ledger *creator, __u64 copy_ns)
{
	if (!creator) /* can't happen; the verifier asks */
		return 0;
	take_stack(ctx, &creator->faulted_at);
	return account_stack(creator, &creator->faulted_at, TC_STACK_CREATION, copy_ns, 0);
}

/*
 * A new task: its ledger starts at the time that the kernel gives as its start. Until sched_wakeup_new it is not on a
 * run queue, which counts as blocked.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(taskcost_newtask, struct task_struct *child, __u64 clone_flags)
{
	stay_on_cpu();
	struct task_struct *current = bpf_get_current_task_btf();
	__u32 cpu = this_cpu();
	struct tc_ledger *creator = current_ledger_on(&cpu_states[cpu], current);
	struct seen_task seen = {.clone_flags = clone_flags};
	struct tc_ledger *l;
	__u64 now, copy_ns = 0;
	__u32 slot, inherited = TC_LEDGER_FOLLOW;
	bool same_memory;

	remove_entry(child); /* of a task at the same address before, whose end was not traced */
	clear_refusal(child);
	if (creator && !is_followed(creator->flags, clone_flags))
		return 0;
	/* CLONE_INTO_CGROUP, or the creator has left the target. */
	if (creator && target_kind == TC_TARGET_CGROUP && !is_target(child))
		return 0;
	if (!creator && !is_launched() && !arrives(child)) {
		/* The creator got no ledger. If there is room now, the new task is observed from here on. */
		inherited = followed_by_refused(current);
		if (!is_followed(inherited, clone_flags))
			return 0;
	}
	now = bpf_ktime_get_ns();
	if (creator && !sees_calls)
		find_creating_call(creator, current);

	l = take_ledger(&slot);
	if (!l) {
		refuse(child, creator ? creator->flags & (TC_LEDGER_FOLLOW | TC_LEDGER_FOLLOW_THREADS) : inherited);
		return 0;
	}
	l->how = kind_of(creator, current, child, clone_flags);
	if (creator) {
		if (creator->activity == TC_ACTIVITY_CREATE)
			copy_ns = elapsed(creator->entered_ns, now);
		inherit_identity(l, creator);
	} else {
		l->flags |= inherited;
		if (is_launched()) {
			l->flags |= TC_LEDGER_LAUNCHED;
			launcher = 0;
		}
	}
	l->process = process_of(child);
	set_parent(l, field(child, real_parent));
	l->shares = shares_of(child, current);
	same_memory = l->shares & (1 << TC_SHARED_MEMORY);
	l->address_space = address_space_of(child);
	l->tid = child->pid;
	l->tgid = child->tgid;
	bpf_core_read_str(l->comm, sizeof(l->comm), &child->comm);
	if (child->pid == child->tgid)
		l->flags |= TC_LEDGER_LEADER;
	set_namespace_ids(l, child);
	l->copy_ns = copy_ns;
	l->cpu = cpu;
	if (!same_memory)
		l->counters[TC_COUNTER_PAGE_TABLE_BYTES] = page_table_bytes_of(field(child, mm));

	l->start_ns = child->start_time;
	l->newtask_ns = now;
	l->since_ns = now;
	l->condition = TC_CONDITION_BLOCKED;
	l->wait = TC_WAIT_CREATION;
	if (never_enters_user_mode(child)) {
		l->flags |= TC_LEDGER_KERNEL_WORKER;
		enter_activity(l, TC_ACTIVITY_KERNEL);
	} else {
		enter_activity(l, TC_ACTIVITY_CREATE);
		inherit_call(l, creator, current);
		l->found = !sees_calls; /* without probes on calls, the first switch-in ends that call */
	}
	*cell_of(l, l->activity, TC_CONDITION_BLOCKED) += elapsed(l->start_ns, now);
	l->waits[TC_WAIT_CREATION].blocked_ns += elapsed(l->start_ns, now);

	if (!publish_ledger(l, slot, child))
		return 0;
	flush_events();
	seen.same_stack = stays_on_stack(creator, current, child);
	send_task_new(l, &seen, now);
	if (creator && is_worker_of_process(l)) {
		creator->counters[TC_COUNTER_CHILDREN_WORKERS]++;
	} else if (creator) {
		if (keep_stacks)
			keep_stack_of_creation(ctx, creator, copy_ns);
		account_creation(creator, l->how, copy_ns);
		creator->created_ns = 0;
		if (creator->activity == TC_ACTIVITY_CREATE)
			creator->created_kind = l->how;
	}
	return 0;
}

/* The child is published: it may run from here on. */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(taskcost_wakeup_new, struct task_struct *child)
{
	struct tc_ledger *l = ledger_at(find_slot(child));
	struct task_struct *current;
	struct tc_ledger *creator;
	__u64 now;

	if (!l)
		return 0;
	now = bpf_ktime_get_ns();
	l->woken_ns = now;
	l->published_ns = now;

	current = bpf_get_current_task_btf();
	creator = current_ledger_on(&cpu_states[this_cpu()], current);
	l->waker = creator ? creator->id : TC_WAKER_UNOBSERVED | (__u32)current->pid;
	l->waker_from = creator ? waker_context(creator, current) : TC_FROM_NOWHERE;
	flush_events();
	send_event(l, TC_EV_PUBLISHED, l->waker, l->waker_from, now);
	if (creator && creator->id == l->creator && !is_worker_of_process(l)) {
		creations_of(creator, l->how)->publish_ns += elapsed(l->since_ns, now);
		creator->created_ns = now;
	}
	return 0;
}

/* exec: the new program is found, the old one is still whole (v6.10) */
SEC("?tp_btf/sched_prepare_exec")
int BPF_PROG(taskcost_prepare_exec, struct task_struct *task, struct linux_binprm *bprm)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();
	__u64 now;

	if (!l)
		return 0;
	now = bpf_ktime_get_ns();
	if (sees_calls)
		l->exec_prepare_ns += elapsed(l->entered_ns, now);
	l->exec_mark_ns = now;
	batch_event(l, TC_EV_EXEC_PREPARED, sees_calls ? l->entered_ns : 0, 0, now);
	return 0;
}

static __always_inline void send_exec(struct tc_ledger *l, struct task_struct *task, __u64 now)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct tc_exec *exec;
	__u64 size;

	flush_events();
	exec = bpf_ringbuf_reserve(&records, sizeof(*exec), 0);
	if (!exec) {
		count_loss(TC_LOSS_DROPPED_EVENTS);
		return;
	}
	exec->record.type = TC_RECORD_EXEC;
	exec->record.size = sizeof(*exec);
	exec->id = l->id;
	exec->process = l->process;
	exec->at_ns = now;
	exec->entered_ns = sees_calls ? l->entered_ns : 0;
	exec->address_space = l->address_space;
	exec->page_table_bytes = page_table_bytes_of(mm);
	exec->tid = l->tid;
	exec->compat = (l->flags & TC_LEDGER_COMPAT) != 0;
	exec->command_size = 0;
	exec->truncated = 0;
	bpf_core_read_str(exec->comm, sizeof(exec->comm), &task->comm);
	if (mm) {
		__u64 start = BPF_CORE_READ(mm, arg_start);

		size = BPF_CORE_READ(mm, arg_end) - start;
		exec->truncated = size > TC_COMMAND_LEN;
		if (size > TC_COMMAND_LEN)
			size = TC_COMMAND_LEN;
		size = bounded(size, TC_COMMAND_LEN + 1);
		if (!bpf_probe_read_user(exec->command, size, (void *)start))
			exec->command_size = (__u32)size;
	}
	bpf_ringbuf_submit(exec, BPF_RB_NO_WAKEUP);
}

/*
 * The task runs another program from here on. If a thread other than the leader called exec, it has taken over the
 * leader's tid; its ledger stays, because it belongs to the task and not to the tid.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(taskcost_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();
	__u64 now;

	if (!l) {
		if (arrives(task))
			adopt(task);
		return 0;
	}
	now = bpf_ktime_get_ns();
	if (l->flags & TC_LEDGER_REGIONS) {
		post(l, now);
		end_all_regions(l, now);
	}
	l->counters[TC_COUNTER_EXECS]++;
	if (l->exec_mark_ns || sees_calls)
		l->exec_replace_ns += elapsed(l->exec_mark_ns ? l->exec_mark_ns : l->entered_ns, now);
	l->exec_mark_ns = sees_calls ? now : 0;
	l->tid = task->pid;
	l->flags |= TC_LEDGER_LEADER;
	if (is_32bit(task))
		l->flags |= TC_LEDGER_COMPAT;
	else
		l->flags &= ~TC_LEDGER_COMPAT;
	l->address_space = address_space_of(task);
	l->counters[TC_COUNTER_PAGE_TABLE_BYTES] += page_table_bytes_of(BPF_CORE_READ(task, mm));
	send_exec(l, task, now);
	if (keep_stacks)
		want_table_of_program();
	return 0;
}

/* The end begins: a fatal signal is delivered, or the task is in do_exit(). */
static __always_inline void begin_exit(struct tc_ledger *l, struct task_struct *task, enum tc_event_kind kind)
{
	__u64 now = leave_activity(l);
	bool by_call = sees_calls && l->activity == TC_ACTIVITY_EXIT && !l->exit_start_ns;

	l->switched_in_ns = 0;
	if (l->activity == TC_ROW_CALL_PENDING)
		end_call(l, task);
	if (l->flags & TC_LEDGER_REGIONS)
		end_all_regions(l, now);
	batch_end(l, kind, now);
	if (l->exit_start_ns)
		return;
	if (by_call) {
		l->exit_start_ns = l->entered_ns ? l->entered_ns : now;
		return;
	}
	l->exit_start_ns = now;
	enter_activity(l, TC_ACTIVITY_EXIT);
}

/*
 * any activity -> exit: the default action of the signal ends the process. What follows, as a core dump, is part of the
 * exit.
 */
SEC("tp_btf/signal_deliver")
int BPF_PROG(taskcost_deliver, int number, void *info, struct k_sigaction *action)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();
	struct task_struct *task;

	if (!l || l->activity == TC_ACTIVITY_KERNEL || sig_kernel_ignore(number) || sig_kernel_stop(number) ||
	    action->sa.sa_handler)
		return 0;
	task = bpf_get_current_task_btf();
	if (untrusted(task)->signal->flags & SIGNAL_UNKILLABLE)
		return 0;
	begin_exit(l, task, TC_EV_DYING);
	return 0;
}

/* Sets the process that will reap the task, and the pid by which it will. The first parent may have ended. */
static __always_inline void update_parent(struct tc_ledger *l, struct task_struct *task, __u64 now)
{
	struct task_struct *parent = untrusted(task)->real_parent;
	struct pid *parent_pid = field(parent, thread_pid);
	__u64 before = l->parent_process;
	struct upid seen;

	set_parent(l, parent);
	if (l->parent_process != before)
		batch_event(l, TC_EV_REPARENTED, l->parent_process, l->ppid, now);
	if (!parent_pid)
		return;
	seen = upid_at_level(field_behind(task, group_leader, thread_pid), field(parent_pid, level));
	l->pid_seen_by_parent = seen.nr;
	l->parent_namespace = namespace_of(&seen);
}

/* any activity -> exit */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(taskcost_exit, struct task_struct *task)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();

	if (!l) {
		clear_refusal(task);
		return 0;
	}
	begin_exit(l, task, TC_EV_EXIT);
	update_parent(l, task, l->since_ns);
	return 0;
}

/*
 * A signal is sent that may end its receiver; which of its signals was fatal is known when the process has ended.
 * Signals that do nothing by default are left out, and so are those that are not delivered: a process that is being
 * killed already ignores all others.
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(taskcost_signal, int number, void *info, struct task_struct *task, int group, int outcome)
{
	struct tc_ledger *l;

	if (sig_kernel_ignore(number) || (outcome != TRACE_SIGNAL_DELIVERED && outcome != TRACE_SIGNAL_LOSE_INFO))
		return 0;
	l = ledger_at(find_slot(task));
	if (!l)
		return 0;
	l->signal = number;
	l->signal_ns = bpf_ktime_get_ns();
	send_event(l, TC_EV_SIGNAL_GENERATED, 0, number, l->signal_ns);
	return 0;
}

/* The last user of an address space has torn it down. */
SEC("?tp_btf/exit_mmap")
int BPF_PROG(taskcost_exit_mmap, struct mm_struct *mm)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();

	if (l && l->activity == TC_ACTIVITY_EXIT && !l->exit_mmap_ns) {
		l->exit_mmap_ns = bpf_ktime_get_ns();
		batch_event(l, TC_EV_EXIT_MMAP, 0, 0, l->exit_mmap_ns);
	}
	return 0;
}

/*
 * A task moves to another cgroup. If it joins the target, it may end before user space looks for it, so it is adopted
 * here; user space looks for the other threads of its process.
 */
SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(taskcost_cgroup_attach, struct cgroup *destination, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	if (target_kind != TC_TARGET_CGROUP || closed ||
	    !is_below_target((__u64)BPF_CORE_READ(destination, self.cgroup)))
		return 0;
	if (!task->exit_state && (__u32)task->tgid != collector_tgid && !find_slot(task))
		adopt(task);
	__sync_fetch_and_add(&arrivals, 1);
	return 0;
}

/* The task has its old name still. An exec has a record of its own. The new name can make a process a target. */
SEC("?tp_btf/task_rename")
int BPF_PROG(taskcost_rename, struct task_struct *task, const char *comm)
{
	struct tc_ledger *l = ledger_at(find_slot(task));
	struct tc_rename rename = {};

	if (is_in_exec(task))
		return 0;
	if (!l) {
		if (target_kind == TC_TARGET_NAME && !closed && task->pid == task->tgid && is_target_name(comm))
			__sync_fetch_and_add(&arrivals, 1);
		return 0;
	}
	if (!keep_events)
		return 0;
	rename.record.type = TC_RECORD_RENAME;
	rename.record.size = sizeof(rename);
	rename.at_ns = bpf_ktime_get_ns();
	rename.id = l->id;
	bpf_probe_read_kernel_str(rename.comm, sizeof(rename.comm), comm);
	flush_events();
	send_record(&rename, sizeof(rename), rename.at_ns);
	return 0;
}
