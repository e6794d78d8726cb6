// SPDX-License-Identifier: Apache-2.0
//
// transfers SITUATION: moves bytes in one of many ways and prints its own count of them: a line "CHANNEL FIGURE BYTES"
// for each figure, and a line "pair FROM TO BYTES" for two processes at the ends of one channel. Through channels that
// it does not name, nothing passes but this output.
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <pty.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "io_ring.h"
#include "program.h"
#include "short_call.h"
#include "transfers.h"

namespace {

using namespace program;  // NOLINT(google-build-using-namespace): a program of one file

// -- messages ---------------------------------------------------------------------------------------------------------

struct Messages {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> vectors{};

  Messages() {
    for (int i = 0; i < kBatch; ++i) {
      vectors[i] = {buffer + i * 2 * kMessage, kMessage};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  [[nodiscard]] std::int64_t bytes_of(int messages) const {
    std::int64_t bytes = 0;
    for (int i = 0; i < messages; ++i) {
      bytes += headers[i].msg_len;
    }
    return bytes;
  }
};

void many_messages(int from, int to, const char* channel) {
  const pid_t child = fork_child([&] {
    Messages messages;
    for (int sent = 0; sent < kMessages;) {
      // The messages differ in length.
      for (int i = 0; i < kBatch; ++i) {
        messages.vectors[i].iov_len = static_cast<size_t>(kMessage - i);
      }
      const int count = must(sendmmsg(to, messages.headers.data(), kBatch, 0), "sendmmsg");
      shared->sent += messages.bytes_of(count);
      sent += count;
    }
  });
  std::int64_t received = 0;
  Messages messages;
  for (int count = 0; count < kMessages;) {
    if (count == 0) {
      must(recvmmsg(from, messages.headers.data(), 1, MSG_PEEK, nullptr), "recvmmsg");
    }
    const int more = must(recvmmsg(from, messages.headers.data(), kBatch, MSG_WAITFORONE, nullptr), "recvmmsg");
    received += messages.bytes_of(more);
    count += more;
  }
  log_of_children.wait_for(child);
  print_both(channel, shared->sent, received);
  print_pair(child, getpid(), shared->sent);
}

void unix_messages() {
  const auto [from, to] = sockets(SOCK_DGRAM);
  many_messages(from, to, "unix_socket");
}

int udp(sockaddr_in* address) {
  socklen_t size = sizeof(*address);
  const int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  *address = {};
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(bind(fd, reinterpret_cast<sockaddr*>(address), size), "bind");
  must(getsockname(fd, reinterpret_cast<sockaddr*>(address), &size), "getsockname");
  return fd;
}

std::pair<int, int> udp_pair() {
  sockaddr_in a{};
  sockaddr_in b{};
  const std::pair<int, int> ends{udp(&a), udp(&b)};
  must(connect(ends.first, reinterpret_cast<sockaddr*>(&b), sizeof(b)), "connect");
  must(connect(ends.second, reinterpret_cast<sockaddr*>(&a), sizeof(a)), "connect");
  return ends;
}

void inet_messages() {
  const auto [from, to] = udp_pair();
  many_messages(from, to, "inet_socket");
}

// MSG_PEEK takes nothing from the queue, whichever call has it.
void peeks() {
  const auto [from, to] = sockets(SOCK_SEQPACKET);
  std::int64_t received = 0;
  std::int64_t peeked = 0;
  iovec vector{buffer, static_cast<size_t>(kMessage)};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  for (int i = 0; i < kMessages; ++i) {
    positive(send(to, buffer, kMessage, 0), "send");
    peeked += positive(recv(from, buffer, kMessage, MSG_PEEK), "recv");
    peeked += positive(recvmsg(from, &message, MSG_PEEK), "recvmsg");
    received += positive(recv(from, buffer, kMessage, 0), "recv");
  }
  print_both("unix_socket", kMessages * kMessage, received);
  print("counter", "peeked_bytes", peeked);
}

// The error queue returns the sender's own packets with their time stamps: no task sent those bytes.
void time_stamps() {
  const auto [from, to] = udp_pair();
  const int on = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  must(setsockopt(to, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof(on)), "SO_TIMESTAMPING");
  std::int64_t received = 0;
  std::int64_t peeked = 0;
  for (int i = 0; i < kMessages; ++i) {
    char control[512];
    iovec vector{buffer, sizeof(buffer)};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    positive(send(to, buffer, kMessage, 0), "send");
    received += positive(recv(from, buffer, sizeof(buffer), 0), "recv");
    const ssize_t size = recvmsg(to, &message, MSG_ERRQUEUE);
    peeked += size > 0 ? size : 0;
  }
  print_both("inet_socket", kMessages * kMessage, received);
  print("counter", "peeked_bytes", peeked);
}

// MSG_TRUNC drops the rest of a datagram, but the result counts it.
void truncated() {
  const auto [from, to] = udp_pair();
  std::int64_t received = 0;
  for (int i = 0; i < kMessages; ++i) {
    positive(send(to, buffer, kMessage, 0), "send");
    received += positive(recv(from, buffer, 10, MSG_TRUNC), "recv");
  }
  print_both("inet_socket", kMessages * kMessage, received);
}

// The clients send and close before the listener accepts their connections.
void early() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "taskcost-transfers-%d", getpid());
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int listener = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  must(bind(listener, raw, sizeof(address)), "bind");
  must(listen(listener, 8), "listen");
  constexpr int kClients = 4;
  pid_t clients[kClients];
  for (int i = 0; i < kClients; ++i) {
    clients[i] = fork_child([&] {
      const int fd = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
      must(connect(fd, raw, sizeof(address)), "connect");
      positive(send(fd, buffer, static_cast<size_t>(kMessage + i), 0), "send");
      close(fd);
    });
    log_of_children.wait_for(clients[i]);
  }
  std::int64_t received = 0;
  for (const pid_t client : clients) {
    const int fd = must(accept(listener, nullptr, nullptr), "accept");
    const std::int64_t bytes = drain(fd);
    print_pair(client, getpid(), bytes);
    received += bytes;
    close(fd);
  }
  print_both("unix_socket", received, received);
}

void netlink() {
  const int fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "socket");
  struct {
    nlmsghdr header;
    rtgenmsg body;
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(request.body));
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.rtgen_family = AF_UNSPEC;
  const std::int64_t sent = positive(send(fd, &request, request.header.nlmsg_len, 0), "send");
  const std::int64_t received = positive(recv(fd, buffer, sizeof(buffer), 0), "recv");
  print_pair(getpid(), getpid(), 0);  // it spoke with the kernel
  print_both("other_socket", sent, received);
}

