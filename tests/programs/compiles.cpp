// SPDX-License-Identifier: Apache-2.0
//
// compiles MAP TIMES: makes code in memory while it runs, as a just-in-time compiler does, writes its names to
// /tmp/perf-PID.map, and sleeps TIMES below it: main, jit_outer, between, jit_inner, nap. Prints its pid. MAP says what
// is wrong with the file, or "right"; with "forks" a child sleeps too.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include "naps.h"

namespace {

#if defined(__x86_64__)
// push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret
constexpr unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
#else
// stp x29, x30, [sp, -16]!; mov x29, sp; blr x0; ldp x29, x30, [sp], 16; ret
constexpr std::uint32_t code[] = {0xa9bf7bfd, 0x910003fd, 0xd63f0000, 0xa8c17bfd, 0xd65f03c0};
#endif
constexpr std::size_t distance = 64;
constexpr std::size_t memory_size = 4096;
using Code = void (*)(void (*)());
Code inner;

KEEPS_FRAME_POINTER void nap() {
  program::sleep_ns(2'000'000);
  asm volatile("");
}
KEEPS_FRAME_POINTER void between() {
  inner(nap);
  asm volatile("");
}

void write_map(const std::string& how, const char* memory) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  unlink(path.c_str());
  if (how == "absent") {
    return;
  }
  if (how == "fifo") {
    program::must(mkfifo(path.c_str(), 0600), "mkfifo");
    return;
  }
  if (how == "device") {
    program::must(mknod(path.c_str(), S_IFCHR | 0600U, makedev(1, 5)), "mknod");
    return;
  }
  const std::string file = how == "link" ? path + ".other" : path;
  std::FILE* const map = std::fopen(file.c_str(), "w");
  if (map == nullptr) {
    program::die(file.c_str());
  }
  if (how == "binary") {
    for (unsigned i = 0; i < 1'000'000; ++i) {
      std::fputc(static_cast<unsigned char>(i * 7919 >> 4), map);
    }
    std::fputc('\n', map);
  }
  const auto start = reinterpret_cast<std::uintptr_t>(memory);
  std::fprintf(map, "%lx %zx jit_before\n", static_cast<unsigned long>(start), memory_size);
  std::fprintf(map, "%lx %zx jit_inner\n", static_cast<unsigned long>(start + distance), distance);
  std::fprintf(map, "%lx %zx jit_outer\n", static_cast<unsigned long>(start), distance);
  std::fclose(map);
  if (how == "link") {
    program::must(symlink(file.c_str(), path.c_str()), "symlink");
  } else if (how == "huge") {
    program::must(truncate(path.c_str(), off_t{1} << 40), "truncate");
  } else if (how == "foreign") {
    program::must(chown(path.c_str(), 65534, 65534), "chown");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = program::word(argc, argv, 1);
  auto* const memory = static_cast<char*>(mmap(nullptr, memory_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  program::must(mprotect(memory, memory_size, PROT_READ | PROT_WRITE), "mprotect");
  for (const std::size_t at : {std::size_t{0}, distance}) {
    std::memcpy(memory + at, code, sizeof(code));
  }
  __builtin___clear_cache(memory, memory + memory_size);
  program::must(mprotect(memory, memory_size, PROT_READ | PROT_EXEC), "mprotect");
  const auto outer = reinterpret_cast<Code>(memory);
  inner = reinterpret_cast<Code>(memory + distance);
  write_map(how, memory);
  std::printf("%d\n", getpid());
  std::fflush(stdout);
  const pid_t child = how == "forks" ? fork() : -1;
  for (std::int64_t i = program::number(argc, argv, 2); i > 0; --i) {
    outer(between);
  }
  if (child > 0) {
    waitpid(child, nullptr, 0);
  }
  return 0;
}
