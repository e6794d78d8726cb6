/* SPDX-License-Identifier: Apache-2.0 */
/* Locks of the kernel that observed tasks waited for. */
#ifndef TASKCOST_ABI_LOCKS_H
#define TASKCOST_ABI_LOCKS_H

#include "taskcost/abi_ran_instead.h"

/* By the flags of contention_begin. */
#define TC_LOCK_TYPES(X)                               \
  X(SPINLOCK, spinlock, "spinlock")                    \
  X(RWLOCK_READ, rwlock_read, "rwlock, read")          \
  X(RWLOCK_WRITE, rwlock_write, "rwlock, write")       \
  X(MUTEX, mutex, "mutex")                             \
  X(RWSEM_READ, rwsem_read, "rwsem, read")             \
  X(RWSEM_WRITE, rwsem_write, "rwsem, write")          \
  X(RT_MUTEX, rt_mutex, "rt-mutex")                    \
  X(PERCPU_READ, percpu_read, "percpu-rwsem, read")    \
  X(PERCPU_WRITE, percpu_write, "percpu-rwsem, write") \
  X(SEMAPHORE, semaphore, "semaphore")

/* Locks that are recognized by where they lie. */
#define TC_LOCK_NAMES(X)                                    \
  X(UNKNOWN, unknown, "a lock without a name")              \
  X(MMAP_LOCK, mmap_lock, "mmap_lock (its memory map)")     \
  X(PAGE_TABLE_LOCK, page_table_lock, "page_table_lock")    \
  X(SIGLOCK, siglock, "siglock (its signal handlers)")      \
  X(FILE_LOCK, file_lock, "file_lock (its file table)")     \
  X(INODE_LOCK, i_rwsem, "i_rwsem (the inode of its file)") \
  X(PIPE_MUTEX, pipe_mutex, "the mutex of its pipe")

#define TC_ENUM_LOCK_TYPE(C, n, t) TC_LOCK_##C,
#define TC_ENUM_LOCK_NAME(C, n, t) TC_LOCK_NAME_##C,
enum tc_lock_type { TC_LOCK_TYPES(TC_ENUM_LOCK_TYPE) TC_NR_LOCK_TYPES };
enum tc_lock_name { TC_LOCK_NAMES(TC_ENUM_LOCK_NAME) TC_NR_LOCK_NAMES };

enum { TC_LOCK_SYMBOL_LEN = 48, TC_MAX_LOCK_WAITS = 8192 };

/* Waits of one task for locks of one name and type that one task held when they began. */
struct tc_lock_key {
  __u64 task;  /* ledger id */
  __u64 owner; /* ledger id, TC_RAN_PROGRAM or TC_RAN_KERNEL; 0: not known */
  __u32 type;  /* enum tc_lock_type */
  __u32 name;  /* enum tc_lock_name */
};

/* The address stays in the kernel's table: user space replaces it by the symbol. */
struct tc_lock_entry_key {
  struct tc_lock_key lock;
  __u64 address; /* of a global lock without another name, otherwise 0 */
};

struct tc_lock_sums {
  __u64 count;    /* waits */
  __u64 ns;       /* time of all of them */
  __u64 max_ns;   /* the longest */
  __u64 other_ns; /* of these, waits that count as "something else in the kernel" */
};

/* A wait for a lock that has begun. */
struct tc_lock_wait {
  struct tc_lock_entry_key key; /* `key.lock.task` 0: there is none */
  __u64 lock;                   /* its address */
  __u64 begun_ns;               /* CLOCK_MONOTONIC */
};

struct tc_lock_record {
  struct tc_record record;
  struct tc_lock_key key;
  struct tc_lock_sums sums;
  char symbol[TC_LOCK_SYMBOL_LEN]; /* of a global lock, otherwise empty */
};

#endif