// -- splice and its like ----------------------------------------------------------------------------------------------

void file_to_pipe() {
  const auto [in, out] = pipe_ends();
  const int file = file_of(kSize);
  const pid_t child = reader_of(in, out);
  close(in);
  std::int64_t sent = 0;
  for (ssize_t size = 0; (size = splice(file, nullptr, out, nullptr, kPiece, 0)) > 0;) {
    sent += size;
  }
  close(out);
  log_of_children.wait_for(child);
  print_both("pipe", sent, shared->received);
  print_pair(getpid(), child, sent);
}

void pipe_to_file() {
  const auto [in, out] = pipe_ends();
  const int file = file_of(0);
  const pid_t child = writer_to(out, in);
  close(out);
  std::int64_t received = 0;
  for (ssize_t size = 0; (size = splice(in, nullptr, file, nullptr, kPiece, 0)) > 0;) {
    received += size;
  }
  log_of_children.wait_for(child);
  print_both("pipe", kSize, received);
  print_pair(child, getpid(), kSize);
}

void pipe_to_socket() {
  const auto [in, out] = pipe_ends();
  const auto [far, near] = sockets(SOCK_STREAM);
  const pid_t writer = writer_to(out, in);
  close(out);
  const pid_t reader = reader_of(far, near);
  close(far);
  std::int64_t passed = 0;
  for (ssize_t size = 0; (size = splice(in, nullptr, near, nullptr, kPiece, 0)) > 0;) {
    passed += size;
  }
  close(near);
  log_of_children.wait_for(writer);
  log_of_children.wait_for(reader);
  print_both("pipe", kSize, passed);
  print_both("unix_socket", passed, shared->received);
  print_pair(writer, getpid(), kSize);
  print_pair(getpid(), reader, passed);
}

