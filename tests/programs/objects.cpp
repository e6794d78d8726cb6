// SPDX-License-Identifier: Apache-2.0
//
// objects KIND [PATH]: waits several times for one file or connection that is known by name, about 20 ms each, and
// prints "KEY VALUE" lines: `waited_ns` by its own clock, `waits`, and what the name is made of.
//
//   fifo PATH     makes a FIFO, waits for its other end in open, and then reads from it
//   lock PATH     waits for flock on a file
//   deleted PATH  the same, after the file was unlinked
//   memfd         the same, on a file without a path
//   unix PATH     reads from a unix socket that was accepted at that path; `peer_waited_ns` is that of the other end
//   abstract NAME the same, with an abstract address
//   tcp, tcp6     the same, with a connection from this machine to itself; `port` is that of the accepted end
//   accept        waits for a connection
//   udp           receives a datagram
//   read PATH     reads a file past the page cache
//   map PATH      touches the pages of a mapped file that are not in memory
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "program.h"

namespace {

using program::must;

constexpr int kTimes = 5;
constexpr std::int64_t kApartNs = 20'000'000;
constexpr std::size_t kFileBytes = 4U << 20U;
constexpr std::size_t kPage = 4096;

std::int64_t waited = 0;
int waits = 0;

template <typename Body>
void timed(Body body) {
  const std::int64_t start = program::now_ns();
  body();
  waited += program::now_ns() - start;
  ++waits;
}

void print(const char* key, std::int64_t value) { std::printf("%s %lld\n", key, static_cast<long long>(value)); }

char byte = 'x';

void read_byte(int fd) { must(static_cast<int>(read(fd, &byte, 1)) - 1, "read"); }
void write_byte(int fd) { must(static_cast<int>(write(fd, &byte, 1)) - 1, "write"); }

void use_fifo(const char* path) {
  must(mkfifo(path, 0600), path);
  program::fork_child([path] {
    program::sleep_ns(kApartNs);
    const int fd = must(open(path, O_WRONLY), path);
    for (int i = 0; i < kTimes; ++i) {
      program::sleep_ns(kApartNs);
      write_byte(fd);
    }
  });
  int fd = -1;
  timed([&] { fd = must(open(path, O_RDONLY), path); });
  for (int i = 0; i < kTimes; ++i) {
    timed([fd] { read_byte(fd); });
  }
}

// A lock belongs to an open file: the child opens its own.
void use_locks(int fd, const char* of_child) {
  int ready[2];
  must(pipe(ready), "pipe");
  program::fork_child([&] {
    const int own = must(open(of_child, O_RDWR), of_child);
    for (int i = 0; i < kTimes; ++i) {
      must(flock(own, LOCK_EX), "flock");
      write_byte(ready[1]);
      program::sleep_ns(kApartNs);
      must(flock(own, LOCK_UN), "flock");
      program::sleep_ns(kApartNs);
    }
  });
  for (int i = 0; i < kTimes; ++i) {
    read_byte(ready[0]);
    timed([fd] { must(flock(fd, LOCK_EX), "flock"); });
    must(flock(fd, LOCK_UN), "flock");
  }
}

// Both ends wait in turn: each answers after a while.
void converse(int fd, bool first) {
  for (int i = 0; i < kTimes; ++i) {
    if (first) {
      timed([fd] { read_byte(fd); });
    }
    program::sleep_ns(kApartNs);
    write_byte(fd);
    if (!first) {
      timed([fd] { read_byte(fd); });
    }
  }
}

void use_stream(const sockaddr* address, socklen_t size, bool inet) {
  const int listener = must(socket(address->sa_family, SOCK_STREAM, 0), "socket");
  must(bind(listener, address, size), "bind");
  must(listen(listener, 8), "listen");
  sockaddr_storage bound{};
  socklen_t bound_size = sizeof bound;
  must(getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &bound_size), "getsockname");
  std::fflush(stdout);
  const pid_t child = program::fork_child([&] {
    const int fd = must(socket(address->sa_family, SOCK_STREAM, 0), "socket");
    must(connect(fd, reinterpret_cast<sockaddr*>(&bound), bound_size), "connect");
    converse(fd, false);
    print("peer_waited_ns", waited);
    std::fflush(stdout);
  });
  const int fd = must(accept(listener, nullptr, nullptr), "accept");
  converse(fd, true);
  must(waitpid(child, nullptr, 0), "waitpid");
  if (inet) {
    print("port", ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port));
  }
}

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void use_tcp6() {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  use_stream(reinterpret_cast<sockaddr*>(&address), sizeof address, true);
}

