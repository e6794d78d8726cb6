/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks regions of a program for taskcost. Copy this file: it needs no library. A region belongs to the thread that
 * began it. A mark is a system call that fails and changes nothing (docs/regions.md).
 *
 * name: NUL-terminated, or NULL for no name; cut after 31 bytes. At most 8 open regions per thread; deeper ones are
 * only counted. errno is kept. No error is reported.
 */
#ifndef TASKCOST_MARK_H
#define TASKCOST_MARK_H

#include <errno.h>
#include <sys/prctl.h>

static inline void taskcost_mark(unsigned long operation, const char *name) {
  const int error = errno;
  if (name) (void)*(const volatile char *)name; /* a probe can read only memory that is present */
  (void)prctl(0x74636d6b, operation, name, 0UL, 0UL);
  errno = error;
}

static inline void taskcost_begin(const char *name) { taskcost_mark(1, name); }
static inline void taskcost_end(const char *name) { taskcost_mark(2, name); } /* NULL: the innermost region */

#endif
