// SPDX-License-Identifier: Apache-2.0
//
// What an export needs to know of a recording.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trace/call_classes.h"
#include "trace/gaps.h"
#include "trace/part.h"

namespace taskcost {

// The name of a system call on the recorded machine; empty if no call has this number.
using SyscallNames = std::function<std::string(std::uint32_t number, bool compat)>;

// The metadata of a recording.
struct TraceInfo {
  std::string host;
  std::string kernel;   // its release, as uname -r
  std::string machine;  // as uname -m
  std::string command;  // the recorded command; empty for attach
  std::string detail;   // full or switches
  bool calls = true;    // system calls have probes: full
  CallClasses classes;  // of the observed machine
  // All losses that are known beforehand: a record of a loss comes after the events that it explains.
  std::vector<ReplayGap> gaps;
  std::uint32_t cpus = 0;
  std::uint64_t start_ns = 0;
  std::optional<std::uint64_t> start_realtime_ns;  // the same instant by CLOCK_REALTIME
  std::optional<std::uint64_t> start_boottime_ns;
  std::string machine_id;
  std::string boot_id;
  SyscallNames syscall_name;
  TracePart part;  // what the export shows; its records are still those from the beginning
};

}  // namespace taskcost
