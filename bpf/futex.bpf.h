/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Futexes, and whether they lie in memory that several processes share. */
#ifndef TASKCOST_FUTEX_BPF_H
#define TASKCOST_FUTEX_BPF_H

#include "call.bpf.h"
#include "mapping.bpf.h"

enum { FUTEXES_READ = 4 }; /* of up to 128 in a list */

struct mapping {
	__u64 flags; /* 0: there is no mapping, or it could not be looked up */
	__u64 bytes;
};

static long read_mapping(struct task_struct *task, struct vm_area_struct *vma, void *found)
{
	struct mapping *mapping = found;

	mapping->flags = vma->vm_flags;
	mapping->bytes = vma->vm_end - vma->vm_start;
	return 0;
}

static __always_inline void walk_to_mapping(struct task_struct *task, __u64 address, struct mapping *mapping)
{
	struct vm_area_struct *vma = find_vma_before_v6_1(BPF_CORE_READ(task, mm), address);

	if (!vma)
		return;
	mapping->flags = BPF_CORE_READ(vma, vm_flags);
	mapping->bytes = BPF_CORE_READ(vma, vm_end) - BPF_CORE_READ(vma, vm_start);
}

static __always_inline struct mapping mapping_at(struct task_struct *task, __u64 address)
{
	struct mapping mapping = {};

	if (bpf_core_enum_value_exists(enum bpf_func_id___compat, BPF_FUNC_find_vma___compat))
		bpf_find_vma(task, address, read_mapping, &mapping, 0);
	else if (bpf_core_field_exists(struct mm_struct___v6_0, mm_rb))
		walk_to_mapping(task, address, &mapping);
	return mapping;
}

/*
 * TC_FUTEX_MAYSHARE if other processes can map the page too, else TC_FUTEX_OWN. A task mostly asks for the page of its
 * last call, and that mapping is the same unless the number of private writable pages has changed. TC_FUTEX_UNKNOWN:
 * another thread is changing the address space.
 */
static __noinline int see_mapping(struct tc_ledger *l, struct task_struct *task, __u64 address)
{
	__u64 page = address >> PAGE_BITS;
	__u64 data_vm;
	struct mapping mapping;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	data_vm = BPF_CORE_READ(task, mm, data_vm);
	if (l->futex_page >> 1 == page && l->futex_data_vm == data_vm)
		return l->futex_page & 1 ? TC_FUTEX_MAYSHARE : TC_FUTEX_OWN;
	mapping = mapping_at(task, address);
	if (!mapping.flags)
		return TC_FUTEX_UNKNOWN;
	l->futex_page = page << 1 | !!(mapping.flags & VM_MAYSHARE);
	l->futex_data_vm = data_vm;
	return mapping.flags & VM_MAYSHARE ? TC_FUTEX_MAYSHARE : TC_FUTEX_OWN;
}

/*
 * Returns TC_FUTEX_* of the list of `count` futexes that the current task passed. FUTEX2_REQUEUE passes two and has 0
 * for `count`.
 */
__verified_once int see_list(struct tc_ledger *l, __u64 list, __u64 count)
{
	struct {
		__u64 value, address;
		__u32 flags, reserved;
	} waiter; /* struct futex_waitv (v5.16) */
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 i, seen = 0;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	for (i = 0; i < FUTEXES_READ && (i < count || !i); i++) {
		if (read_user(&waiter, sizeof(waiter), list + i * sizeof(waiter)))
			return TC_FUTEX_UNKNOWN;
		if (waiter.flags & FUTEX_PRIVATE_FLAG)
			seen |= TC_FUTEX_PRIVATE;
		else
			seen |= see_mapping(l, task, waiter.address);
	}
	return seen;
}

/*
 * Memory that several processes map is a channel if they wait for each other there. A futex without FUTEX_PRIVATE_FLAG
 * is shared only if its mapping is: the C library does not set the flag when it joins a thread.
 */
static __always_inline void resolve_futex(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	bool compat = in_compat_call(l);
	__u32 seen = TC_FUTEX_UNKNOWN;

	if (l->resolved && !(l->file_type & TC_FUTEX_UNKNOWN))
		return;
	switch (kind_of_call(l)) {
	case TC_KIND_FUTEX:
	case TC_KIND_FUTEX_FLAGS:
		if (argument_of(regs, kind_of_call(l) == TC_KIND_FUTEX ? 2 : 4, compat) & FUTEX_PRIVATE_FLAG)
			seen = TC_FUTEX_PRIVATE;
		else
			seen = see_mapping(l, task, argument_of(regs, 1, compat));
		break;
	case TC_KIND_FUTEX_LIST:
		if (task == bpf_get_current_task_btf())
			seen = see_list(l, argument_of(regs, 1, compat), argument_of(regs, 2, compat));
		break;
	}
	l->channel = seen & TC_FUTEX_MAYSHARE ? TC_CHANNEL_SHARED_MEMORY : TC_CHANNEL_NONE;
	l->file_type = seen;
	l->resolved = 1;
}

#endif
