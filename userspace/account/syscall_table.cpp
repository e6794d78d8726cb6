// SPDX-License-Identifier: Apache-2.0
#include "account/syscall_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <optional>

#include "account/ledger.h"
#include "base/units.h"

namespace taskcost {
namespace {

// include/linux/errno.h: the kernel calls again after a signal, or returns EINTR. Programs never see these.
std::string name_of_error(std::uint32_t number) {
  constexpr std::uint32_t first = 512;
  constexpr std::array restarts{"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD",
                                "ERESTART_RESTARTBLOCK"};
  if (number >= first && number - first < restarts.size()) {
    return restarts[number - first];
  }
  const char* const name = strerrorname_np(static_cast<int>(number));
  return name == nullptr ? fmt::format("errno {}", number) : name;
}

// Marks of regions have a row of their own: they fail, but are no errors.
std::string name_of(std::uint32_t syscall, const SyscallTable::Naming& name) {
  const std::uint32_t number = syscall & TC_CALL_NUMBER_MASK;
  const bool is_mark = (syscall >> TC_CALL_SELECTOR_SHIFT & TC_CALL_SELECTOR_MASK) != 0;
  const std::string text = name ? name(number, (syscall & TC_FROM_COMPAT) != 0) : fmt::format("{}", number);
  return is_mark ? text + " (mark)" : text;
}

}  // namespace

std::optional<Duration> coarse_quantile(std::span<const std::uint32_t, TC_SYSCALL_BUCKETS> buckets,
                                        std::uint64_t max_ns, double q) {
  const std::uint64_t count = std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  if (count == 0) {
    return std::nullopt;
  }
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t below = 0;
  std::uint32_t bucket = 0;
  for (; bucket < TC_SYSCALL_BUCKETS - 1; ++bucket) {
    below += buckets[bucket];
    if (below >= rank) {
      break;
    }
  }
  const std::uint64_t from = tc_bucket_from(bucket * TC_SYSCALL_BUCKET_WIDTH);
  const std::uint64_t to = tc_bucket_from((bucket + 1) * TC_SYSCALL_BUCKET_WIDTH);
  return nanoseconds(std::min<std::uint64_t>(from + (to - from) / 2, max_ns));
}

std::uint64_t Syscalls::failed() const {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& error) { return sum + error.second; });
}

void add(tc_syscall_sums& sum, const tc_syscall_sums& other) {
  sum.count += other.count;
  sum.timed += other.timed;
  sum.total_ns += other.total_ns;
  sum.running_ns += other.running_ns;
  sum.max_ns = std::max(sum.max_ns, other.max_ns);
  sum.bytes += other.bytes;
  sum.with_bytes += other.with_bytes;
  for (std::size_t i = 0; i < TC_SYSCALL_BUCKETS; ++i) {
    sum.buckets[i] += other.buckets[i];
  }
}

void SyscallTable::add(const tc_syscall_key& key, const tc_syscall_sums& sums) {
  std::array<char, TC_COMM_LEN> comm{};
  std::memcpy(comm.data(), key.comm, sizeof key.comm);
  Entry& entry = entries_[{text_of(comm.data(), comm.size()), key.syscall}];
  if (key.error == 0) {
    taskcost::add(entry.all, sums);
  } else {
    entry.errors[key.error] += sums.count;
  }
}

void SyscallTable::fill(Syscalls& row, const std::string& program, const Entry& entry) {
  const tc_syscall_sums& sums = entry.all;
  row.program = program;
  row.count = sums.count;
  for (const auto& [error, count] : entry.errors) {
    row.errors[name_of_error(error)] += count;
  }
  row.timed = sums.timed;
  if (sums.timed > 0) {
    row.total = nanoseconds(sums.total_ns);
    row.longest = nanoseconds(sums.max_ns);
  }
  row.p50 = coarse_quantile(sums.buckets, sums.max_ns, 0.5);
  row.p99 = coarse_quantile(sums.buckets, sums.max_ns, 0.99);
  row.bytes = sums.with_bytes == 0 ? std::nullopt : std::optional<std::uint64_t>(sums.bytes);
}

std::vector<Syscalls> SyscallTable::take(const Naming& name) const {
  std::vector<Syscalls> table;
  table.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    if ((key.second & TC_FROM_RING) != 0) {
      continue;
    }
    Syscalls& row = table.emplace_back();
    fill(row, key.first, entry);
    row.name = name_of(key.second, name);
    if (entry.all.timed > 0) {
      row.running = nanoseconds(entry.all.running_ns);
    }
  }
  std::ranges::stable_sort(table, std::ranges::greater(), &Syscalls::running);
  return table;
}

std::vector<RingOperations> SyscallTable::take_operations(const std::vector<std::string>& names) const {
  std::vector<RingOperations> table;
  for (const auto& [key, entry] : entries_) {
    if ((key.second & TC_FROM_RING) == 0) {
      continue;
    }
    const std::uint32_t operation = key.second & TC_CALL_NUMBER_MASK;
    RingOperations& row = table.emplace_back();
    fill(row, key.first, entry);
    row.name = operation == TC_RING_UNKNOWN && operation >= names.size() ? ""
               : operation < names.size() && !names[operation].empty()   ? names[operation]
                                                                         : fmt::format("operation {}", operation);
  }
  std::ranges::stable_sort(table, std::ranges::greater(), &Syscalls::total);
  return table;
}

}  // namespace taskcost
