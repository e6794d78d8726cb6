/* SPDX-License-Identifier: Apache-2.0 */
/* CPU quotas that throttled observed tasks. */
#ifndef TASKCOST_ABI_QUOTA_H
#define TASKCOST_ABI_QUOTA_H

#include "taskcost/abi_records.h"

enum { TC_MAX_QUOTAS = 1024 };

/* The id 0, without a limit: no limit was found, or there was no room. */
struct tc_quota_key {
  __u64 cgroup; /* id in the hierarchy of the CPU controller */
};

struct tc_quota_sums {
  __u64 quota_ns; /* in each period; the last one that was seen */
  __u64 period_ns;
  __u64 throttled; /* times that a task was throttled */
  __u64 ns;        /* throttled time of all tasks */
};

struct tc_quota_record {
  struct tc_record record;
  struct tc_quota_key key;
  struct tc_quota_sums sums;
};

#endif
