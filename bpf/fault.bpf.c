/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Page faults. A fault starts at the exception, or where exceptions have no tracepoint (arm64) at the first event that
 * follows. It ends where this kernel allows to trace it: at the return of handle_mm_fault, or at the perf software
 * event that accounts the fault just before the exception returns.
 */
#include "task.bpf.h"

static __always_inline void begin_fault(void *ctx, struct tc_ledger *l, __u64 address, __u8 bits)
{
	__u64 now = leave_activity(l);

	if (sees_calls && !(bits & TC_FAULT_KERNEL) && l->activity != TC_ACTIVITY_USER)
		end_missed_call(l, now);
	l->switched_in_ns = 0;
	l->fault_ns = now;
	l->faults_before = faults_in_stats();
	l->fault_address = address;
	l->fault_bits = bits;
	l->interrupted = l->activity;
	l->activity = TC_ROW_FAULT_PENDING;
	take_stack(ctx, &l->faulted_at);
	if (bits & TC_FAULT_KERNEL)
		l->counters[TC_COUNTER_FAULTS_KERNEL]++;
}

static __always_inline void resolve_fault(struct tc_ledger *l, bool major, __u64 now)
{
	__u64 latency = elapsed(l->fault_ns, now);
	__u8 bits = l->fault_bits;

	batch_fault(l, major ? TC_FAULT_MAJOR : TC_FAULT_MINOR, now);
	post(l, now);
	end_fault(l, TC_ACTIVITY_PAGE_FAULT);
	l->entries[TC_ACTIVITY_PAGE_FAULT]++;
	if (keep_stacks) {
		if ((l->faulted_at.user & TC_STACK_PENDING) && latency >= LEAST_RETAKEN_NS)
			walk_again(&l->faulted_at);
		account_stack(l, &l->faulted_at, TC_STACK_FAULT, latency, 0);
	}
	if (bits & TC_FAULT_FILE)
		l->counters[TC_COUNTER_FAULTS_FILE]++;
	if (bits & TC_FAULT_COW) {
		l->counters[TC_COUNTER_FAULTS_COW]++;
		l->counters[TC_COUNTER_FAULTS_COW_NS] += latency;
	}
	if (major) {
		l->counters[TC_COUNTER_FAULTS_MAJOR]++;
		add_latency(TC_HISTOGRAM_FAULT_MAJOR, latency);
	} else {
		l->counters[TC_COUNTER_FAULTS_MINOR]++;
		add_latency(bits & TC_FAULT_COW ? TC_HISTOGRAM_FAULT_COW : TC_HISTOGRAM_FAULT_MINOR, latency);
	}
}

static __always_inline int on_exception(void *ctx, struct pt_regs *regs, __u64 address, __u64 error_code, __u8 bits)
{
	struct tc_ledger *l = bits & TC_FAULT_KERNEL ? current_ledger() : ledger_by_regs(regs);

	if (!l || cpu_states[this_cpu()].reading_user)
		return 0;
	if ((error_code & X86_PF_PROT) && (error_code & X86_PF_WRITE))
		bits |= TC_FAULT_COW;
	begin_fault(ctx, l, address, bits);
	return 0;
}

/* user -> page fault */
SEC("?tp_btf/page_fault_user")
int BPF_PROG(taskcost_fault_user, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	stay_on_cpu();
	return on_exception(ctx, regs, address, error_code, 0);
}

/*
 * any system call -> page fault. With interrupts off the fault is not the task's: another tracer unwinds its stack,
 * possibly inside a switch, after the current task has left its CPU according to its ledger. Nothing resolves such a
 * fault.
 */
SEC("?tp_btf/page_fault_kernel")
int BPF_PROG(taskcost_fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	stay_on_cpu();
	if (interrupts_off(regs))
		return 0;
	return on_exception(ctx, regs, address, error_code, TC_FAULT_KERNEL);
}

/*
 * For architectures without tracepoints on exceptions: the software event counts a fault before the kernel handles it.
 */
SEC("?perf_event")
int taskcost_fault_begun(struct bpf_perf_event_data *ctx)
{
	struct tc_ledger *l = current_ledger();

	if (l)
		begin_fault(ctx, l, ctx->addr, of_user_mode(&ctx->regs) ? 0 : TC_FAULT_KERNEL);
	return 0;
}

