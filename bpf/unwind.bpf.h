/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Walks the user stack of the current task by unwind tables, and by frame pointers where code has none. The kernel
 * itself is asked whose code an address is, at the moment of the walk: mmap, exec and fork need not be followed.
 */
#ifndef TASKCOST_UNWIND_BPF_H
#define TASKCOST_UNWIND_BPF_H

#include "identity.bpf.h"
#include "mapping.bpf.h"

const volatile bool use_unwind_tables = false;

__u64 unwind_tables_made = 0; /* user space counts the changes of unwind_tables */

struct unwind_chunk {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TC_UNWIND_CHUNK_PAGES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct tc_unwind_page));
};

/* Chunks of the pages of all tables. User space adds one when it needs it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct unwind_chunk);
} unwind_chunks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_code_file);
	__type(value, struct tc_unwind_table);
} unwind_tables SEC(".maps");

/* Files whose table user space was asked for. It takes them out. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct tc_code_file);
	__type(value, __u8);
} asked_tables SEC(".maps");

/* Asks for them: struct tc_wanted_table. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wanted_tables SEC(".maps");

/* A page of code in an address space, and the table of its file. */
struct code_page {
	__u64 mm;
	__u64 page;
	__u64 vma;
	__u64 start; /* of the vma, as the next three are */
	__u64 end;
	__u64 file;
	__u64 pgoff;
	__u64 made; /* unwind_tables_made when the table was looked up */
	struct tc_unwind_table table;
	__u32 reserved;
};

/* The row of an instruction. */
struct known_row {
	__u64 key; /* first page of the table, offset in the file */
	__u64 row; /* union row_number */
};

enum {
	CODE_PAGES = 512,
	KNOWN_ROWS = 512,
	WINDOW_SLOTS = 32,
	REGISTERS_AFTER_FP = 7,
};

/* The walk of a CPU. Both caches live on; entries are replaced by others with the same hash. */
struct unwind_walk {
	struct tc_stack stack;
	__u64 mm;
	__u64 checked_vma; /* it was as a cache has it in this walk */
	__u64 ip;
	__u64 sp;
	__u64 fp;
	__u64 rbx_at; /* where it was saved last; 0: it is in the next field */
	__u64 rbx;
	__u64 window_at; /* address of the part of the stack that is in `window` */
	__u64 window[WINDOW_SLOTS];
	__u64 read[REGISTERS_AFTER_FP];
	__u64 rdi;		       /* of the innermost frame; 0: of another one */
	struct tc_wanted_table wanted; /* these two have no room on the stack of the program */
	__u64 field;
	__u32 frames;
	__u32 end;    /* enum tc_stack_end */
	__u8 called;  /* `ip` is behind a call */
	__u8 by_fp;   /* the frame was found by a frame pointer */
	__u8 guessed; /* a frame pointer was followed through code whose table is pending or had no room */
	struct code_page pages[CODE_PAGES];
	struct known_row rows[KNOWN_ROWS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct unwind_walk);
} unwind_walks SEC(".maps");

static __always_inline struct unwind_walk *this_walk(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&unwind_walks, &cpu);
}

#if defined(__TARGET_ARCH_x86)
static __always_inline bool is_vdso(__u64 mm, __u64 start)
{
	return (__u64)BPF_CORE_READ((struct mm_struct___x86 *)mm, context.vdso) == start;
}
#else
static __always_inline bool is_vdso(__u64 mm, __u64 start)
{
	return false;
}
#endif

static __noinline bool read_file_key(__u64 file, struct tc_code_file *key)
{
	struct inode *inode = BPF_CORE_READ((struct file *)file, f_inode);

	if (!key) /* can't happen; the verifier asks */
		return false;
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->bytes = BPF_CORE_READ(inode, i_size);
	key->modified_ns = modified_ns(inode);
	key->device = BPF_CORE_READ(inode, i_sb, s_dev);
	key->generation = BPF_CORE_READ(inode, i_generation);
	return true;
}

