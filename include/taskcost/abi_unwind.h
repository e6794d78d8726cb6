/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables to unwind user stacks without frame pointers. User space makes them from .eh_frame, the probes look them up.
 *
 * A table is an array of rows, sorted by `offset`. Row i holds for the code from its offset to the offset of row i + 1;
 * row 0 is at offset 0, and the last one is a gap. Offsets are those in the file, not addresses: one table serves each
 * mapping of the file (address - vm_start + (vm_pgoff << 12)).
 *
 * A frame that made a call is looked up by its return address - 1, since the call may be the last instruction of its
 * function. The innermost frame, and one that a signal interrupted, are looked up by their instruction itself.
 */
#ifndef TASKCOST_ABI_UNWIND_H
#define TASKCOST_ABI_UNWIND_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/*
 * Slots have 8 bytes. sp and fp are the registers of the frame: rsp and rbp on x86-64, sp and x29 on arm64. The sp of
 * the caller is the CFA (canonical frame address), and its instruction is the return address:
 *
 *   x86-64   at CFA - 8
 *   arm64    in x30 with TC_UNWIND_RA_REGISTER, which only the innermost frame or one that a signal interrupted can
 *            have; else in memory, 8 bytes above the saved x29: at its slot - 1. It may be signed: the bits above those
 *            of an address have to be cleared.
 */
struct tc_unwind_row {
  __u32 offset;     /* in the file, in bytes */
  __s16 cfa_offset; /* in slots; PLT: see there */
  __u8 kind;        /* enum tc_unwind_kind; above TC_UNWIND_KIND_MASK: arm64: flags; x86-64: slot of rbx */
  __u8 fp_slot;     /* the caller's fp is at CFA - 8 * fp_slot; 0: unchanged; or TC_UNWIND_SLOT_BASE */
};

/* The base of a rule is the register that it starts with. */
enum tc_unwind_kind {
  TC_UNWIND_GAP,      /* no function is described here: the frame pointer is all that there is */
  TC_UNWIND_NONE,     /* a rule that a row cannot express: the stack ends here, incomplete */
  TC_UNWIND_SP,       /* CFA = sp + 8 * cfa_offset */
  TC_UNWIND_FP,       /* CFA = fp + 8 * cfa_offset */
  TC_UNWIND_DEREF_SP, /* CFA = *(sp + 8 * cfa_offset) + 8: assembly that has saved its sp on an aligned stack */
  TC_UNWIND_DEREF_FP, /* CFA = *(fp + 8 * cfa_offset): the function has realigned its stack */
  TC_UNWIND_PLT,      /* CFA = sp + 8 + ((ip & 15) >= cfa_offset ? 8 : 0); an entry of .plt pushes one value */
  TC_UNWIND_SIGNAL,   /* a signal frame: all registers of the caller are in the ucontext that the kernel pushed */
  TC_UNWIND_END,      /* the outermost frame: _start, the start of a thread */
  TC_UNWIND_RBX,      /* x86-64: CFA = rbx + 8 * cfa_offset: the dynamic linker finds a function at its first call */
  TC_UNWIND_RDI,      /* x86-64: as SP, but the return address is in rdi: vfork, whose child overwrites the stack */
  TC_UNWIND_NR_KINDS,
};
enum {
  TC_UNWIND_KIND_MASK = 0x0f,
  TC_UNWIND_RBX_SHIFT = 4,      /* x86-64: rbx is saved as fp, with these 4 bits as its slot */
  TC_UNWIND_RA_ALONE = 0x40,    /* arm64: fp_slot is the slot of the return address, and x29 is unchanged */
  TC_UNWIND_RA_REGISTER = 0x80, /* arm64: the return address is in x30 */
};

/*
 * As the slot of rbx: it is not known any more. The walker needs rbx for rows of kind RBX only, and can remember where
 * it was saved last instead of reading it at each frame.
 */
enum { TC_UNWIND_RBX_LOST = 15 };

/* As fp_slot: the caller's fp is where the base (sp or fp, by kind) points to. Such a slot can be far below the CFA. */
enum { TC_UNWIND_SLOT_BASE = 255 };

/* A table is kept as whole pages. The rest of the last one has rows of kind GAP at TC_UNWIND_PAD. */
enum {
  TC_UNWIND_PAGE_ROWS = 512,
  TC_UNWIND_FILE_PAGES = 16384, /* of one file, at most: 64 MiB */
  TC_UNWIND_PAGE_STEPS = 14,    /* of a binary search for the page, at most */
  TC_UNWIND_ROW_STEPS = 9,      /* of a binary search in it */
};
#define TC_UNWIND_PAD 0xffffffffu
struct tc_unwind_page {
  struct tc_unwind_row rows[TC_UNWIND_PAGE_ROWS];
};

/*
 * How a user stack ended. COMPLETE has reached the entry of the program or of the thread, and NO_USER is complete too:
 * the task has no user memory any more, or that of its next program, which has not begun.
 */
#define TC_STACK_ENDS(X)                                                                \
  X(COMPLETE, complete, "complete")                                                     \
  X(UNREADABLE, unreadable, "memory of the stack was not readable")                     \
  X(NO_RULE, no_rule, "code whose unwind rule is not supported")                        \
  X(NO_TABLE, no_table, "code without unwind information and without frame pointer")    \
  X(TOO_DEEP, too_deep, "deeper than the frames that are kept")                         \
  X(PENDING, pending, "code of a file whose unwind table was not made yet")             \
  X(NO_ROOM, no_room, "code of a file whose unwind table exceeds --unwind-memory")      \
  X(NOT_CODE, not_code, "a return address that is no code")                             \
  X(FRAME_POINTERS, frame_pointers, "frame pointers alone were followed, to their end") \
  X(NO_USER, no_user, "no user stack: the task was exiting, or in an exec")             \
  X(NOT_SEEN, not_seen, "the wait began before the observation")

#define TC_ENUM_STACK_END(constant, name, text) TC_STACK_END_##constant,
enum tc_stack_end { TC_STACK_ENDS(TC_ENUM_STACK_END) TC_NR_STACK_ENDS };
#undef TC_ENUM_STACK_END

#endif
