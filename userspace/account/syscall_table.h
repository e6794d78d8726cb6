// SPDX-License-Identifier: Apache-2.0
//
// Makes the tables of system calls and of operations of io_uring by program name from the sums of the kernel side.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_syscalls.h"

namespace taskcost {

// The quantile q of the times in such buckets, as the middle of its bucket, but no more than `max_ns`: q from 0
// to 1; up to 1/8 off. nullopt: they are empty.
std::optional<Duration> coarse_quantile(std::span<const std::uint32_t, TC_SYSCALL_BUCKETS> buckets,
                                        std::uint64_t max_ns, double q);

// Adds the sums of one CPU to those of others.
void add(tc_syscall_sums& sum, const tc_syscall_sums& other);

class SyscallTable {
 public:
  // The name of a system call by its number; the second argument is true for 32-bit calls.
  using Naming = std::function<std::string(std::uint32_t, bool)>;

  // Sums of the same program, call and error are added up.
  void add(const tc_syscall_key& key, const tc_syscall_sums& sums);
  // Sorted by CPU time, the largest first. Without `name`, calls are named by their numbers.
  [[nodiscard]] std::vector<Syscalls> take(const Naming& name) const;
  // Sorted by total time, the largest first. `names` are those of operations by opcode.
  [[nodiscard]] std::vector<RingOperations> take_operations(const std::vector<std::string>& names) const;

 private:
  struct Entry {
    tc_syscall_sums all{};
    std::map<std::uint32_t, std::uint64_t> errors;  // failed calls by errno
  };
  static void fill(Syscalls& row, const std::string& program, const Entry& entry);

  std::map<std::pair<std::string, std::uint32_t>, Entry> entries_;  // by program name, and number with its ABI
};

}  // namespace taskcost
