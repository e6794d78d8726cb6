// SPDX-License-Identifier: Apache-2.0
#include "account/region_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>

#include "account/ledger.h"
#include "account/syscall_table.h"

namespace taskcost {
namespace {

template <std::size_t N>
std::string text_in(const __u64 (&words)[N]) {
  std::array<char, sizeof words> bytes{};
  std::memcpy(bytes.data(), words, sizeof words);
  return text_of(bytes.data(), bytes.size());
}

// A switch that no tracepoint shows corrects the time of an earlier wait. If that wait was before the region, its part
// would be negative: it is 0.
Duration part(std::uint64_t ns) { return std::max(nanoseconds(ns), Duration::zero()); }

RegionParts parts_of(const tc_region_parts& sums) {
  RegionParts parts{part(sums.user_ns),      part(sums.calls_ns),    part(sums.faults_ns),
                    part(sums.preempted_ns), part(sums.runnable_ns), {}};
  std::ranges::transform(sums.blocked_ns, parts.blocked.begin(), part);
  return parts;
}

MarkedRegion region_of(const tc_region_sums& sums) {
  MarkedRegion region;
  region.count = sums.count;
  region.total = nanoseconds(sums.total_ns);
  region.parts = parts_of(sums.parts);
  if (sums.count > 0) {
    region.p50 = coarse_quantile(sums.buckets, sums.max_ns, 0.5);
    region.p99 = coarse_quantile(sums.buckets, sums.max_ns, 0.99);
    region.shortest = nanoseconds(~sums.min_ns_inverted);
    region.longest = nanoseconds(sums.max_ns);
  }
  region.not_ended = sums.not_ended;
  region.not_ended_time = nanoseconds(sums.not_ended_ns);
  region.open = sums.open;
  region.open_time = nanoseconds(sums.open_ns);
  region.stray_ends = sums.stray_ends;
  region.too_deep = sums.too_deep;
  return region;
}

}  // namespace

Duration RegionParts::total_blocked() const { return std::accumulate(blocked.begin(), blocked.end(), Duration()); }

Duration RegionParts::total() const { return user + calls + faults + preempted + runnable + total_blocked(); }

void add(tc_region_sums& sum, const tc_region_sums& other) {
  sum.count += other.count;
  sum.total_ns += other.total_ns;
  sum.max_ns = std::max(sum.max_ns, other.max_ns);
  sum.min_ns_inverted = std::max(sum.min_ns_inverted, other.min_ns_inverted);
  sum.parts.user_ns += other.parts.user_ns;
  sum.parts.calls_ns += other.parts.calls_ns;
  sum.parts.faults_ns += other.parts.faults_ns;
  sum.parts.preempted_ns += other.parts.preempted_ns;
  sum.parts.runnable_ns += other.parts.runnable_ns;
  std::ranges::transform(sum.parts.blocked_ns, other.parts.blocked_ns, sum.parts.blocked_ns, std::plus());
  sum.not_ended += other.not_ended;
  sum.not_ended_ns += other.not_ended_ns;
  sum.open += other.open;
  sum.open_ns += other.open_ns;
  sum.stray_ends += other.stray_ends;
  sum.too_deep += other.too_deep;
  std::ranges::transform(sum.buckets, other.buckets, sum.buckets, std::plus());
}

std::string region_name(const __u64 (&name)[TC_REGION_NAME_LEN / 8]) { return text_in(name); }

void RegionTable::add(const tc_region_key& key, const tc_region_sums& sums) {
  taskcost::add(entries_[{text_in(key.comm), text_in(key.name)}], sums);
}

std::vector<MarkedRegion> RegionTable::take() const {
  std::vector<MarkedRegion> table;
  table.reserve(entries_.size());
  for (const auto& [key, sums] : entries_) {
    MarkedRegion region = region_of(sums);
    region.program = key.first;
    region.name = key.second;
    table.push_back(std::move(region));
  }
  std::ranges::stable_sort(table, std::ranges::greater(), &MarkedRegion::total);
  return table;
}

}  // namespace taskcost
