// SPDX-License-Identifier: Apache-2.0
#include "collector/privileges.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace taskcost {
namespace {

// A trial that was refused tells of the kernel only when it was not for lack of something else.
Error unless_exhausted(Error refusal) {
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
    return {"cannot try what this kernel allows", std::strerror(errno), "see the limits: ulimit -n, ulimit -v"};
  }
  return refusal;
}

// What no other source can stand in for. The kernel knows it by trying, whatever its number is.
Status check_kernel() {
  errno = 0;
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, nullptr) == 0) {
    return unless_exhausted(
        {"cannot observe on this kernel", "it has no task storage for probes", "boot Linux 5.15 or later"});
  }
  errno = 0;
  if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_probe_read_kernel, nullptr) == 0) {
    return unless_exhausted({"cannot observe on this kernel",
                             "no probe may read kernel memory here, as under lockdown=confidentiality",
                             "lockdown=integrity and no lockdown allow it"});
  }
  return Done{};
}

}  // namespace

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) {
    return false;
  }
  return (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

Status check_privileges() {
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return Error{"cannot observe on this kernel", "it has no type information (/sys/kernel/btf/vmlinux)",
                 "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of Debian are"};
  }
  if (has_capability(CAP_SYS_ADMIN)) {
    return check_kernel();
  }
  const bool bpf = has_capability(CAP_BPF);
  const bool perfmon = has_capability(CAP_PERFMON);
  if (bpf && perfmon) {
    return check_kernel();
  }
  const char* missing = bpf ? "CAP_PERFMON is missing" : perfmon ? "CAP_BPF is missing" : "no CAP_BPF and CAP_PERFMON";
  return Error{"cannot load probes", missing, "run it with sudo, or: sudo setcap cap_bpf,cap_perfmon+ep taskcost"};
}

}  // namespace taskcost
