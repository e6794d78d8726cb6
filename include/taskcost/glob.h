/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A glob pattern for task names, as an automaton that a probe runs without branches. User space compiles it
 * (targets/glob.cpp), the probes match it.
 */
#ifndef TASKCOST_GLOB_H
#define TASKCOST_GLOB_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Bit k of a state: element k of the pattern is to be matched next. The bit behind the last element: matched. */
struct tc_glob {
  __u32 accept[256]; /* by byte: a bit for each element that matches it */
  __u32 stars;       /* a bit for each element that matches any number of bytes */
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
