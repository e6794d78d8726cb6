// SPDX-License-Identifier: Apache-2.0
//
// Sleeps on known paths: three times below Oven::bake and six times below knead, and touches fresh pages below flour.
// Prints how long each took, in ns, by its own clock. It makes the system call itself: the C library has no frame
// pointers.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdio>
#include <ctime>

namespace {

long now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

// The asm keeps the call from being a tail call, so that the frame stays.
[[gnu::noinline]] void rest(long duration) {
  timespec time{0, duration};
#if defined(__x86_64__)
  long result = SYS_nanosleep;
  asm volatile("syscall" : "+a"(result) : "D"(&time), "S"(nullptr) : "rcx", "r11", "memory");
#else
  register long number asm("x8") = SYS_nanosleep;
  register long first asm("x0") = reinterpret_cast<long>(&time);
  register long second asm("x1") = 0;
  asm volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
#endif
}

}  // namespace

namespace bakery {

struct Oven {
  [[gnu::noinline]] void bake(int times) const {
    for (int i = 0; i < times; ++i) {
      rest(20'000'000);
    }
    asm volatile("");
  }
};

[[gnu::noinline]] void knead(int times) {
  for (int i = 0; i < times; ++i) {
    rest(5'000'000);
  }
  asm volatile("");
}

[[gnu::noinline]] void flour(int pages) {
  constexpr long page = 4096;
  auto* bag = static_cast<volatile char*>(
      mmap(nullptr, static_cast<size_t>(pages) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (int i = 0; i < pages; ++i) {
    bag[i * page] = 1;
  }
  asm volatile("");
}

}  // namespace bakery

int main() {
  const long start = now_ns();
  bakery::Oven().bake(3);
  const long baked = now_ns();
  bakery::knead(6);
  const long kneaded = now_ns();
  bakery::flour(100);
  std::printf("%ld %ld\n", baked - start, kneaded - baked);
}