void socket_to_pipe() {
  const auto [far, near] = sockets(SOCK_STREAM);
  const auto [in, out] = pipe_ends();
  const pid_t writer = writer_to(far, near);
  close(far);
  const pid_t reader = reader_of(in, out);
  close(in);
  std::int64_t passed = 0;
  for (ssize_t size = 0; (size = splice(near, nullptr, out, nullptr, kPiece, 0)) > 0;) {
    passed += size;
  }
  close(out);
  log_of_children.wait_for(writer);
  log_of_children.wait_for(reader);
  print_both("unix_socket", kSize, passed);
  print_both("pipe", passed, shared->received);
  print_pair(writer, getpid(), kSize);
  print_pair(getpid(), reader, passed);
}

// The bytes that tee() copies stay in the first pipe.
void tee_and_splice() {
  const auto [in, out] = pipe_ends();
  const auto [copy_in, copy_out] = pipe_ends();
  const int null = must(open("/dev/null", O_WRONLY), "/dev/null");
  const pid_t writer = fork_child([&, in = in, out = out, copy_in = copy_in, copy_out = copy_out] {
    close(copy_in);
    close(copy_out);
    close(in);
    fill(out);
  });
  close(out);
  const pid_t reader = reader_of(copy_in, copy_out);
  close(copy_in);
  std::int64_t copied = 0;
  std::int64_t emptied = 0;
  for (ssize_t size = 0; (size = tee(in, copy_out, kPiece, 0)) > 0;) {
    copied += size;
    for (ssize_t left = size; left > 0;) {
      const ssize_t part = splice(in, nullptr, null, nullptr, static_cast<size_t>(left), 0);
      emptied += positive(part, "splice");
      left -= part;
    }
  }
  close(copy_out);
  log_of_children.wait_for(writer);
  log_of_children.wait_for(reader);
  print_both("pipe", kSize + copied, emptied + shared->received);
  print_pair(writer, getpid(), kSize);
  print_pair(getpid(), reader, copied);
}

void pages_to_pipe() {
  const auto [in, out] = pipe_ends();
  const pid_t child = reader_of(in, out);
  close(in);
  std::int64_t sent = 0;
  while (sent < kSize) {
    iovec vector{buffer, kPiece};
    sent += positive(vmsplice(out, &vector, 1, 0), "vmsplice");
  }
  close(out);
  log_of_children.wait_for(child);
  print_both("pipe", sent, shared->received);
  print_pair(getpid(), child, sent);
}

void pipe_to_memory() {
  const auto [in, out] = pipe_ends();
  const pid_t child = writer_to(out, in);
  close(out);
  std::int64_t received = 0;
  iovec vector{buffer, kPiece};
  for (ssize_t size = 0; (size = vmsplice(in, &vector, 1, 0)) > 0;) {
    received += size;
  }
  log_of_children.wait_for(child);
  print_both("pipe", kSize, received);
  print_pair(child, getpid(), kSize);
}

void file_to_socket() {
  const auto [far, near] = sockets(SOCK_STREAM);
  const int file = file_of(kSize);
  const pid_t child = reader_of(far, near);
  close(far);
  std::int64_t sent = 0;
  for (ssize_t size = 0; (size = sendfile(near, file, nullptr, kPiece)) > 0;) {
    sent += size;
  }
  close(near);
  log_of_children.wait_for(child);
  print_both("unix_socket", sent, shared->received);
  print_pair(getpid(), child, sent);
}