/* Returns false if the mapping is of no file. */
static __noinline bool read_code_file(__u64 vma_address, struct tc_code_file *key)
{
	struct vm_area_struct *vma = (void *)vma_address;
	struct file *file = BPF_CORE_READ(vma, vm_file);

	if (!key) /* can't happen; the verifier asks */
		return false;
	if (file)
		return read_file_key((__u64)file, key);
	__builtin_memset(key, 0, sizeof(*key));
	key->device = TC_VDSO_DEVICE;
	return is_vdso((__u64)BPF_CORE_READ(vma, vm_mm), BPF_CORE_READ(vma, vm_start));
}

/* Asks user space once for the table of w->wanted.file, which the current task has mapped at `start`. */
static __noinline int want_table(struct unwind_walk *w, __u64 start, __u64 end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u8 yes = 1;

	if (!w) /* can't happen; the verifier asks */
		return 0;
	if (bpf_map_update_elem(&asked_tables, &w->wanted.file, &yes, BPF_NOEXIST))
		return 0; /* asked already; or many are, then a later stack asks */
	w->wanted.start = start;
	w->wanted.end = end;
	w->wanted.tgid = task->tgid;
	w->wanted.tgid_seen =
		collector_level ? pid_for_collector(BPF_CORE_READ(task, group_leader, thread_pid)) : (__u32)task->tgid;
	if (bpf_ringbuf_output(&wanted_tables, &w->wanted, sizeof(w->wanted), 0))
		bpf_map_delete_elem(&asked_tables, &w->wanted.file);
	return 0;
}

/* The table of a program is wanted before the first stack needs it: when the current task has begun to execute it. */
__verified_once int want_table_of_program(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct unwind_walk *w = this_walk();

	if (!use_unwind_tables || !w || !file || !read_file_key((__u64)file, &w->wanted.file))
		return 0;
	if (!bpf_map_lookup_elem(&unwind_tables, &w->wanted.file))
		want_table(w, 0, 0);
	return 0;
}

/* Looks the code up in the kernel's tree of mappings. Returns false if there is none. */
static __noinline bool look_up_code(struct unwind_walk *w, struct code_page *page, __u64 code)
{
	struct tc_unwind_table *table;
	struct vm_area_struct *vma;

	if (!w || !page) /* can't happen; the verifier asks */
		return false;
	page->mm = 0;
	vma = (void *)find_vma(w->mm, code);
	if (!vma || !(read_field(&w->field, vma, vm_flags) & VM_EXEC))
		return false;
	read_field(&page->start, vma, vm_start);
	read_field(&page->end, vma, vm_end);
	read_field(&page->file, vma, vm_file);
	page->pgoff = page->file ? read_field(&w->field, vma, vm_pgoff) : 0;
	page->vma = (__u64)vma;
	page->page = code >> PAGE_BITS;
	page->made = unwind_tables_made;
	page->table.pages = 0;
	page->table.state = TC_TABLE_NONE;
	if (read_code_file((__u64)vma, &w->wanted.file)) {
		table = bpf_map_lookup_elem(&unwind_tables, &w->wanted.file);
		if (table) {
			page->table = *table;
		} else {
			page->table.state = TC_TABLE_PENDING;
			want_table(w, page->start, page->end);
		}
	}
	page->mm = w->mm;
	return true;
}

#define field_of_vma(w, vma, name)                                                                                     \
	(can_cast() ? (__u64)read_as(struct vm_area_struct, vma)->name : read_field(&(w)->field, vma, name))

static __noinline bool is_still_mapped(struct unwind_walk *w, const struct code_page *page)
{
	struct vm_area_struct *vma;

	if (!w || !page) /* can't happen; the verifier asks */
		return false;
	vma = (void *)page->vma;
	if (field_of_vma(w, vma, vm_mm) != page->mm || field_of_vma(w, vma, vm_start) != page->start ||
	    field_of_vma(w, vma, vm_end) != page->end || field_of_vma(w, vma, vm_file) != page->file ||
	    (page->file && field_of_vma(w, vma, vm_pgoff) != page->pgoff) || !is_attached(vma))
		return false;
	w->checked_vma = page->vma;
	return true;
}

