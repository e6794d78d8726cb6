// SPDX-License-Identifier: Apache-2.0
//
// loses_its_file SERVER: stops the process that serves the file system on which this program lies, and runs for a
// little while. loses_its_file SERVER FILE ARGUMENT: does the same, but first maps an unread page of FILE, which lies
// there, over a page of ARGUMENT, which is long; prints "ready" and ends on SIGTERM. loses_its_file SERVER FILE: maps
// FILE, stops the process, and only then makes the mapping one of code.
#include <sys/mman.h>

#include <csignal>

#include "program.h"

namespace {

// It is noinline, so that its frame never appears in the callers' stacks by chance.
[[gnu::noinline]] void rest_a_while() {
  for (int i = 0; i < 5; ++i) {
    program::sleep_ns(4'000'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto server = static_cast<pid_t>(program::number(argc, argv, 1));
  if (argc == 3) {
    constexpr std::size_t page = 4096;
    const int file = program::must(open(argv[2], O_RDONLY | O_CLOEXEC), "open");
    void* const memory = mmap(nullptr, page, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    program::must(kill(server, SIGSTOP), "kill");
    program::must(mprotect(memory, page, PROT_READ | PROT_EXEC), "mprotect");
    rest_a_while();
    std::puts("done");
    return 0;
  }
  if (argc > 2) {
    const int file = program::must(open(argv[2], O_RDONLY | O_CLOEXEC), "open");
    constexpr std::uintptr_t page = 4096;
    const std::uintptr_t inside =
        (reinterpret_cast<std::uintptr_t>(program::word(argc, argv, 3)) + 2 * page) & ~(page - 1);
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (mmap(reinterpret_cast<void*>(inside), page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 1 << 14) == MAP_FAILED) {
      program::die("mmap");
    }
    close(file);  // close() of a descriptor calls the file system once more, the end of a mapping does not
    program::must(kill(server, SIGSTOP), "kill");
    std::puts("ready");
    std::fflush(stdout);
    while (true) {
      program::sleep_ns(1'000'000);
    }
  }
  program::must(mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
  rest_a_while();
  program::must(kill(server, SIGSTOP), "kill");
  rest_a_while();
  std::puts("done");
  std::fflush(stdout);
  _exit(0);
}
