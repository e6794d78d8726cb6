/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Futexes, and whether they lie in memory that several processes share. */
#ifndef TASKCOST_FUTEX_BPF_H
#define TASKCOST_FUTEX_BPF_H

#include "call.bpf.h"

enum {
	FUTEXES_READ = 4, /* of up to 128 in a list */
	PAGE_BITS = 12,
	MAPPING_TREE_DEPTH = 24,
};

/* v6.1: "mm: remove rb tree" leaves the maple tree; v5.17: "bpf: Introduce helper bpf_find_vma" works with both. */
struct mm_struct___v6_0 {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

struct vm_area_struct___v6_0 {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct rb_node vm_rb;
} __attribute__((preserve_access_index));

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
	struct mm_struct___v6_0 *mm = (struct mm_struct___v6_0 *)BPF_CORE_READ(task, mm);
	struct rb_node *node = BPF_CORE_READ(mm, mm_rb.rb_node);
	__u32 i;

	for (i = 0; i < MAPPING_TREE_DEPTH && node; i++) {
		struct vm_area_struct___v6_0 *vma =
			(void *)node - bpf_core_field_offset(struct vm_area_struct___v6_0, vm_rb);
		__u64 start = BPF_CORE_READ(vma, vm_start), end = BPF_CORE_READ(vma, vm_end);

		if (address >= start && address < end) {
			mapping->flags = BPF_CORE_READ(vma, vm_flags);
			mapping->bytes = end - start;
			return;
		}
		node = address < start ? BPF_CORE_READ(node, rb_left) : BPF_CORE_READ(node, rb_right);
	}
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
 * Returns whether other processes can map the page too. A task mostly asks for the page of its last call, and that
 * mapping is the same unless the number of private writable pages has changed. -1: undecided, another thread is
 * changing the address space.
 */
static __noinline int lies_in_shared_memory(struct tc_ledger *l, struct task_struct *task, __u64 address)
{
	__u64 page = address >> PAGE_BITS;
	__u64 data_vm;
	struct mapping mapping;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	data_vm = BPF_CORE_READ(task, mm, data_vm);
	if (l->futex_page >> 1 == page && l->futex_data_vm == data_vm)
		return l->futex_page & 1;
	mapping = mapping_at(task, address);
	if (!mapping.flags)
		return -1;
	l->futex_page = page << 1 | !!(mapping.flags & VM_MAYSHARE);
	l->futex_data_vm = data_vm;
	return l->futex_page & 1;
}

/* The current task passed a list of `count` futexes. FUTEX2_REQUEUE passes two and has 0 for `count`. */
__verified_once int list_lies_in_shared_memory(struct tc_ledger *l, __u64 list, __u64 count)
{
	struct {
		__u64 value, address;
		__u32 flags, reserved;
	} waiter; /* struct futex_waitv (v5.16) */
	struct task_struct *task = bpf_get_current_task_btf();
	int shared, any = 0;
	__u32 i;

	if (!l) /* can't happen; the verifier asks */
		return 0;
	for (i = 0; i < FUTEXES_READ && (i < count || !i); i++) {
		if (read_user(&waiter, sizeof(waiter), list + i * sizeof(waiter)))
			return -1;
		if (waiter.flags & FUTEX_PRIVATE_FLAG)
			continue;
		shared = lies_in_shared_memory(l, task, waiter.address);
		if (shared)
			any = shared;
	}
	return any;
}

/*
 * Memory that several processes map is a channel if they wait for each other there. A futex without FUTEX_PRIVATE_FLAG
 * is shared only if its mapping is: the C library does not set the flag when it joins a thread.
 */
static __always_inline void resolve_futex(struct tc_ledger *l, struct task_struct *task)
{
	struct pt_regs *regs = regs_of(l, task);
	bool compat = in_compat_call(l);
	int shared = 0;

	if (l->resolved)
		return;
	switch (kind_of_call(l)) {
	case TC_KIND_FUTEX:
		if (!(argument_of(regs, 2, compat) & FUTEX_PRIVATE_FLAG))
			shared = lies_in_shared_memory(l, task, argument_of(regs, 1, compat));
		break;
	case TC_KIND_FUTEX_FLAGS:
		if (!(argument_of(regs, 4, compat) & FUTEX_PRIVATE_FLAG))
			shared = lies_in_shared_memory(l, task, argument_of(regs, 1, compat));
		break;
	case TC_KIND_FUTEX_LIST:
		shared = -1;
		if (task == bpf_get_current_task_btf())
			shared = list_lies_in_shared_memory(l, argument_of(regs, 1, compat),
							    argument_of(regs, 2, compat));
		break;
	}
	l->channel = shared > 0 ? TC_CHANNEL_SHARED_MEMORY : TC_CHANNEL_NONE;
	l->resolved = shared >= 0;
}

#endif
