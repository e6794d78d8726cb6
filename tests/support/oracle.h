// SPDX-License-Identifier: Apache-2.0
//
// The kernel's own answers, without taskcost: /proc, and what wait4 returned to the test programs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace taskcost::test {

// A line of a WaitLog (tests/programs/program.h): a process and all descendants that it waited for.
struct Waited {
  pid_t pid = 0;
  int status = 0;
  std::int64_t at_ns = 0;  // the time when wait4 had returned
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t faults_minor = 0;
  std::int64_t faults_major = 0;
  std::int64_t cpu_us = 0;
};
std::vector<Waited> read_wait_log(const std::string& path);

// A number of /proc/PID/status or /proc/PID/task/TID/status: "VmRSS" (in KiB), "voluntary_ctxt_switches". nullopt if
// the task has ended.
std::optional<std::int64_t> status_field(const std::string& directory, const std::string& field);
std::set<pid_t> tids_of(pid_t pid);
// The number of a process's descriptors of that kind: "bpf-prog", "perf_event", ...
std::size_t descriptors_of(pid_t pid, const std::string& kind);
// The kernel's count for all threads of a living process; 0 if there is none.
std::int64_t minor_faults_of(pid_t pid);

// A pid that no process has: that of a child that was reaped.
pid_t free_pid();

std::int64_t monotonic_ns();

// TASKCOST_THOROUGH=1 selects the long form of a test.
bool thorough();

}  // namespace taskcost::test
