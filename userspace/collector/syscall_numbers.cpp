// SPDX-License-Identifier: Apache-2.0
#include "collector/syscall_numbers.h"

#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

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
      // The number is negative if the architecture lacks the call, or this libseccomp is older than the call.
      const int number = seccomp_syscall_resolve_name_arch(architecture, name.c_str());
      if (number >= 0 && number < TC_MAX_SYSCALLS) {
        calls[static_cast<std::size_t>(number)] = group.call;
      }
    }
  }
  return calls;
}

MultiplexedCalls by_first_argument(std::span<const std::string_view> names) {
  MultiplexedCalls calls;
  calls.fill(TC_ACTIVITY_OTHER);
  std::ranges::transform(names, calls.begin(), call_of_name);
  return calls;
}

}  // namespace

CallsByNumber native_calls_by_number() {
  CallsByNumber calls = by_number(native_architecture);
#if defined(__x86_64__)
  // From 512 on, x32 has its own numbers where x86-64 has none, so the table leaves out __X32_SYSCALL_BIT.
  constexpr int first_of_x32 = 512;
  constexpr int x32_bit = 0x40000000;
  for (const SyscallClass& group : syscall_classes()) {
    std::istringstream names{std::string(group.names)};
    for (std::string name; names >> name;) {
      const int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, name.c_str());
      if (number >= x32_bit + first_of_x32 && number < x32_bit + TC_MAX_SYSCALLS) {
        calls[static_cast<std::size_t>(number - x32_bit)] = group.call;
      }
    }
  }
#endif
  return calls;
}

CallsByNumber compat_calls_by_number() { return by_number(compat_architecture); }

MultiplexedCalls calls_by_socketcall() { return by_first_argument(calls_of_socketcall()); }
MultiplexedCalls calls_by_ipc() { return by_first_argument(calls_of_ipc()); }

std::string syscall_name(std::uint32_t number, bool compat) {
  char* name =
      seccomp_syscall_resolve_num_arch(compat ? compat_architecture : native_architecture, static_cast<int>(number));
  std::string text = name != nullptr ? name : "";
  std::free(name);
  return text;
}

}  // namespace taskcost
