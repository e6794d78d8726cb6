// SPDX-License-Identifier: Apache-2.0
//
// 32-bit system calls of a 64-bit program, where the kernel has them (CONFIG_IA32_EMULATION).
#pragma once

#include "program.h"

namespace program {

#if defined(__x86_64__)
inline long short_call(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0) {
  long result = 0;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}

// Where the kernel lacks them, they are refused or kill the process.
inline bool has_short_calls() {
  constexpr long kGetpid = 20;
  const pid_t child = fork_child([] { std::_Exit(short_call(kGetpid, 0) == getpid() ? 0 : 1); });
  return exit_status(WaitLog("/dev/null").wait_for(child)) == 0;
}
#else
inline long short_call(long, long, long = 0, long = 0, long = 0, long = 0) { return -ENOSYS; }
inline bool has_short_calls() { return false; }
#endif

// Memory below 4 GiB, which such a call can address. Other processes share it.
inline char* short_memory(std::size_t size) {
#if defined(__x86_64__)
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#else
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
#endif
  if (memory == MAP_FAILED) {
    die("mmap");
  }
  return static_cast<char*>(memory);
}

inline long address_of(const void* memory) { return static_cast<long>(reinterpret_cast<std::uintptr_t>(memory)); }

}  // namespace program