static __always_inline struct code_page *code_page_at(struct unwind_walk *w, __u64 code)
{
	/* Processes that forked from one another have their code at the same addresses. */
	__u64 hash = (code >> PAGE_BITS) ^ (w->mm >> 6) * 0x9e3779b1;
	struct code_page *page = &w->pages[hash & (CODE_PAGES - 1)];

	if (page->page == code >> PAGE_BITS && page->mm == w->mm &&
	    (w->checked_vma == page->vma || is_still_mapped(w, page)) &&
	    (page->table.state != TC_TABLE_PENDING || page->made == unwind_tables_made))
		return page;
	return look_up_code(w, page, code) ? page : NULL;
}

static __always_inline struct tc_unwind_page *table_page_at(__u32 number)
{
	__u32 chunk = number / TC_UNWIND_CHUNK_PAGES, index = number % TC_UNWIND_CHUNK_PAGES;
	void *pages = bpf_map_lookup_elem(&unwind_chunks, &chunk);

	return pages ? bpf_map_lookup_elem(pages, &index) : NULL;
}

/* A row in a register. */
union row_number {
	struct tc_unwind_row row;
	__u64 number;
};

/*
 * Finds the row of the offset in a table of at least one page. Returns the row as a number; 0, a GAP, if it has none.
 * The searches are free of branches, so that the verifier follows one path.
 */
static __noinline __u64 search_row(__u32 first_page, __u32 pages, __u32 offset)
{
	union row_number found;
	struct tc_unwind_page *page;
	__u32 i, index = 0, step;

	for (i = 0; i < TC_UNWIND_PAGE_STEPS && pages > 1; i++) {
		__u32 half = pages / 2;

		page = table_page_at(first_page + half);
		if (!page)
			return 0;
		first_page += half * (1 - is_less(offset, page->rows[0].offset));
		pages -= half;
	}
	page = table_page_at(first_page);
	if (!page || page->rows[0].offset > offset)
		return 0;
#pragma unroll
	for (step = TC_UNWIND_PAGE_ROWS / 2; step; step /= 2)
		index += step * (1 - is_less(offset, page->rows[(index + step) & (TC_UNWIND_PAGE_ROWS - 1)].offset));
	found.row = page->rows[index & (TC_UNWIND_PAGE_ROWS - 1)];
	return found.number;
}

static __always_inline __u64 row_at(struct unwind_walk *w, const struct code_page *page, __u64 code)
{
	__u64 offset = code - page->start + (page->pgoff << PAGE_BITS);
	struct known_row *known;
	__u64 key;

	if (page->table.state != TC_TABLE_READY || offset >= TC_UNWIND_PAD)
		return 0; /* a gap */
	key = (__u64)(page->table.first_page + 1) << 32 | offset;
	known = &w->rows[(offset ^ offset >> 9 ^ page->table.first_page) & (KNOWN_ROWS - 1)];
	if (known->key == key)
		return known->row;
	known->row = search_row(page->table.first_page, page->table.pages, offset);
	known->key = key;
	return known->row;
}

#define NO_WINDOW (~0ull)

/* Reads a slot of the stack. Most of the cost is in the call, so it reads some of the slots above it too. */
static __noinline int read_slot(struct unwind_walk *w, __u64 *value, __u64 address)
{
	__u64 at;

	if (!w || !value) /* can't happen; the verifier asks */
		return -1;
	at = address - w->window_at;
	if (at >= sizeof(w->window) || (at & 7)) {
		at = 0;
		w->window_at = address;
		if (bpf_probe_read_user(w->window, sizeof(w->window), (void *)address)) {
			w->window_at = NO_WINDOW; /* the stack ends there */
			return bpf_probe_read_user(value, sizeof(*value), (void *)address);
		}
	}
	*value = w->window[bounded(at / 8, WINDOW_SLOTS)];
	return 0;
}

enum { GO_ON, STOP };
#define RBX_LOST (~0ull) /* as rbx_at */

static __always_inline long end_walk(struct unwind_walk *w, __u32 end)
{
	w->end = end;
	return STOP;
}

