// SPDX-License-Identifier: Apache-2.0
#include "collector/syscall_numbers.h"

#include <seccomp.h>

#include <cstdlib>
#include <string>

namespace taskcost {
namespace {

#if defined(__aarch64__)
constexpr std::uint32_t native_architecture = SCMP_ARCH_AARCH64;
constexpr std::uint32_t compat_architecture = SCMP_ARCH_ARM;
#else
constexpr std::uint32_t native_architecture = SCMP_ARCH_X86_64;
constexpr std::uint32_t compat_architecture = SCMP_ARCH_X86;
// From 512 on, x32 has its own numbers where x86-64 has none, so numbers come without __X32_SYSCALL_BIT.
constexpr std::uint32_t first_of_x32 = 512;
constexpr std::uint32_t x32_bit = 0x40000000;
#endif

}  // namespace

std::string syscall_name(std::uint32_t number, bool compat) {
  auto architecture = compat ? compat_architecture : native_architecture;
#if defined(__x86_64__)
  if (!compat && number >= first_of_x32) {
    architecture = SCMP_ARCH_X32;
    number |= x32_bit;
  }
#endif
  char* name = seccomp_syscall_resolve_num_arch(architecture, static_cast<int>(number));
  std::string text = name != nullptr ? name : "";
  std::free(name);
  return text;
}

}  // namespace taskcost
