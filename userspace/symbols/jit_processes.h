// SPDX-License-Identifier: Apache-2.0
//
// Processes that run code which is in no file, as just-in-time compilers make it, and where the maps of that code lie.
// A process is looked up while it lives: once it has ended, the kernel does not tell its root, or its pid in its own
// namespace.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "symbols/process_roots.h"
#include "symbols/regular_file.h"

namespace taskcost {

// True for memory whose code has no file: "//anon", a memfd, ...
bool may_be_compiled(const std::string& mapped_path);

class JitProcesses {
 public:
  static constexpr std::size_t max_processes = 4096;

  // A number for the process, to be Mapping::jit; 0 if it has ended or there are too many. `pid` is an id in the pid
  // namespace of /proc.
  std::uint32_t find(std::uint32_t pid, ProcessRoots& roots);
  // The pid belongs to another process or program since then (CLOCK_MONOTONIC).
  void forget(std::uint32_t pid, std::uint64_t at_ns);

  // Opens /tmp/perf-PID.map by the pid and in the root of the process. The result is closed if the file is not regular,
  // belongs neither to the user of the process nor to root, or was written before the program started. It is closed,
  // too, if another program had that pid and root later.
  [[nodiscard]] RegularFile open_map(std::uint32_t number) const;

 private:
  struct Process {
    std::uint32_t inner_pid = 0;  // in its own pid namespace
    Root root;
    std::int64_t start_ns = 0;     // CLOCK_MONOTONIC, rounded down to a tick
    std::array<uid_t, 4> users{};  // real, effective, saved, and that of its files
  };

  static bool read(std::uint32_t pid, Process& process);

  std::vector<Process> processes_;                            // by number, from 1
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;  // of the processes that have these pids now
  std::unordered_map<std::uint32_t, std::int64_t> starts_;    // of the programs that have these pids, if seen
};

}  // namespace taskcost
