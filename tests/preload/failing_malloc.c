// SPDX-License-Identifier: Apache-2.0
//
// Is preloaded into the tool, and into nothing that the tool starts: fails an allocation as an exhausted heap would.
//
//   FAILING_MALLOC=N       the Nth allocation since the start fails, and no other
//   FAILING_MALLOC=N+      the Nth and all later ones fail
//   COUNTED_MALLOC=FILE    the number of allocations is written to FILE at exit
//
// free() and shrinking never fail.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// glibc's own names: dlsym() would allocate.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong made;
static unsigned long failing;  // 0: none
static bool for_good;
static char count_file[4096];

static bool fails(void) {
  const unsigned long number = atomic_fetch_add(&made, 1) + 1;

  if (!failing || number < failing || (number > failing && !for_good)) return false;
  errno = ENOMEM;
  return true;
}

__attribute__((constructor)) static void begin(void) {
  const char *number = getenv("FAILING_MALLOC");
  const char *file = getenv("COUNTED_MALLOC");

  if (number) {
    char *end = NULL;

    failing = strtoul(number, &end, 10);
    for_good = *end == '+';
  }
  if (file) snprintf(count_file, sizeof(count_file), "%s", file);
  unsetenv("LD_PRELOAD");
  unsetenv("FAILING_MALLOC");
  unsetenv("COUNTED_MALLOC");
  atomic_store(&made, 0);
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  const int size = snprintf(text, sizeof(text), "%lu\n", atomic_load(&made));
  const int fd = count_file[0] ? open(count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

  if (fd >= 0 && write(fd, text, (size_t)size) != size) abort();
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }

void *realloc(void *old, size_t size) { return size && fails() ? NULL : __libc_realloc(old, size); }

void *memalign(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);

  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
