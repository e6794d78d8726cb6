// SPDX-License-Identifier: Apache-2.0
//
// Sleeps with a stack pointer and a frame pointer that lead nowhere, or on and on. Prints how often it slept.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace {

constexpr int times = 20;
constexpr std::size_t area_size = std::size_t{1} << 20U;

[[gnu::noinline]] void rest(std::uintptr_t stack, std::uintptr_t frame) {
  const timespec time{0, 1'000'000};
#if defined(__x86_64__)
  long result = SYS_nanosleep;
  asm volatile(
      "mov %%rsp, %%r12\n"
      "mov %%rbp, %%r13\n"
      "mov %[stack], %%rsp\n"
      "mov %[frame], %%rbp\n"
      "syscall\n"
      "mov %%r12, %%rsp\n"
      "mov %%r13, %%rbp\n"
      : "+a"(result)
      : "D"(&time), "S"(nullptr), [stack] "r"(stack), [frame] "r"(frame)
      : "rcx", "r11", "r12", "r13", "memory");
#else
  (void)stack;
  (void)frame;
  nanosleep(&time, nullptr);
#endif
}

}  // namespace

int main() {
  void* const area = mmap(nullptr, area_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) {
    return 1;
  }
  const auto start = reinterpret_cast<std::uintptr_t>(area);
  auto* const words = static_cast<std::uintptr_t*>(area);
  constexpr std::size_t count = area_size / sizeof(std::uintptr_t);
  constexpr std::uintptr_t not_canonical = 0xdead'beef'dead'beef;
  constexpr std::uintptr_t of_kernel = 0xffff'8880'0000'0000;
  const auto inside = reinterpret_cast<std::uintptr_t>(&rest) + 8;
  for (std::size_t i = 0; i < count; i += 2) {
    words[i] = start + (i + 2) * sizeof(std::uintptr_t);  // frame pointers without an end
    words[i + 1] = inside;
  }
  words[count - 2] = start;
  struct Pointers {
    std::uintptr_t stack;
    std::uintptr_t frame;
  };
  const std::array cases = {
      Pointers{start, start},         Pointers{start + area_size - 8, 1},     Pointers{0, 0},
      Pointers{8, not_canonical},     Pointers{not_canonical, not_canonical}, Pointers{of_kernel, of_kernel},
      Pointers{start + 3, start + 5}, Pointers{UINTPTR_MAX, UINTPTR_MAX}};
  for (int i = 0; i < times; ++i) {
    for (const Pointers& each : cases) {
      rest(each.stack, each.frame);
    }
  }
  std::printf("%zu\n", times * cases.size());
}
