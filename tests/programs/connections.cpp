// SPDX-License-Identifier: Apache-2.0
//
// connections WORKERS COUNT GO: WORKERS processes serve one port of this host. A client makes COUNT connections to
// them, one after the other and from only a few ports, so that the same pairs of addresses come again and again. Prints
// the pids of the workers, one a line, and "ready"; begins when the file GO exists. Ends with a line "PID RECEIVED
// SENT", in bytes, for each worker.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <vector>

#include "program.h"

namespace {

using program::must;

constexpr std::size_t kRequest = 100;
constexpr std::size_t kAnswer = 5000;
constexpr int kPorts = 4;
constexpr in_port_t kFirstPort = 23100;

struct Sums {
  std::int64_t received;
  std::int64_t sent;
};

std::size_t move_all(int fd, bool is_out, std::size_t size) {
  static char bytes[kAnswer];
  std::size_t done = 0;
  while (done < size) {
    const ssize_t moved = is_out ? write(fd, bytes, size - done) : read(fd, bytes, size - done);
    if (moved <= 0) {
      break;
    }
    done += static_cast<std::size_t>(moved);
  }
  return done;
}

[[noreturn]] void serve(int listener, volatile Sums& sums) {
  for (;;) {
    const int connection = must(accept(listener, nullptr, nullptr), "accept");
    sums.received = sums.received + static_cast<std::int64_t>(move_all(connection, false, kRequest));
    sums.sent = sums.sent + static_cast<std::int64_t>(move_all(connection, true, kAnswer));
    close(connection);
  }
}

// A connection that close() resets leaves its port free.
void ask(const sockaddr_in& server, int i) {
  const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int yes = 1;
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own.sin_port = htons(static_cast<in_port_t>(kFirstPort + i % kPorts));
  must(bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own), "bind");
  must(connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server), "connect");
  if (move_all(fd, true, kRequest) != kRequest || move_all(fd, false, kAnswer) != kAnswer) {
    program::die("a connection was cut");
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const auto workers = static_cast<std::size_t>(program::number(argc, argv, 1));
  const auto count = program::number(argc, argv, 2);
  const char* go = program::word(argc, argv, 3);
  auto* sums = static_cast<volatile Sums*>(
      mmap(nullptr, workers * sizeof(Sums), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  must(bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
  must(listen(listener, 64), "listen");
  must(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  std::vector<pid_t> pids;
  for (std::size_t i = 0; i < workers; ++i) {
    pids.push_back(program::fork_child([&] { serve(listener, sums[i]); }));
    std::printf("%d\n", pids.back());
  }
  std::puts("ready");
  std::fflush(stdout);
  while (access(go, F_OK) != 0) {
    program::sleep_ns(1'000'000);
  }
  for (int i = 0; i < count; ++i) {
    ask(address, i);
  }
  program::sleep_ns(50'000'000);
  for (std::size_t i = 0; i < workers; ++i) {
    std::printf("%d %lld %lld\n", pids[i], static_cast<long long>(sums[i].received),
                static_cast<long long>(sums[i].sent));
    kill(pids[i], SIGTERM);
    waitpid(pids[i], nullptr, 0);
  }
  return 0;
}