// -- others -----------------------------------------------------------------------------------------------------------

void sysv_queue() {
  const int queue = must(msgget(IPC_PRIVATE, 0600), "msgget");
  struct {
    long type = 1;
    char text[kMessage] = {};
  } message;
  const pid_t child = fork_child([&] {
    for (int i = 0; i < kMessages; ++i) {
      must(msgsnd(queue, &message, kMessage, 0), "msgsnd");
    }
  });
  std::int64_t received = 0;
  for (int i = 0; i < kMessages; ++i) {
    received += positive(msgrcv(queue, &message, kMessage, 0, 0), "msgrcv");
  }
  log_of_children.wait_for(child);
  must(msgctl(queue, IPC_RMID, nullptr), "msgctl");
  print_both("sysv_queue", kMessages * kMessage, received);
  print_pair(child, getpid(), kMessages * kMessage);
}

void sysv_segment() {
  constexpr std::int64_t kSegment = 3 << 20;
  const int segment = must(shmget(IPC_PRIVATE, kSegment, 0600), "shmget");
  if (shmat(segment, nullptr, 0) == reinterpret_cast<void*>(-1)) {
    die("shmat");
  }
  must(shmctl(segment, IPC_RMID, nullptr), "shmctl");
  // The counter includes the mapping of this program, `shared`.
  print("counter", "shared_mapping_bytes", kSegment + 4096);
}

void process_memory() {
  iovec local{buffer, kPiece};
  iovec remote{buffer + kPiece, kPiece};
  const std::int64_t in = positive(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), "process_vm_readv");
  local.iov_len = remote.iov_len = 100;
  const std::int64_t out = positive(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), "process_vm_writev");
  print_both("process_memory", out, in);
}

void terminal() {
  int master = 0;
  int slave = 0;
  termios raw{};
  cfmakeraw(&raw);
  must(openpty(&master, &slave, nullptr, &raw, nullptr), "openpty");
  const pid_t child = fork_child([&] {
    for (int i = 0; i < kMessages; ++i) {
      positive(write(slave, buffer, kMessage), "write");
    }
  });
  std::int64_t received = 0;
  while (received < kMessages * kMessage) {
    received += positive(read(master, buffer, sizeof(buffer)), "read");
  }
  log_of_children.wait_for(child);
  print_both("pty", kMessages * kMessage, received);
  print_pair(child, getpid(), kMessages * kMessage);
}

void ring() {
  const auto [far, near] = sockets(SOCK_STREAM);
  const pid_t child = fork_child([far = far, near = near] {
    close(near);
    Ring ring;
    for (int i = 0; i < kMessages; ++i) {
      ring.run(IORING_OP_SEND, far, buffer, kMessage);
    }
  });
  close(far);
  Ring ring;
  std::int64_t received = 0;
  while (received < kMessages * kMessage) {
    received += ring.run(IORING_OP_RECV, near, buffer, sizeof(buffer));
  }
  log_of_children.wait_for(child);
  print_both("unix_socket", kMessages * kMessage, received);
  print_pair(child, getpid(), kMessages * kMessage);
}

