// SPDX-License-Identifier: Apache-2.0
//
// What a Collector is asked for, as plain values: options, a command to launch, or a target to adopt. They need no
// libbpf.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace taskcost {

// Selects which transitions are probed.
enum class Detail {
  full,     // everything
  switches  // no system calls and no page faults: saved registers at a switch tell what a task waits for, and faults
            // are the kernel's min_flt and maj_flt
};

struct CollectorOptions {
  unsigned max_tasks = 16384;  // most ledgers at the same time; each takes 4 KiB of kernel memory
  Detail detail = Detail::full;
  bool probe_stats = false;    // count runs and run time of every probe; adds about 70 ns to each run
  bool kernel_memory = false;  // count the memory that creating calls allocate; slows down all kernel allocations
  bool stacks = false;         // take stacks of creations, faults, waits and involuntary switches
  unsigned sample_hz = 0;      // samples of running tasks per second and CPU; 0: none. REQUIRES: stacks
  // Kernel memory for tables to unwind code without frame pointers, in bytes; 0: frame pointers alone.
  std::size_t unwind_memory = std::size_t{64} << 20U;
  bool cpu_slices = false;  // keep each CPU slice: one record for every switch
  bool events = false;      // send every transition: see record_to()
  // What ran while tasks waited for a CPU, interrupts, locks of the kernel, and what was behind other waits.
  bool interference = false;
  bool syscalls = false;  // sum up system calls by program name and number; REQUIRES: Detail::full
  // Only glance() is used: tasks, commands and users are not kept for finish(), so that a window may last for ever.
  bool glances_only = false;
  // Use neither fentry, fexit nor kprobes. Tests compare the fallbacks with them on a kernel that has both.
  bool no_function_probes = false;
  std::size_t ring_bytes = 0;  // size of the ring buffer, a power of two; 0: enough for the options above
  int stop_fd = -1;            // once this is readable, files of observed programs are no longer waited for
};

// The user that a command runs as.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string name;
  std::string home;
  std::string shell;
};

// Looks up `user` if given, else the user who ran sudo. nullopt: the command runs as the user of this process.
// Errors: there is no such user, or this process may not switch to another user.
Result<std::optional<Identity>> identity_for_command(const std::optional<std::string>& user);

struct Command {
  std::vector<std::string> arguments;  // not empty; the first is searched for in PATH
  std::optional<Identity> identity;
  sigset_t signal_mask{};          // signal mask of the command; this process may block other signals
  int standard_output = -1;        // descriptor that becomes the command's; -1: it shares the caller's
  std::vector<int> descriptors{};  // open descriptors that the command inherits besides the standard streams
  int standard_input = -1;         // see standard_output
  int standard_error = -1;
};

struct Target {
  enum class Kind {
    processes,  // all threads of processes, and their descendants
    tasks,      // single tasks, without their children
    name,       // processes with a matching name, also if they get it later, by exec or prctl
    cgroup,     // all tasks in a cgroup and its descendants, also if they join later
    machine     // all tasks except those of taskcost itself
  };
  Kind kind = Kind::processes;
  std::vector<pid_t> ids;  // processes or tasks, in the pid namespace of this process
  std::string name;        // a pattern with *, ? and [...]
  std::string cgroup;      // a directory of a cgroup file system, or a path relative to a mounted hierarchy
  bool children = true;    // Kind::processes: also observe present and future children
};

// The result of adopt().
struct Adoption {
  std::uint64_t tasks = 0;            // number of tasks that are observed now
  std::vector<std::string> left_out;  // a message for each id that could not be observed
};

}  // namespace taskcost
