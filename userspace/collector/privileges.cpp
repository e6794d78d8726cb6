// SPDX-License-Identifier: Apache-2.0
#include "collector/privileges.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/capabilities.h"
#include "base/fd.h"

namespace taskcost {
namespace {

// A trial that failed for lack of memory or descriptors tells nothing about the kernel.
Error unless_out_of_resources(Error refusal) {
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
    return {"cannot check what this kernel allows", std::strerror(errno), "see the limits: ulimit -n, ulimit -v"};
  }
  return refusal;
}

// Loads a program that does: libbpf_probe_bpf_helper() does not know the verifier's message of newer kernels.
bool may_read_kernel_memory() {
  constexpr int size = 8;
  const std::array<bpf_insn, 7> read_into_stack{{
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -size},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, size},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 0},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  return static_cast<bool>(Fd(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "taskcost_try", "GPL", read_into_stack.data(),
                                            read_into_stack.size(), nullptr)));
}

// Checks the features that have no fallback. Each is tried, because distributions backport: a version tells little.
Status check_kernel() {
  errno = 0;
  if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_task_pt_regs, nullptr) == 0) {
    return unless_out_of_resources({"cannot observe on this kernel", "BPF programs cannot read the registers of a task",
                                    "boot Linux 5.15 or later"});
  }
  errno = 0;
  if (!may_read_kernel_memory()) {
    return unless_out_of_resources({"cannot observe on this kernel",
                                    "BPF programs may not read kernel memory, as with lockdown=confidentiality",
                                    "boot with lockdown=integrity or without lockdown"});
  }
  return Done{};
}

}  // namespace

Status check_privileges() {
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return Error{"cannot observe on this kernel", "it has no BTF (/sys/kernel/btf/vmlinux)",
                 "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, such as Debian's"};
  }
  if (has_capability(CAP_SYS_ADMIN)) {
    return check_kernel();
  }
  const bool bpf = has_capability(CAP_BPF);
  const bool perfmon = has_capability(CAP_PERFMON);
  if (bpf && perfmon) {
    return check_kernel();
  }
  const char* missing = bpf       ? "CAP_PERFMON is missing"
                        : perfmon ? "CAP_BPF is missing"
                                  : "CAP_BPF and CAP_PERFMON are missing";
  return Error{"cannot load probes", missing, "run it with sudo, or: sudo setcap cap_bpf,cap_perfmon+ep taskcost"};
}

}  // namespace taskcost
