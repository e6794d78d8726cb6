// SPDX-License-Identifier: Apache-2.0
//
// The opener of a Fetcher, and what both say to each other: a Request, and a Head with its text or descriptor behind
// it. The opener is forked from a process with threads, so it makes async-signal-safe calls only.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/fd.h"

namespace taskcost::opener {

// A longer text comes in a memfd.
inline constexpr std::size_t inline_bytes = std::size_t{32} * 1024;

enum Kind : std::uint32_t { kind_file, kind_text, kind_directory };

// FileLook::root travels beside it.
struct Request {
  std::uint32_t kind = 0;
  std::uint8_t quick = 0;
  std::uint8_t no_follow = 0;
  std::uint64_t limit = 0;
  std::array<char, PATH_MAX> path{};
};

struct Head {
  std::int32_t error = 0;
  std::uint32_t is_copy = 0;
  std::uint64_t size = 0;  // bytes of text that follow
  struct stat status {};
};

// A message that may have a descriptor with it.
struct Message {
  explicit Message(std::span<iovec> parts) {
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  void attach(int fd) {
    if (fd < 0) {
      header.msg_control = nullptr;
      header.msg_controllen = 0;
      return;
    }
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  }
  [[nodiscard]] Fd take() const {
    const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    int fd = -1;
    if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
    }
    return Fd(fd);
  }

  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

// Answers one request. Returns false if no other will come: the other end is closed. The buffers for it are static: one
// thread of a process calls this.
bool answer_request(int socket);

// Becomes the opener, which answers until the other end of the socket is closed.
[[noreturn]] void run(int socket);

}  // namespace taskcost::opener