// The calls of 32-bit programs. Prints "none" where the kernel lacks them.
void short_calls() {
  constexpr long kSocketcall = 102;
  constexpr long kSend = 9;
  constexpr long kReceive = 10;
  constexpr long kIpc = 117;
  constexpr long kMessageSend = 11;
  constexpr long kMessageReceive = 12;
  constexpr long kAttach = 21;
  constexpr long kOldMmap = 90;
  constexpr long kMmap2 = 192;
  constexpr long kSendTo = 369;
  constexpr long kReceiveFrom = 371;
  constexpr long kShort = 300;
  if (!has_short_calls()) {
    std::printf("none\n");
    return;
  }
  char* memory = short_memory(8192);
  auto* arguments = reinterpret_cast<std::uint32_t*>(memory);
  char* data = memory + 4096;
  const auto on_socket = [&](long call, int fd, int flags) {
    arguments[0] = static_cast<std::uint32_t>(fd);
    arguments[1] = static_cast<std::uint32_t>(address_of(data));
    arguments[2] = kShort;
    arguments[3] = static_cast<std::uint32_t>(flags);
    return positive(short_call(kSocketcall, call, address_of(arguments)), "socketcall");
  };
  const auto [from, to] = sockets(SOCK_SEQPACKET);
  const std::int64_t sent = on_socket(kSend, to, 0);
  const std::int64_t peeked = on_socket(kReceive, from, MSG_PEEK);
  const std::int64_t received_there = on_socket(kReceive, from, 0);
  // Since v4.3 the calls have numbers of their own as well.
  const std::int64_t sent_plainly = positive(short_call(kSendTo, to, address_of(data), kShort), "sendto");
  const std::int64_t received_plainly = positive(short_call(kReceiveFrom, from, address_of(data), kShort), "recvfrom");
  print_both("unix_socket", sent + sent_plainly, received_there + received_plainly);
  print("counter", "peeked_bytes", peeked);

  const int queue = must(msgget(IPC_PRIVATE, 0600), "msgget");
  reinterpret_cast<std::int32_t*>(data)[0] = 1;
  must(static_cast<int>(short_call(kIpc, kMessageSend, queue, kShort, 0, address_of(data))), "msgsnd");
  arguments[0] = static_cast<std::uint32_t>(address_of(data));
  arguments[1] = 0;  // any type
  const std::int64_t received =
      positive(short_call(kIpc, kMessageReceive, queue, kShort, 0, address_of(arguments)), "msgrcv");
  must(msgctl(queue, IPC_RMID, nullptr), "msgctl");
  print_both("sysv_queue", kShort, received);

  constexpr std::int64_t kSegment = 3 << 20;
  const int segment = must(shmget(IPC_PRIVATE, kSegment, 0600), "shmget");
  must(static_cast<int>(short_call(kIpc, kAttach, segment, 0, address_of(arguments), 0)), "shmat");
  must(shmctl(segment, IPC_RMID, nullptr), "shmctl");
  constexpr long kProtection = PROT_READ | PROT_WRITE;
  constexpr long kFlags = MAP_SHARED | MAP_ANONYMOUS;
  short_call(kMmap2, 0, 3 * 4096, kProtection, kFlags, -1);
  const std::uint32_t old[6] = {0, 5 * 4096, kProtection, kFlags, ~0U, 0};
  std::memcpy(arguments, old, sizeof(old));
  short_call(kOldMmap, address_of(arguments));
  // The counter includes the mappings of this program: its 32-bit memory, and `shared`.
  print("counter", "shared_mapping_bytes", kSegment + (3 + 5) * 4096 + 8192 + 4096);
}

using Situation = std::pair<std::string_view, void (*)()>;
constexpr Situation situations[] = {
    {"unix_messages", unix_messages},
    {"inet_messages", inet_messages},
    {"peeks", peeks},
    {"time_stamps", time_stamps},
    {"truncated", truncated},
    {"early", early},
    {"netlink", netlink},
    {"file_to_pipe", file_to_pipe},
    {"pipe_to_file", pipe_to_file},
    {"pipe_to_socket", pipe_to_socket},
    {"socket_to_pipe", socket_to_pipe},
    {"tee", tee_and_splice},
    {"pages_to_pipe", pages_to_pipe},
    {"pipe_to_memory", pipe_to_memory},
    {"file_to_socket", file_to_socket},
    {"sysv_queue", sysv_queue},
    {"sysv_segment", sysv_segment},
    {"process_memory", process_memory},
    {"terminal", terminal},
    {"ring", ring},
    {"short_calls", short_calls},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = program::word(argc, argv, 1);
  for (const auto& [name, run] : situations) {
    if (name == wanted) {
      run();
      return 0;
    }
  }
  die("no such situation");
}
