// SPDX-License-Identifier: Apache-2.0
#include <seccomp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>

#include "base/capabilities.h"
#include "base/fetcher.h"
#include "collector/privileges.h"

namespace taskcost {
namespace {

constexpr std::array denied_calls{
    "execve",      "execveat",                                              // start programs
    "bpf",         "perf_event_open",                                       // observe
    "ptrace",      "process_vm_readv", "process_vm_writev", "pidfd_getfd",  // reach into other processes
    "socket",      "socketpair",       "io_uring_setup",                    // send what was read
    "init_module", "finit_module",     "delete_module",     "kexec_load",  "kexec_file_load",  // change the kernel
    "mount",       "umount2",          "pivot_root",        "chroot",      "setns",
    "unshare",     "open_tree",        "move_mount",        "fsopen",      "add_key",
    "request_key", "keyctl",           "userfaultfd",       "reboot",      "swapon",
    "swapoff",     "open_by_handle_at"};

// A kernel without seccomp filters writes the report all the same: the filter is a second fence. libseccomp does not
// know the newest calls, and skips them.
void deny_calls() {
  const std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, decltype(&seccomp_release)> filter(
      seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) {
    return;
  }
  for (const char* call : denied_calls) {
    if (const int number = seccomp_syscall_resolve_name(call); number != __NR_SCMP_ERROR) {
      (void)seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0);
    }
  }
  (void)seccomp_load(filter.get());
}

Status keep_capabilities(Phase phase) {
  return keep_capabilities_of(phase)
             ? Status(Done{})
             : Error{"cannot give up capabilities", std::strerror(errno), "the system call capset has to be allowed"};
}

}  // namespace

Status enter_window_phase() { return keep_capabilities(Phase::window); }

Status enter_report_phase() {
  Fetcher::instance().stop();
  if (auto status = keep_capabilities(Phase::report); !status) {
    return status;
  }
  deny_calls();
  return Done{};
}

}  // namespace taskcost
