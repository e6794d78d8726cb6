/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Finds the mapping of a user address in an address space. bpf_find_vma() cannot do it where interrupts are off: its
 * irq_work serves one call until interrupts are on again. So the tree of mappings is read here, without its lock: what
 * is found may be stale, and is compared with what was looked for. The nodes are freed by RCU.
 */
#ifndef TASKCOST_MAPPING_BPF_H
#define TASKCOST_MAPPING_BPF_H

#include "state.bpf.h"

enum {
	PAGE_BITS = 12,
	MAPPING_TREE_DEPTH = 24, /* of the red-black tree */
	MAPLE_TREE_DEPTH = 8,
	MAPLE_PIVOTS = 15, /* of a node with the most */
	MAPLE_GAP_PIVOTS = 9,
	MAPLE_NODE_WORDS = 32,
};

/* v6.1: "mm: remove rb tree" leaves the maple tree. */
struct mm_struct___v6_0 {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

struct vm_area_struct___v6_0 {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct rb_node vm_rb;
} __attribute__((preserve_access_index));

struct maple_tree___v6_1 {
	void *ma_root;
} __attribute__((preserve_access_index));

struct mm_struct___v6_1 {
	struct maple_tree___v6_1 mm_mt;
} __attribute__((preserve_access_index));

/* What a CPU reads. It has no room on the stack of its programs. */
struct maple_copy {
	__u64 words[MAPLE_NODE_WORDS]; /* a node */
	__u64 field;
	__u64 mm;
	__u64 address;
};

/* Reads a field of 8 bytes, to `to`. */
#define read_field(to, pointer, name)                                                                                  \
	({                                                                                                             \
		bpf_core_read(to, sizeof(*(to)), &(pointer)->name);                                                    \
		*(to);                                                                                                 \
	})

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct maple_copy);
} maple_copies SEC(".maps");

static __always_inline struct vm_area_struct *find_vma_before_v6_1(struct mm_struct *mm, __u64 address)
{
	struct rb_node *node = BPF_CORE_READ((struct mm_struct___v6_0 *)mm, mm_rb.rb_node);
	__u32 i;

	for (i = 0; i < MAPPING_TREE_DEPTH && node; i++) {
		struct vm_area_struct___v6_0 *vma =
			(void *)node - bpf_core_field_offset(struct vm_area_struct___v6_0, vm_rb);
		__u64 start = BPF_CORE_READ(vma, vm_start), end = BPF_CORE_READ(vma, vm_end);

		if (address >= start && address < end)
			return (struct vm_area_struct *)vma;
		node = address < start ? BPF_CORE_READ(node, rb_left) : BPF_CORE_READ(node, rb_right);
	}
	return NULL;
}

/* include/linux/xarray.h, lib/maple_tree.c: the address of a node has its type in its lowest byte. */
#define is_root_node(entry)  (((entry)&3) == 2 && (entry) > 4096)
#define maple_type_of(entry) ((entry) >> 3 & 0xf)
#define maple_node_of(entry) ((entry) & ~0xffull)
#define MAPLE_LEAF	     1 /* maple_leaf_64 */
#define MAPLE_GAPS	     3 /* maple_arange_64: the size of the gaps below each slot is a part of the node */

/* 1 if a < b, else 0; both are below 1 << 63. The compiler would make a branch of plain C, the verifier two paths. */
static __always_inline __u64 is_less(__u64 a, __u64 b)
{
	asm volatile("%[a] -= %[b]\n"
		     "%[a] >>= 63\n"
		     : [a] "+r"(a)
		     : [b] "r"(b));
	return a;
}

/*
 * The slot of an address: the first whose pivot, the last address below it, is not less. A pivot of 0 is unused.
 * Mappings begin and end with pages.
 */
static __always_inline __u32 maple_slot_of(const struct maple_copy *node, bool gaps, __u64 address)
{
	__u64 page = address >> PAGE_BITS, less = 1;
	__u64 slot = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < MAPLE_PIVOTS; i++) {
		__u64 pivot = *(const volatile __u64 *)&node->words[1 + i];

		if (i == MAPLE_GAP_PIVOTS)
			less &= !gaps;
		/* As is_less(); one after the other, since there is no room on the stack to load all pivots first. */
		asm volatile("%[pivot] -= 1\n"
			     "%[pivot] >>= %[page_bits]\n"
			     "%[pivot] -= %[page]\n"
			     "%[pivot] >>= 63\n"
			     "%[less] &= %[pivot]\n"
			     "%[slot] += %[less]\n"
			     : [pivot] "+r"(pivot), [less] "+r"(less), [slot] "+r"(slot)
			     : [page] "r"(page), [page_bits] "i"(PAGE_BITS));
	}
	return slot;
}

static __always_inline __u64 find_vma_in_maple_tree(struct maple_copy *node)
{
	struct mm_struct___v6_1 *mm = (void *)node->mm;
	__u64 entry = read_field(&node->field, mm, mm_mt.ma_root);
	__u32 level;

	if (!is_root_node(entry))
		return 0;
	for (level = 0; level < MAPLE_TREE_DEPTH; level++) {
		bool gaps = maple_type_of(entry) == MAPLE_GAPS;
		bool leaf = maple_type_of(entry) == MAPLE_LEAF;
		__u32 slot;

		if (bpf_probe_read_kernel(node->words, sizeof(node->words), (void *)maple_node_of(entry)))
			return 0;
		slot = maple_slot_of(node, gaps, node->address) + 1 + MAPLE_PIVOTS -
		       gaps * (MAPLE_PIVOTS - MAPLE_GAP_PIVOTS);
		entry = node->words[bounded(slot, MAPLE_NODE_WORDS)];
		if (leaf)
			return entry;
	}
	return 0;
}

/*
 * Returns the vma that had the address when it was read, 0 if there is none. REQUIRES: `mm` is that of the current
 * task or of the one that gets the CPU, and nothing else uses find_vma() on this CPU meanwhile.
 */
__verified_once __u64 find_vma(__u64 mm, __u64 address)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct maple_copy *node;
	struct vm_area_struct *vma;

	if (!keep_stacks && !keep_wait_objects)
		return 0;
	node = bpf_map_lookup_elem(&maple_copies, &cpu);
	if (!mm || !node)
		return 0;
	node->mm = mm;
	node->address = address;
	if (bpf_core_field_exists(struct mm_struct___v6_1, mm_mt))
		vma = (void *)find_vma_in_maple_tree(node);
	else
		vma = find_vma_before_v6_1((void *)node->mm, node->address);
	if (!vma || read_field(&node->field, vma, vm_mm) != node->mm ||
	    node->address < read_field(&node->field, vma, vm_start) ||
	    node->address >= read_field(&node->field, vma, vm_end))
		return 0;
	return (__u64)vma;
}

#endif
