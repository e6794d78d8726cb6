// SPDX-License-Identifier: Apache-2.0
//
// uring_worker: makes the kernel start a worker for its ring, waits, and then makes a call of clone that fails. Prints
// the number of workers and how long the clone took, in ns; nothing where io_uring is missing.
#include <linux/io_uring.h>
#include <sched.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "program.h"

namespace {

int workers() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    count += name.starts_with("iou-") ? 1 : 0;
  }
  return count;
}

}  // namespace

int main() {
  io_uring_params parameters{};
  const auto ring = static_cast<int>(syscall(SYS_io_uring_setup, 8, &parameters));
  if (ring < 0) {
    return 0;
  }
  const auto map = [ring](std::size_t size, off_t offset) {
    return static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset));
  };
  char* queue = map(parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  auto* entries = reinterpret_cast<io_uring_sqe*>(map(parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  int ends[2];
  program::must(pipe(ends), "pipe");
  static char byte;
  entries[0].opcode = IORING_OP_READ;
  entries[0].fd = ends[0];
  entries[0].addr = reinterpret_cast<std::uintptr_t>(&byte);
  entries[0].len = 1;
  entries[0].flags = IOSQE_ASYNC;
  reinterpret_cast<unsigned*>(queue + parameters.sq_off.array)[0] = 0;
  __atomic_store_n(reinterpret_cast<unsigned*>(queue + parameters.sq_off.tail), 1U, __ATOMIC_RELEASE);
  program::must(static_cast<int>(syscall(SYS_io_uring_enter, ring, 1, 0, 0, nullptr, 0)), "io_uring_enter");
  program::sleep_ns(300'000'000);
  const int made = workers();
  // The kernel refuses CLONE_SIGHAND without CLONE_VM.
  const std::int64_t before = program::now_ns();
  if (syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, nullptr, nullptr, nullptr, 0) >= 0) {
    return program::kBroken;
  }
  const std::int64_t took = program::now_ns() - before;
  program::must(static_cast<int>(write(ends[1], "x", 1)), "write");
  program::sleep_ns(20'000'000);
  std::printf("%d %lld\n", made, static_cast<long long>(took));
  return 0;
}
