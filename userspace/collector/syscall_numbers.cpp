// SPDX-License-Identifier: Apache-2.0
#include "collector/syscall_numbers.h"

#include <seccomp.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "account/syscall_classes.h"

namespace taskcost {
namespace {

#if defined(__aarch64__)
constexpr std::uint32_t native_architecture = SCMP_ARCH_AARCH64;
constexpr std::uint32_t compat_architecture = SCMP_ARCH_ARM;
#else
constexpr std::uint32_t native_architecture = SCMP_ARCH_X86_64;
constexpr std::uint32_t compat_architecture = SCMP_ARCH_X86;
#endif

CallsByNumber by_number(std::uint32_t architecture) {
  CallsByNumber calls;
  calls.fill(TC_ACTIVITY_OTHER);
  for (const SyscallClass& group : syscall_classes()) {
    std::istringstream names{std::string(group.names)};
    for (std::string name; names >> name;) {
      // Negative: the architecture does not have it, or this libseccomp is older than the call.
      const int number = seccomp_syscall_resolve_name_arch(architecture, name.c_str());
      if (number >= 0 && number < TC_MAX_SYSCALLS) {
        calls[static_cast<std::size_t>(number)] = group.call;
      }
    }
  }
  return calls;
}

}  // namespace

CallsByNumber native_calls_by_number() { return by_number(native_architecture); }
CallsByNumber compat_calls_by_number() { return by_number(compat_architecture); }

std::string syscall_name(std::uint32_t number, bool compat) {
  char* name =
      seccomp_syscall_resolve_num_arch(compat ? compat_architecture : native_architecture, static_cast<int>(number));
  std::string text = name != nullptr ? name : "";
  std::free(name);
  return text;
}

}  // namespace taskcost