/* The caller's frame by the frame pointer: it points to the caller's, and to the return address behind that. */
static __always_inline long follow_frame_pointer(struct unwind_walk *w, const struct code_page *page)
{
	__u32 state = page->table.state;
	__u32 end = state == TC_TABLE_PENDING	? TC_STACK_END_PENDING
		    : state == TC_TABLE_NO_ROOM ? TC_STACK_END_NO_ROOM
						: TC_STACK_END_NO_TABLE;

	if (end != TC_STACK_END_NO_TABLE)
		w->guessed = end;
	/* The outermost frame has none, if those below it have one. */
	if (!w->fp && w->by_fp && !w->guessed)
		return end_walk(w, TC_STACK_END_COMPLETE);
	if (w->fp < w->sp || (w->fp & 7) || read_slot(w, &w->read[0], w->fp) || read_slot(w, &w->read[1], w->fp + 8) ||
	    !w->read[1])
		return end_walk(w, end);
	w->rbx_at = RBX_LOST;
	w->sp = w->fp + 16;
	w->fp = w->read[0];
	w->ip = w->read[1];
	w->rdi = 0;
	w->called = 1;
	w->by_fp = 1;
	return GO_ON;
}

#if defined(__TARGET_ARCH_x86)
enum {
	PLT_ALIGNMENT = 16,
	SIGNAL_FRAME_FP = 120, /* struct ucontext: rbp, rbx, rdx, rax, rcx, rsp, rip lie there in this order */
};

static __always_inline long leave_signal_frame(struct unwind_walk *w)
{
	if (bpf_probe_read_user(w->read, sizeof(w->read), (void *)(w->sp + SIGNAL_FRAME_FP)))
		return end_walk(w, TC_STACK_END_UNREADABLE);
	w->fp = w->read[0];
	w->rbx = w->read[1];
	w->rbx_at = 0;
	w->sp = w->read[5];
	w->ip = w->read[6];
	w->rdi = 0;
	w->called = 0;
	w->by_fp = 0;
	return GO_ON;
}

/* Its caller has little room on the stack, so this is a function. */
static __noinline long follow_row(struct unwind_walk *w, const struct code_page *page, __u64 number)
{
	struct tc_unwind_row row = ((union row_number){.number = number}).row;
	__u64 base, cfa, rbx_slot = row.kind >> TC_UNWIND_RBX_SHIFT, rdi = 0;

	if (!w || !page) /* can't happen; the verifier asks */
		return STOP;
	base = w->sp;
	switch (row.kind & TC_UNWIND_KIND_MASK) {
	case TC_UNWIND_GAP:
		return follow_frame_pointer(w, page);
	case TC_UNWIND_SP:
		cfa = base + row.cfa_offset * 8;
		break;
	case TC_UNWIND_FP:
		base = w->fp;
		cfa = base + row.cfa_offset * 8;
		break;
	case TC_UNWIND_DEREF_FP:
		base = w->fp;
		if (read_slot(w, &w->read[0], base + row.cfa_offset * 8))
			return end_walk(w, TC_STACK_END_UNREADABLE);
		cfa = w->read[0];
		break;
	case TC_UNWIND_DEREF_SP:
		if (read_slot(w, &w->read[0], base + row.cfa_offset * 8))
			return end_walk(w, TC_STACK_END_UNREADABLE);
		cfa = w->read[0] + 8;
		break;
	case TC_UNWIND_PLT:
		cfa = base + 8 + ((__s64)(w->ip & (PLT_ALIGNMENT - 1)) >= row.cfa_offset ? 8 : 0);
		break;
	case TC_UNWIND_RBX:
		if (w->rbx_at && (w->rbx_at == RBX_LOST || read_slot(w, &w->rbx, w->rbx_at)))
			return end_walk(w, TC_STACK_END_NO_RULE);
		base = w->rbx;
		cfa = base + row.cfa_offset * 8;
		break;
	case TC_UNWIND_RDI:
		rdi = w->rdi;
		if (!rdi)
			return end_walk(w, TC_STACK_END_NO_RULE);
		cfa = base + row.cfa_offset * 8;
		break;
	case TC_UNWIND_SIGNAL:
		return leave_signal_frame(w);
	case TC_UNWIND_END:
		return end_walk(w, w->guessed ? w->guessed : TC_STACK_END_COMPLETE);
	default:
		return end_walk(w, TC_STACK_END_NO_RULE);
	}
	if (cfa + !!rdi <= w->sp)
		return end_walk(w, TC_STACK_END_UNREADABLE);
	if (row.fp_slot && read_slot(w, &w->fp, row.fp_slot == TC_UNWIND_SLOT_BASE ? base : cfa - 8 * row.fp_slot))
		return end_walk(w, TC_STACK_END_UNREADABLE);
	if (rdi)
		w->ip = rdi;
	else if (read_slot(w, &w->ip, cfa - 8))
		return end_walk(w, TC_STACK_END_UNREADABLE);
	w->rdi = 0;
	if (rbx_slot)
		w->rbx_at = rbx_slot == TC_UNWIND_RBX_LOST ? RBX_LOST : cfa - 8 * rbx_slot;
	w->sp = cfa;
	w->called = 1;
	w->by_fp = 0;
	return GO_ON;
}

