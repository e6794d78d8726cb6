// SPDX-License-Identifier: Apache-2.0
//
// operations FILE: makes operations of io_uring one after the other, each awaited, and prints "OPERATION NUMBER NS":
// how often, and how long they took by its own clock. Some fail on purpose. Prints nothing where io_uring is missing.
#include <linux/io_uring.h>

#include <map>
#include <string>

#include "io_ring.h"

namespace {

struct Sum {
  int count = 0;
  std::int64_t ns = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const char* const path = program::word(argc, argv, 1);
  io_uring_params parameters{};
  const auto probe = static_cast<int>(syscall(SYS_io_uring_setup, 1, &parameters));
  if (probe < 0) {
    return 0;
  }
  close(probe);
  program::Ring ring;
  const int fd = program::must(open(path, O_RDWR | O_CREAT, 0600), path);
  char buffer[1000] = {};
  std::map<std::string, Sum> sums;
  const auto make = [&](const char* name, std::uint8_t operation, int on, std::uint32_t size) {
    const std::int64_t start = program::now_ns();
    ring.try_run(operation, on, size == 0 ? nullptr : buffer, size);
    sums[name].ns += program::now_ns() - start;
    ++sums[name].count;
  };
  for (int i = 0; i < 30; ++i) {
    make("WRITE", IORING_OP_WRITE, fd, sizeof buffer);
  }
  for (int i = 0; i < 20; ++i) {
    make("READ", IORING_OP_READ, fd, 100);
  }
  for (int i = 0; i < 7; ++i) {
    make("READ", IORING_OP_READ, -1, 100);  // EBADF
  }
  make("NOP", IORING_OP_NOP, -1, 0);
  make("FSYNC", IORING_OP_FSYNC, fd, 0);
  for (const auto& [name, sum] : sums) {
    std::printf("%s %d %lld\n", name.c_str(), sum.count, static_cast<long long>(sum.ns));
  }
  return 0;
}
