// SPDX-License-Identifier: Apache-2.0
//
// The channels of random_life: how they are opened, and how bytes get through them.
#pragma once

#include <arpa/inet.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <string>

#include "program.h"
#include "random_plan.h"

namespace random_life {

using program::must;

// What one worker did, by its own count.
struct Counts {
  pid_t tid = 0;
  pid_t process = 0;
  int forks = 0;
  int threads = 0;
  int spawns = 0;
  int vforks = 0;
  int execs = 0;
  pid_t killed = 0;            // the last child that it killed
  std::uint64_t own_pipe = 0;  // bytes through pipes that no other worker has
  std::array<std::uint64_t, kinds.size()> in{};
  std::array<std::uint64_t, kinds.size()> out{};
};

inline sockaddr_in bind_anywhere(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  must(bind(socket, reinterpret_cast<sockaddr*>(&address), size), "bind");
  must(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return address;
}

inline void connect_udp(int (&ends)[2]) {
  sockaddr_in addresses[2];
  for (int i = 0; i < 2; ++i) {
    ends[i] = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    addresses[i] = bind_anywhere(ends[i]);
  }
  for (int i = 0; i < 2; ++i) {
    must(connect(ends[i], reinterpret_cast<sockaddr*>(&addresses[1 - i]), sizeof(addresses[0])), "connect");
  }
}

inline void connect_tcp(int (&ends)[2]) {
  const int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address = bind_anywhere(listener);
  socklen_t size = sizeof(address);
  must(listen(listener, 1), "listen");
  ends[1] = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  must(connect(ends[1], reinterpret_cast<sockaddr*>(&address), size), "connect");
  ends[0] = must(accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC), "accept4");
  close(listener);
}

// `name` begins with a slash, as mq_open() wants it.
inline void open_channel(Channel& channel, const std::string& directory, const std::string& name) {
  int ends[2] = {-1, -1};
  switch (channel.kind) {
    case Kind::pipe:
      must(pipe2(ends, O_CLOEXEC), "pipe2");
      break;
    case Kind::fifo:
      must(mkfifo((directory + name).c_str(), 0600), "mkfifo");
      ends[0] = must(open((directory + name).c_str(), O_RDWR | O_CLOEXEC), "open");
      ends[1] = must(open((directory + name).c_str(), O_WRONLY | O_CLOEXEC), "open");
      unlink((directory + name).c_str());
      break;
    case Kind::unix_stream:
      must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
      break;
    case Kind::unix_packets:
      must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
      break;
    case Kind::unix_datagrams:
      must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), "socketpair");
      break;
    case Kind::tcp:
      connect_tcp(ends);
      break;
    case Kind::udp:
      connect_udp(ends);
      break;
    case Kind::sysv_queue:
      ends[0] = ends[1] = must(msgget(IPC_PRIVATE, 0600), "msgget");
      break;
    case Kind::queue: {
      mq_attr attributes{};
      attributes.mq_maxmsg = 10;
      attributes.mq_msgsize = 2048;
      ends[0] = must(mq_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attributes), "mq_open");
      ends[1] = must(mq_open(name.c_str(), O_RDWR | O_CLOEXEC), "mq_open");
      mq_unlink(name.c_str());
      break;
    }
  }
  channel.in = ends[0];
  channel.out = ends[1];
}

inline void look_first(const Channel& channel, Look look) {
  if (look == Look::none || channel.kind == Kind::sysv_queue) {
    return;
  }
  if (look == Look::poll) {
    pollfd one{channel.in, POLLIN, 0};
    while (poll(&one, 1, -1) < 0 && errno == EINTR) {
    }
    return;
  }
  const int set = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  must(epoll_ctl(set, EPOLL_CTL_ADD, channel.in, &event), "epoll_ctl");
  while (epoll_wait(set, &event, 1, -1) < 0 && errno == EINTR) {
  }
  close(set);
}

inline bool is_pipe(Kind kind) { return kind == Kind::pipe || kind == Kind::fifo; }
inline bool is_stream(Kind kind) { return kind == Kind::unix_stream || kind == Kind::tcp; }
inline bool is_socket(Kind kind) {
  return is_stream(kind) || kind == Kind::unix_packets || kind == Kind::unix_datagrams || kind == Kind::udp;
}

inline void all(ssize_t done, std::size_t bytes, const char* what) {
  if (done != static_cast<ssize_t>(bytes)) {
    program::die(what);
  }
}

struct SysvMessage {
  long type = 1;
  std::array<char, 2048> text{};
};

