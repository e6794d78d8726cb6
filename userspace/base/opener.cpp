// SPDX-License-Identifier: Apache-2.0
#include "base/opener.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include "base/capabilities.h"
#include "base/write_all.h"

namespace taskcost::opener {
namespace {

struct Buffers {
  Request request;
  std::array<char, inline_bytes> bytes;
};
Buffers buffers;  // only the opener uses it

// Copies the `got` bytes in the buffer and the rest of `file` to a memfd. Returns -1 and sets errno if that fails.
int copy_to_memfd(int file, std::size_t got, std::uint64_t limit) {
  const int copy = memfd_create("taskcost-copy", MFD_CLOEXEC);
  if (copy < 0) {
    return -1;
  }
  std::uint64_t copied = 0;
  for (auto size = static_cast<ssize_t>(got); size > 0; size = read(file, buffers.bytes.data(), buffers.bytes.size())) {
    copied += static_cast<std::uint64_t>(size);
    if (copied > limit || !write_all(copy, {buffers.bytes.data(), static_cast<std::size_t>(size)})) {
      const int error = copied > limit ? EFBIG : errno;
      close(copy);
      errno = error;
      return -1;
    }
  }
  lseek(copy, 0, SEEK_SET);
  return copy;
}

void send_answer(int socket, const Head& head, int fd) {
  std::array<iovec, 2> parts{
      {{const_cast<Head*>(&head), sizeof(head)}, {buffers.bytes.data(), static_cast<std::size_t>(head.size)}}};
  Message message(parts);
  message.attach(fd);
  (void)!sendmsg(socket, &message.header, MSG_NOSIGNAL);
}

int open_path(const Request& request, int root, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | (request.no_follow != 0 ? O_NOFOLLOW : 0));
  if (root < 0) {
    return ::open(request.path.data(), static_cast<int>(how.flags));
  }
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, root, request.path.data(), &how, sizeof(how)));
}

// True if a user-space daemon or another machine serves the file system of this open file, so that reads may block.
// Async-signal-safe.
bool may_block(int file) {
  struct statfs system {};
  if (fstatfs(file, &system) != 0) {
    return true;  // fstatfs asks the file system, and got no answer
  }
  // <linux/magic.h> does not define all of them.
  constexpr std::array<std::uint32_t, 17> magics = {
      FUSE_SUPER_MAGIC,          NFS_SUPER_MAGIC,   SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC,      SMB2_SUPER_MAGIC,
      CEPH_SUPER_MAGIC,          AFS_SUPER_MAGIC,   AFS_FS_MAGIC,     CODA_SUPER_MAGIC,      V9FS_MAGIC,
      AUTOFS_SUPER_MAGIC,        OCFS2_SUPER_MAGIC, 0x564c /* NCP */, 0x01161970 /* GFS2 */, 0x0bd00bd0 /* Lustre */,
      0x20030528 /* OrangeFS */, 0x47504653 /* GPFS */};
  return std::ranges::count(magics, static_cast<std::uint32_t>(system.f_type)) > 0;
}

// Opening a device can have effects, and that of a FIFO waits for a writer: look at the file before it is opened.
// Returns -1 and sets errno if it is not to be read.
int open_regular_file(const Request& request, int root) {
  const Fd place(open_path(request, root, O_PATH));
  struct stat status {};
  if (!place || fstat(place.get(), &status) != 0) {
    return -1;
  }
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return -1;
  }
  if (request.quick != 0 && may_block(place.get())) {
    errno = EOPNOTSUPP;
    return -1;
  }
  std::array<char, sizeof("/proc/self/fd/") + 10> link{"/proc/self/fd/"};
  std::to_chars(link.data() + std::strlen(link.data()), link.data() + link.size() - 1, place.get());
  return ::open(link.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

void answer_regular_file(int socket, int file, std::uint64_t limit) {
  Head head;
  if (fstat(file, &head.status) != 0) {
    head.error = errno;
  }
  if (head.error != 0 || !may_block(file)) {
    send_answer(socket, head, head.error == 0 ? file : -1);
    return;
  }
  const ssize_t got = read(file, buffers.bytes.data(), buffers.bytes.size());
  const Fd copy(got < 0 ? -1 : copy_to_memfd(file, static_cast<std::size_t>(got), limit));
  head.error = copy ? 0 : errno;
  head.is_copy = 1;
  send_answer(socket, head, copy.get());
}

void answer_text(int socket, int file, std::uint64_t limit) {
  Head head;
  std::size_t got = 0;
  ssize_t size = 0;
  while (got < buffers.bytes.size() &&
         (size = read(file, buffers.bytes.data() + got, buffers.bytes.size() - got)) > 0) {
    got += static_cast<std::size_t>(size);
  }
  if (size < 0 && got == 0) {
    head.error = errno;
  } else if (got < buffers.bytes.size()) {
    head.size = std::min<std::uint64_t>(got, limit);
  } else {
    const Fd copy(copy_to_memfd(file, got, limit));
    head.error = copy ? 0 : errno;
    head.is_copy = 1;
    send_answer(socket, head, copy.get());
    return;
  }
  send_answer(socket, head, -1);
}

}  // namespace

bool answer_request(int socket) {
  Request& request = buffers.request;
  iovec part{&request, sizeof(request)};
  Message message(std::span(&part, 1));
  if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) <= 0) {
    return false;
  }
  const Fd root = message.take();
  request.path.back() = '\0';
  const Fd file(request.kind == kind_file        ? open_regular_file(request, root.get())
                : request.kind == kind_directory ? open_path(request, root.get(), O_PATH | O_DIRECTORY)
                                                 : open_path(request, root.get(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file || request.kind == kind_directory) {
    Head head;
    head.error = file ? 0 : errno;
    send_answer(socket, head, file.get());
  } else if (request.kind == kind_file) {
    answer_regular_file(socket, file.get(), request.limit);
  } else {
    answer_text(socket, file.get(), request.limit);
  }
  return true;
}

void run(int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "taskcost-opener");
  // A pipe's reader gets EOF when taskcost exits: an opener that hangs must not keep the pipe open.
  const int null_device = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    dup2(null_device, stream);
  }
  constexpr int kept_socket = STDERR_FILENO + 1;
  dup2(socket, kept_socket);
  close_range(kept_socket + 1, ~0U, 0);
  if (!keep_capabilities_of(Phase::window)) {
    _exit(1);
  }
  while (answer_request(kept_socket)) {
  }
  _exit(0);
}

}  // namespace taskcost::opener
