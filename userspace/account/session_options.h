// SPDX-License-Identifier: Apache-2.0
//
// What the ledgers of an observation contain, and how much of it a session keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "account/account.h"

namespace taskcost {

struct SessionOptions {
  std::size_t kept_tasks = 32768;  // further ones are added up by name
  // The counters that have a source; the others stay nullopt.
  PerCounter<bool> measured{};
  bool calls = true;          // system calls have probes
  bool syscalls = false;      // on_syscalls() is called for every sum
  bool regions = false;       // on_regions() is called for every sum
  bool exec_prepare = true;   // sched_prepare_exec exists
  bool fault_latency = true;  // fault histograms are filled
  bool switch_latency = true;
  bool cpu_slices = false;  // on_cpu_slice() is called for every CPU slice
  std::size_t kept_cpu_slices = std::size_t{1} << 20;
  std::size_t kept_edges = std::size_t{1} << 17;  // also of flows, what ran instead, locks, wait objects
  // Returns the name of a system call by its number; the second argument is true for 32-bit calls. If empty, calls
  // are named by their numbers.
  std::function<std::string(std::uint32_t, bool)> syscall_name;
  // Names of the operations of io_uring by opcode; empty: they are not measured.
  std::vector<std::string> ring_operations;
};

}  // namespace taskcost