inline void send_bytes(const Channel& channel, const Step& step, Counts& counts) {
  std::array<char, 2048> buffer{};
  const auto kind = static_cast<std::size_t>(channel.kind);
  iovec parts[2] = {{buffer.data(), step.bytes / 2}, {buffer.data(), step.bytes - step.bytes / 2}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (channel.kind == Kind::queue) {
    must(mq_send(channel.out, buffer.data(), step.bytes, 0), "mq_send");
  } else if (channel.kind == Kind::sysv_queue) {
    SysvMessage sysv{};
    must(msgsnd(channel.out, &sysv, step.bytes, 0), "msgsnd");
  } else if (step.way == Way::vectors) {
    all(writev(channel.out, parts, 2), step.bytes, "writev");
  } else if (step.way == Way::message && is_socket(channel.kind)) {
    all(sendmsg(channel.out, &message, 0), step.bytes, "sendmsg");
  } else if (step.way == Way::several && is_socket(channel.kind)) {
    mmsghdr messages[1] = {{message, 0}};
    all(sendmmsg(channel.out, messages, 1, 0), 1, "sendmmsg");
    all(messages[0].msg_len, step.bytes, "sendmmsg");
  } else if (step.way == Way::several && is_pipe(channel.kind)) {
    for (iovec left{buffer.data(), step.bytes}; left.iov_len > 0;) {
      left.iov_len -= static_cast<std::size_t>(must(static_cast<int>(vmsplice(channel.out, &left, 1, 0)), "vmsplice"));
    }
  } else if (step.way == Way::splice && (is_pipe(channel.kind) || is_stream(channel.kind))) {
    const int file = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open");
    if (is_socket(channel.kind)) {
      all(sendfile(channel.out, file, nullptr, step.bytes), step.bytes, "sendfile");
    } else {
      all(splice(file, nullptr, channel.out, nullptr, step.bytes, 0), step.bytes, "splice");
    }
    close(file);
  } else {
    all(write(channel.out, buffer.data(), step.bytes), step.bytes, "write");
  }
  counts.out[kind] += step.bytes;
}

// Makes a pipe and reads from it what `fill` has written to it.
template <typename Fill>
ssize_t through_own_pipe(char* buffer, Counts& counts, Fill fill) {
  int own[2];
  must(pipe2(own, O_CLOEXEC), "pipe2");
  const ssize_t size = fill(own[1]);
  if (size > 0) {
    all(read(own[0], buffer, static_cast<std::size_t>(size)), static_cast<std::size_t>(size), "read");
    counts.own_pipe += static_cast<std::uint64_t>(size);
  }
  close(own[0]);
  close(own[1]);
  return size;
}

inline ssize_t receive_some(const Channel& channel, Way way, char* buffer, std::size_t bytes, Counts& counts) {
  iovec parts[2] = {{buffer, bytes / 2}, {buffer + bytes / 2, bytes - bytes / 2}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (channel.kind == Kind::queue) {
    return mq_receive(channel.in, buffer, 2048, nullptr);
  }
  if (channel.kind == Kind::sysv_queue) {
    SysvMessage sysv;
    return msgrcv(channel.in, &sysv, sysv.text.size(), 0, 0);
  }
  if (way == Way::splice && is_pipe(channel.kind)) {
    const int nowhere = must(open("/dev/null", O_WRONLY | O_CLOEXEC), "open");
    const ssize_t size = splice(channel.in, nullptr, nowhere, nullptr, bytes, 0);
    close(nowhere);
    return size;
  }
  if (way == Way::splice && is_stream(channel.kind)) {
    return through_own_pipe(buffer, counts,
                            [&](int pipe) { return splice(channel.in, nullptr, pipe, nullptr, bytes, 0); });
  }
  if (way == Way::several && is_pipe(channel.kind)) {
    const ssize_t copied = through_own_pipe(buffer, counts, [&](int pipe) { return tee(channel.in, pipe, bytes, 0); });
    return copied <= 0 ? copied : read(channel.in, buffer, static_cast<std::size_t>(copied));
  }
  if (way == Way::vectors) {
    return readv(channel.in, parts, 2);
  }
  if (way == Way::message && is_socket(channel.kind)) {
    return recvmsg(channel.in, &message, 0);
  }
  if (way == Way::several && is_socket(channel.kind)) {
    mmsghdr messages[1] = {{message, 0}};
    return recvmmsg(channel.in, messages, 1, 0, nullptr) == 1 ? static_cast<ssize_t>(messages[0].msg_len) : -1;
  }
  return read(channel.in, buffer, bytes);
}

inline void receive_bytes(const Channel& channel, const Step& step, Counts& counts) {
  std::array<char, 2048> buffer{};
  for (std::size_t left = step.bytes; left > 0;) {
    const ssize_t got = receive_some(channel, step.way, buffer.data(), left, counts);
    if (got <= 0) {
      program::die("receive");
    }
    left -= static_cast<std::size_t>(got);
  }
  counts.in[static_cast<std::size_t>(channel.kind)] += step.bytes;
}

}  // namespace random_life