/* An adopted task that has done nothing yet: this fault may have begun before the window. */
static __always_inline bool began_before_window(const struct tc_ledger *l)
{
	return (l->flags & TC_LEDGER_OPEN_AT_START) && !l->entries[TC_ACTIVITY_PAGE_FAULT] &&
	       !l->counters[TC_COUNTER_SYSCALLS];
}

static __always_inline int on_accounted_fault(bool major)
{
	struct tc_ledger *l = current_ledger();

	if (!l)
		return 0;
	if (l->activity == TC_ROW_FAULT_PENDING)
		resolve_fault(l, major, bpf_ktime_get_ns());
	else if (!began_before_window(l))
		count_loss(TC_LOSS_UNPAIRED_FAULTS);
	return 0;
}

/* page fault -> what it interrupted */
SEC("?perf_event")
int taskcost_fault_minor(void *ctx)
{
	return on_accounted_fault(false);
}

SEC("?perf_event")
int taskcost_fault_major(void *ctx)
{
	return on_accounted_fault(true);
}

/* A fault without an earlier event begins here. */
static __always_inline int on_fault_entry(void *ctx, __u64 address, bool on_file, unsigned int flags)
{
	struct tc_ledger *l = current_ledger();

	if (!l)
		return 0;
	if (l->activity != TC_ROW_FAULT_PENDING)
		begin_fault(ctx, l, address, flags & FAULT_FLAG_USER ? 0 : TC_FAULT_KERNEL);
	if (on_file)
		l->fault_bits |= TC_FAULT_FILE;
	return 0;
}

/*
 * Used with the perf events, which hold the CPU; so does a kprobe. Pages that the kernel faults in on behalf of a task
 * have no registers, and no event ends them.
 */
SEC("?kprobe/handle_mm_fault")
int BPF_KPROBE(taskcost_fault_entry_kprobe, struct vm_area_struct *vma, unsigned long address, unsigned int flags,
	       struct pt_regs *regs)
{
	return regs ? on_fault_entry(ctx, address, BPF_CORE_READ(vma, vm_file), flags) : 0;
}

/*
 * The exact end. It also sees faults without an exception: pages that the kernel faults in on behalf of a task when it
 * copies the arguments of an exec or pins a buffer. Those start at the entry.
 */
SEC("?fentry/handle_mm_fault")
int BPF_PROG(taskcost_fault_entry, struct vm_area_struct *vma, unsigned long address, unsigned int flags,
	     struct pt_regs *regs)
{
	stay_on_cpu();
	return on_fault_entry(ctx, address, vma->vm_file, flags);
}

/* page fault -> what it interrupted */
SEC("?fexit/handle_mm_fault")
int BPF_PROG(taskcost_fault_return, struct vm_area_struct *vma, unsigned long address, unsigned int flags,
	     struct pt_regs *regs, unsigned int result)
{
	stay_on_cpu();
	struct tc_ledger *l = current_ledger();

	if (!l || l->activity != TC_ROW_FAULT_PENDING || (result & VM_FAULT_RETRY))
		return 0;
	if (result & VM_FAULT_ERROR) {
		leave_activity(l);
		return 0;
	}
	resolve_fault(l, (result & VM_FAULT_MAJOR) || (flags & FAULT_FLAG_TRIED), bpf_ktime_get_ns());
	return 0;
}

static __always_inline int pending_fault_is(__u8 bit)
{
	struct tc_ledger *l = current_ledger();

	if (l && l->activity == TC_ROW_FAULT_PENDING)
		l->fault_bits |= bit;
	return 0;
}

/*
 * On architectures without tracepoints on exceptions this is the first sign that the page is present but
 * write-protected.
 */
SEC("?fentry/do_wp_page")
int BPF_PROG(taskcost_wp_page)
{
	stay_on_cpu();
	return pending_fault_is(TC_FAULT_COW);
}

SEC("?kprobe/do_wp_page")
int taskcost_wp_page_kprobe(void *ctx)
{
	return pending_fault_is(TC_FAULT_COW);
}

/* Where handle_mm_fault cannot be probed, the page cache shows that it serves the pending fault (v6.11). */
SEC("?tp_btf/mm_filemap_fault")
int BPF_PROG(taskcost_filemap_fault)
{
	stay_on_cpu();
	return pending_fault_is(TC_FAULT_FILE);
}

SEC("?tp_btf/mm_filemap_map_pages")
int BPF_PROG(taskcost_filemap_map_pages)
{
	stay_on_cpu();
	return pending_fault_is(TC_FAULT_FILE);
}
