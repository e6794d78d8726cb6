// SPDX-License-Identifier: Apache-2.0
//
// What the situations of transfers.cpp share: sizes, their own counts, and the ends of pipes and sockets.
#pragma once

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstdint>
#include <cstdio>
#include <utility>

#include "program.h"

namespace program {

constexpr std::int64_t kPiece = 32768;
constexpr std::int64_t kSize = 64 * kPiece;
constexpr int kMessages = 40;
constexpr int kBatch = 8;
constexpr std::int64_t kMessage = 700;

inline char buffer[1 << 20];
inline const WaitLog log_of_children("/dev/null");

// Children report their counts in memory that all of them map.
struct Shared {
  std::int64_t sent;
  std::int64_t received;
};
inline Shared* const shared =
    static_cast<Shared*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

inline void print(const char* channel, const char* figure, std::int64_t bytes) {
  std::printf("%s %s %lld\n", channel, figure, static_cast<long long>(bytes));
}

inline void print_both(const char* channel, std::int64_t out, std::int64_t in) {
  print(channel, "bytes_out", out);
  print(channel, "bytes_in", in);
}

inline void print_pair(pid_t from, pid_t to, std::int64_t bytes) {
  std::printf("pair %d %d %lld\n", from, to, static_cast<long long>(bytes));
}

inline std::int64_t positive(ssize_t result, const char* what) { return must(static_cast<int>(result), what); }

inline std::int64_t drain(int fd) {
  std::int64_t all = 0;
  for (ssize_t size = 0; (size = read(fd, buffer, kPiece)) > 0;) {
    all += size;
  }
  return all;
}

inline void fill(int fd) {
  for (std::int64_t left = kSize; left > 0; left -= kPiece) {
    if (write(fd, buffer, kPiece) != kPiece) {
      die("write");
    }
  }
}

inline int file_of(std::int64_t size) {
  const int fd = must(static_cast<int>(syscall(SYS_memfd_create, "transfers", 0)), "memfd_create");
  must(ftruncate(fd, size), "ftruncate");
  return fd;
}

inline std::pair<int, int> pipe_ends() {
  int ends[2];
  must(pipe(ends), "pipe");
  return {ends[0], ends[1]};
}

inline std::pair<int, int> sockets(int type) {
  int ends[2];
  must(socketpair(AF_UNIX, type, 0, ends), "socketpair");
  return {ends[0], ends[1]};
}

// Forks a process that reads `from` to its end.
inline pid_t reader_of(int from, int other_end) {
  return fork_child([=] {
    close(other_end);
    shared->received = drain(from);
  });
}

inline pid_t writer_to(int to, int other_end) {
  return fork_child([=] {
    close(other_end);
    fill(to);
  });
}

}  // namespace program
