// SPDX-License-Identifier: Apache-2.0
//
// Makes the table of system calls by program name from the sums of the kernel side.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_syscalls.h"

namespace taskcost {

// Adds the sums of one CPU to those of others.
void add(tc_syscall_sums& sum, const tc_syscall_sums& other);

class SyscallTable {
 public:
  // The name of a system call by its number; the second argument is true for 32-bit calls.
  using Naming = std::function<std::string(std::uint32_t, bool)>;

  void add(const tc_syscall_key& key, const tc_syscall_sums& sums);
  // Sorted by CPU time, the largest first. Without `name`, calls are named by their numbers.
  [[nodiscard]] std::vector<Syscalls> take(const Naming& name) const;

 private:
  struct Entry {
    tc_syscall_sums all{};
    std::map<std::uint32_t, std::uint64_t> errors;  // failed calls by errno
  };
  std::map<std::pair<std::string, std::uint32_t>, Entry> entries_;  // by program name, and number with its ABI
};

}  // namespace taskcost
