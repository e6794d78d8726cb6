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

std::string name_of(std::uint32_t syscall, const SyscallTable::Naming& name) {
  const std::uint32_t number = syscall & TC_CALL_NUMBER_MASK;
  return name ? name(number, (syscall & TC_FROM_COMPAT) != 0) : fmt::format("{}", number);
}

// The quantile q of the times, as the middle of its bucket; nullopt: no call was timed.
std::optional<Duration> quantile(const tc_syscall_sums& sums, double q) {
  const std::uint64_t count = std::accumulate(std::begin(sums.buckets), std::end(sums.buckets), std::uint64_t{0});
  if (count == 0) {
    return std::nullopt;
  }
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t below = 0;
  std::uint32_t bucket = 0;
  for (; bucket < TC_SYSCALL_BUCKETS - 1; ++bucket) {
    below += sums.buckets[bucket];
    if (below >= rank) {
      break;
    }
  }
  const std::uint64_t from = tc_bucket_from(bucket * TC_SYSCALL_BUCKET_WIDTH);
  const std::uint64_t to = tc_bucket_from((bucket + 1) * TC_SYSCALL_BUCKET_WIDTH);
  return nanoseconds(std::min<std::uint64_t>(from + (to - from) / 2, sums.max_ns));
}

}  // namespace

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

std::vector<Syscalls> SyscallTable::take(const Naming& name) const {
  std::vector<Syscalls> table;
  table.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    const tc_syscall_sums& sums = entry.all;
    Syscalls row;
    row.program = key.first;
    row.name = name_of(key.second, name);
    row.count = sums.count;
    for (const auto& [error, count] : entry.errors) {
      row.errors[name_of_error(error)] += count;
    }
    row.timed = sums.timed;
    row.total = nanoseconds(sums.total_ns);
    row.running = nanoseconds(sums.running_ns);
    row.p50 = quantile(sums, 0.5);
    row.p99 = quantile(sums, 0.99);
    row.longest = sums.timed == 0 ? std::nullopt : std::optional(nanoseconds(sums.max_ns));
    row.bytes = sums.with_bytes == 0 ? std::nullopt : std::optional<std::uint64_t>(sums.bytes);
    table.push_back(std::move(row));
  }
  std::ranges::stable_sort(table, std::ranges::greater(), &Syscalls::running);
  return table;
}

}  // namespace taskcost