void use_unix(std::string_view name, bool abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + (abstract ? 1 : 0), sizeof address.sun_path - 2);
  use_stream(reinterpret_cast<sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1), false);
}

// `receive` waits at a port until `send` has come.
template <typename Send, typename Receive>
void use_port(int type, Send send, Receive receive) {
  sockaddr_in address = loopback();
  socklen_t size = sizeof address;
  const int fd = must(socket(AF_INET, type, 0), "socket");
  must(bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
  must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  if (type == SOCK_STREAM) {
    must(listen(fd, 8), "listen");
  }
  program::fork_child([&] {
    for (int i = 0; i < kTimes; ++i) {
      program::sleep_ns(kApartNs);
      const int out = must(socket(AF_INET, type, 0), "socket");
      must(connect(out, reinterpret_cast<sockaddr*>(&address), size), "connect");
      send(out);
    }
  });
  for (int i = 0; i < kTimes; ++i) {
    timed([&] { receive(fd); });
  }
  print("port", ntohs(address.sin_port));
}

// A file of which nothing is in the page cache.
int cold_file(const char* path) {
  const int fd = must(open(path, O_RDWR | O_CREAT, 0600), path);
  static char content[kFileBytes];
  std::memset(content, 'x', sizeof content);
  must(static_cast<int>(write(fd, content, sizeof content)), "write");
  must(fsync(fd), "fsync");
  must(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
  must(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), "posix_fadvise");
  return fd;
}

void read_cold(const char* path) {
  const int fd = cold_file(path);
  char page[kPage];
  for (std::size_t at = 0; at < kFileBytes; at += 64 * kPage) {
    timed([&] { must(static_cast<int>(pread(fd, page, sizeof page, static_cast<off_t>(at))), "pread"); });
  }
}

void touch_cold(const char* path) {
  const int fd = cold_file(path);
  void* const map = mmap(nullptr, kFileBytes, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    program::die("mmap");
  }
  must(madvise(map, kFileBytes, MADV_RANDOM), "madvise");
  for (std::size_t at = 0; at < kFileBytes; at += 64 * kPage) {
    timed([&] { byte = static_cast<const volatile char*>(map)[at]; });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = program::word(argc, argv, 1);
  const char* const path = program::word(argc, argv, 2, "");
  if (kind == "fifo") {
    use_fifo(path);
  } else if (kind == "lock") {
    use_locks(must(open(path, O_RDWR | O_CREAT, 0600), path), path);
  } else if (kind == "deleted" || kind == "memfd") {
    const int fd = kind == "memfd" ? must(memfd_create("dough", 0), "memfd_create")
                                   : must(open(path, O_RDWR | O_CREAT, 0600), path);
    if (kind == "deleted") {
      must(unlink(path), path);
    }
    use_locks(fd, ("/proc/self/fd/" + std::to_string(fd)).c_str());
  } else if (kind == "unix" || kind == "abstract") {
    use_unix(path, kind == "abstract");
  } else if (kind == "tcp") {
    const sockaddr_in address = loopback();
    use_stream(reinterpret_cast<const sockaddr*>(&address), sizeof address, true);
  } else if (kind == "tcp6") {
    use_tcp6();
  } else if (kind == "accept") {
    use_port(
        SOCK_STREAM, [](int) {}, [](int fd) { close(must(accept(fd, nullptr, nullptr), "accept")); });
  } else if (kind == "udp") {
    use_port(
        SOCK_DGRAM, [](int out) { write_byte(out); }, [](int fd) { read_byte(fd); });
  } else if (kind == "read") {
    read_cold(path);
  } else if (kind == "map") {
    touch_cold(path);
  }
  print("waits", waits);
  print("waited_ns", waited);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  return 0;
}
