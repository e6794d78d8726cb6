// SPDX-License-Identifier: Apache-2.0
//
// datagrams COUNT: sends COUNT datagrams to itself through the loopback device, one after the other. The kernel
// receives each one in a softirq of the sending task.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "program.h"

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  const int end = program::must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  program::must(bind(end, any, size), "bind");
  program::must(getsockname(end, any, &size), "getsockname");
  program::must(connect(end, any, size), "connect");
  for (std::int64_t i = 0; i < count; ++i) {
    char byte = 'x';
    program::must(static_cast<int>(send(end, &byte, 1, 0)), "send");
    program::must(static_cast<int>(recv(end, &byte, 1, 0)), "recv");
  }
  return 0;
}
