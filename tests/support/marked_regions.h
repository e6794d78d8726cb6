// SPDX-License-Identifier: Apache-2.0
//
// Regions as the kernel side sums them up and records them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "taskcost/abi_regions.h"
#include "taskcost/events.h"

namespace taskcost::test {

inline tc_region_key region_key(std::string_view comm, std::string_view name) {
  tc_region_key key{};
  std::memcpy(key.comm, comm.data(), std::min<std::size_t>(comm.size(), TC_COMM_LEN - 1));
  std::memcpy(key.name, name.data(), std::min<std::size_t>(name.size(), TC_REGION_NAME_LEN - 1));
  return key;
}

// Regions that took these times: a fifth of each in user code, and the rest blocked on a pipe.
inline tc_region_sums regions_of(std::initializer_list<std::uint64_t> times) {
  tc_region_sums sums{};
  for (const std::uint64_t ns : times) {
    ++sums.count;
    sums.total_ns += ns;
    sums.max_ns = std::max<std::uint64_t>(sums.max_ns, ns);
    sums.min_ns_inverted = std::max<std::uint64_t>(sums.min_ns_inverted, ~ns);
    sums.parts.user_ns += ns / 5;
    sums.parts.blocked_ns[TC_WAIT_PIPE] += ns - ns / 5;
    ++sums.buckets[tc_bucket_of(ns) / TC_SYSCALL_BUCKET_WIDTH];
  }
  return sums;
}

// The record of such a region.
inline tc_region region_record(std::uint64_t task, std::string_view name, std::uint64_t begun_ns, std::uint64_t at_ns) {
  tc_region region{};
  region.record = {TC_RECORD_REGION, sizeof region};
  region.at_ns = at_ns;
  region.id = task;
  region.begun_ns = begun_ns;
  region.user_ns = (at_ns - begun_ns) / 5;
  region.blocked_ns = at_ns - begun_ns - region.user_ns;
  region.wait = TC_WAIT_PIPE;
  std::ranges::copy(region_key("", name).name, region.name);
  return region;
}

}  // namespace taskcost::test
