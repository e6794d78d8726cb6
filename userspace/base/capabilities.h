// SPDX-License-Identifier: Apache-2.0
//
// The capabilities that the tool keeps while it works. They belong to threads: each thread gives up its own, and the
// threads and processes that it starts later have no more than it.
#pragma once

#include <linux/capability.h>

#include <array>
#include <string_view>

namespace taskcost {

// Until the probes are attached and the last command is started, the main thread has what it was given.
enum class Phase {
  window,  // observes, and starts no program
  report   // writes files, and has no probes
};

struct KeptCapability {
  unsigned number;
  std::string_view name;
  Phase until;  // the last phase that has it
  std::string_view why;
};

// docs/privileges.md has this table.
inline constexpr std::array<KeptCapability, 13> kept_capabilities{{
    {CAP_BPF, "CAP_BPF", Phase::window, "read the maps of the probes, walk over tasks, make unwind tables"},
    {CAP_PERFMON, "CAP_PERFMON", Phase::window, "open the perf events of a CPU that comes online"},
    {CAP_IPC_LOCK, "CAP_IPC_LOCK", Phase::window, "lock the memory of these events"},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", Phase::window, "read `maps`, `root` and `exe` of other users' processes"},
    {CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE", Phase::window, "open the files in `/proc/PID/map_files`"},
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", Phase::window, "read programs that only their users may read"},
    {CAP_SYSLOG, "CAP_SYSLOG", Phase::window, "name kernel functions by `/proc/kallsyms`"},
    {CAP_SYS_NICE, "CAP_SYS_NICE", Phase::window, "raise the priority of threads that read and write records"},
    {CAP_KILL, "CAP_KILL", Phase::window, "pass signals to a command that runs as another user"},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", Phase::window,
     "only if CAP_BPF, CAP_PERFMON or CAP_CHECKPOINT_RESTORE is missing: it includes them"},
    {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", Phase::report, "write files into directories of the user who ran sudo"},
    {CAP_CHOWN, "CAP_CHOWN", Phase::report, "give these files to that user"},
    {CAP_FOWNER, "CAP_FOWNER", Phase::report, "replace and remove them in directories with the sticky bit"},
}};

// True if the capability, such as CAP_BPF, is in the effective set of the calling thread.
bool has_capability(unsigned capability);

// The calling thread gives up all capabilities that the phase does not keep, and gets none back by exec (no_new_privs).
// Async-signal-safe. False, with errno set: the kernel refused.
bool keep_capabilities_of(Phase phase);

}  // namespace taskcost
