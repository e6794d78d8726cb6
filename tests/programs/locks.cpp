// SPDX-License-Identifier: Apache-2.0
//
// locks map COUNT | locks file COUNT PATH: four threads want one lock of the kernel. map: each changes the protection
// of its memory COUNT times, and all want the mmap_lock of their process. file: each writes COUNT MiB to the same file,
// and all want the i_rwsem of its inode.
#include <array>
#include <string_view>
#include <thread>
#include <vector>

#include "program.h"

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

void map_memory(std::int64_t count) {
  void* const memory =
      mmap(nullptr, mebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) {
    program::die("mmap");
  }
  for (std::int64_t i = 0; i < count; ++i) {
    program::must(mprotect(memory, mebibyte, i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE), "mprotect");
  }
}

void write_file(std::int64_t count, const char* path) {
  const int file = program::must(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), path);
  const std::vector<char> bytes(mebibyte, 'x');
  for (std::int64_t i = 0; i < count; ++i) {
    program::must(static_cast<int>(pwrite(file, bytes.data(), bytes.size(), 0)), "pwrite");
  }
  close(file);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = program::word(argc, argv, 1);
  const auto count = program::number(argc, argv, 2);
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread =
        what == "map" ? std::thread(map_memory, count) : std::thread(write_file, count, program::word(argc, argv, 3));
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}
