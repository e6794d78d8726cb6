// SPDX-License-Identifier: Apache-2.0
//
// channels COUNT SIZE: sends COUNT messages of SIZE bytes to itself through a pipe, a unix socket, a TCP connection and
// a POSIX message queue, maps a shared page for each message, and prints what it did: "messages bytes mapped_bytes".
#include <arpa/inet.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "program.h"

namespace {

using program::die;
using program::must;

constexpr std::size_t kPage = 4096;

struct Message {
  std::vector<char> bytes;
  std::int64_t count;
};

void send_through(int in, int out, Message& message) {
  for (std::int64_t i = 0; i < message.count; ++i) {
    const auto size = static_cast<ssize_t>(message.bytes.size());
    if (write(out, message.bytes.data(), message.bytes.size()) != size ||
        read(in, message.bytes.data(), message.bytes.size()) != size) {
      die("a message was cut");
    }
  }
}

void pipe_through(Message& message) {
  std::array<int, 2> ends{};
  must(pipe(ends.data()), "pipe");
  send_through(ends[0], ends[1], message);
}

void socket_through(Message& message) {
  std::array<int, 2> ends{};
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), "socketpair");
  send_through(ends[0], ends[1], message);
}

void connect_through(Message& message) {
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  must(bind(listener, raw, size), "bind");
  must(listen(listener, 1), "listen");
  must(getsockname(listener, raw, &size), "getsockname");
  const int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(client, raw, size), "connect");
  const int server = must(accept(listener, nullptr, nullptr), "accept");
  send_through(server, client, message);
}

void queue_through(Message& message) {
  const std::string name = "/taskcost-test-" + std::to_string(getpid());
  mq_attr attributes{};
  attributes.mq_maxmsg = 4;
  attributes.mq_msgsize = static_cast<long>(message.bytes.size());
  const mqd_t queue = mq_open(name.c_str(), O_CREAT | O_RDWR, 0600, &attributes);
  must(queue, "mq_open");
  mq_unlink(name.c_str());
  for (std::int64_t i = 0; i < message.count; ++i) {
    must(mq_send(queue, message.bytes.data(), message.bytes.size(), 0), "mq_send");
    must(static_cast<int>(mq_receive(queue, message.bytes.data(), message.bytes.size(), nullptr)), "mq_receive");
  }
}

void map_shared(std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
      die("mmap");
    }
    munmap(page, kPage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Message message{std::vector<char>(static_cast<std::size_t>(program::number(argc, argv, 2))),
                  program::number(argc, argv, 1)};
  pipe_through(message);
  socket_through(message);
  connect_through(message);
  queue_through(message);
  map_shared(message.count);
  std::printf("%lld %lld %lld\n", static_cast<long long>(message.count),
              static_cast<long long>(message.count) * static_cast<long long>(message.bytes.size()),
              static_cast<long long>(message.count) * static_cast<long long>(kPage));
}
