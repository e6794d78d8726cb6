/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern for names of tasks as an automaton that a probe can run without branches: user space compiles it
 * (targets/glob.cpp), the kernel side matches. Shared by both compilers.
 */
#ifndef TASKCOST_GLOB_H
#define TASKCOST_GLOB_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Bit k: about to match element k of the pattern; the bit after the last element: matched. */
struct tc_glob {
  __u32 accept[256]; /* by byte: the elements that it matches */
  __u32 stars;       /* elements that match any number of bytes */
  __u32 start;
  __u32 end;
};

enum { TC_GLOB_ELEMENTS = 31 };

/* `name` ends at its first NUL, or after `size` bytes. */
static inline __attribute__((always_inline)) int tc_glob_matches(const struct tc_glob *glob, const char *name,
                                                                 unsigned int size) {
  __u32 state = glob->start;
  unsigned int i;

  for (i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)name[i];

    if (!byte) break;
    state = ((state & glob->accept[byte]) << 1) | (state & glob->stars);
    state |= (state & glob->stars) << 1;
  }
  return (state & glob->end) != 0;
}

#endif