static __always_inline bool begin_walk(struct unwind_walk *w, struct pt_regs *regs)
{
	w->ip = regs->ip;
	w->sp = regs->sp;
	w->fp = regs->bp;
	w->rbx = regs->bx;
	w->rbx_at = 0;
	w->rdi = regs->di;
	return regs->cs == __USER_CS;
}
#else
static __always_inline long follow_row(struct unwind_walk *w, const struct code_page *page, __u64 number)
{
	return follow_frame_pointer(w, page);
}

static __always_inline bool begin_walk(struct unwind_walk *w, struct pt_regs *regs)
{
	return false;
}
#endif

/* An exec has replaced the memory, and the registers are still those of the program before. */
static __always_inline bool is_being_replaced(struct unwind_walk *w)
{
	struct mm_struct *mm = (void *)w->mm;

	return !read_field(&w->field, mm, start_code);
}

static long walk_frame(__u32 index, void *context)
{
	struct unwind_walk *w = this_walk();
	struct code_page *page;
	__u64 code;

	if (!w) /* can't happen */
		return STOP;
	code = w->ip - w->called;
	page = code_page_at(w, code);
	if (!page && index)
		return end_walk(w, w->guessed ? w->guessed : w->by_fp ? TC_STACK_END_NO_TABLE : TC_STACK_END_NOT_CODE);
	if (!page && is_being_replaced(w))
		return end_walk(w, TC_STACK_END_NO_USER);
	w->stack.frames[bounded(index, TC_STACK_FRAMES)] = w->ip;
	w->frames = index + 1;
	if (!page)
		return end_walk(w, TC_STACK_END_NOT_CODE);
	return follow_row(w, page, row_at(w, page, code));
}

/*
 * Walks the user stack of the current task, to the walk of this CPU. Returns the number of frames; negative: it has to
 * be taken by frame pointers.
 */
__verified_once int walk_user_stack(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct unwind_walk *w;

	if (!keep_stacks || !use_unwind_tables ||
	    !bpf_core_enum_value_exists(enum bpf_func_id___compat, BPF_FUNC_loop___compat))
		return -1;
	w = this_walk();
	if (!w || !begin_walk(w, (struct pt_regs *)bpf_task_pt_regs(task)))
		return -1;
	w->mm = (__u64)field(task, mm);
	w->checked_vma = 0;
	w->window_at = NO_WINDOW;
	w->frames = 0;
	w->called = 0;
	w->by_fp = 0;
	w->guessed = 0;
	w->end = TC_STACK_END_TOO_DEEP;
	if (!w->mm)
		w->end = TC_STACK_END_NO_USER;
	else
		bpf_loop(TC_STACK_FRAMES, walk_frame, NULL, 0);
	w->stack.end = w->end;
	w->stack.count = w->frames;
	return w->frames;
}

/* Set by user space, which calls the program below in a thread of its own. */
struct tc_code_file found_code_file = {};

/* User space passes the address of a mapping of its own, and learns the key of the file. */
SEC("?raw_tp")
int taskcost_code_file(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tc_code_file file;
	__u64 vma = find_vma((__u64)BPF_CORE_READ(task, mm), ctx[0]);

	if (!vma || !read_code_file(vma, &file))
		return 1;
	found_code_file = file;
	return 0;
}

#endif
