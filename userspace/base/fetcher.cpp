// SPDX-License-Identifier: Apache-2.0
#include "base/fetcher.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "base/capabilities.h"

namespace taskcost {
namespace {

using Clock = std::chrono::steady_clock;

// A killed opener that hangs in the kernel stays until its file system answers: start no more than this many.
constexpr unsigned max_given_up = 8;
constexpr std::size_t inline_bytes = std::size_t{32} * 1024;

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

// ---- The opener: forked from a process with threads, so it makes async-signal-safe calls only ----------------------

struct Buffers {
  Request request;
  std::array<char, inline_bytes> bytes;
};
Buffers buffers;  // only the opener uses it

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written <= 0) {
      return false;
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// Copies the `got` bytes in the buffer and the rest of `file` to a memfd. Returns -1 and sets errno if that fails.
int copy_to_memfd(int file, std::size_t got, std::uint64_t limit) {
  const int copy = memfd_create("taskcost-copy", MFD_CLOEXEC);
  if (copy < 0) {
    return -1;
  }
  std::uint64_t copied = 0;
  for (auto size = static_cast<ssize_t>(got); size > 0; size = read(file, buffers.bytes.data(), buffers.bytes.size())) {
    copied += static_cast<std::uint64_t>(size);
    if (copied > limit || !write_all(copy, buffers.bytes.data(), static_cast<std::size_t>(size))) {
      const int error = copied > limit ? EFBIG : errno;
      close(copy);
      errno = error;
      return -1;
    }
  }
  lseek(copy, 0, SEEK_SET);
  return copy;
}

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

[[noreturn]] void run_opener(int socket) {
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
  for (;;) {
    Request& request = buffers.request;
    iovec part{&request, sizeof(request)};
    Message message(std::span(&part, 1));
    if (recvmsg(kept_socket, &message.header, MSG_CMSG_CLOEXEC) <= 0) {
      _exit(0);
    }
    const Fd root = message.take();
    request.path.back() = '\0';
    const Fd file(request.kind == kind_file        ? open_regular_file(request, root.get())
                  : request.kind == kind_directory ? open_path(request, root.get(), O_PATH | O_DIRECTORY)
                                                   : open_path(request, root.get(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (!file || request.kind == kind_directory) {
      Head head;
      head.error = file ? 0 : errno;
      send_answer(kept_socket, head, file.get());
    } else if (request.kind == kind_file) {
      answer_regular_file(kept_socket, file.get(), request.limit);
    } else {
      answer_text(kept_socket, file.get(), request.limit);
    }
  }
}

}  // namespace

// ---- The main process -----------------------------------------------------------------------------------------------

struct Fetcher::Answer {
  Head head;
  std::array<char, inline_bytes> bytes;
  Fd file;
};

Fetcher& Fetcher::instance() {
  static Fetcher fetcher;
  return fetcher;
}

Fetcher::~Fetcher() { stop(); }

void Fetcher::stop() {
  const std::lock_guard lock(mutex_);
  end_opener();
}

void Fetcher::begin(const Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
  spent_ = {};
}

void Fetcher::refill() {
  const std::lock_guard lock(mutex_);
  spent_ = {};
}

void Fetcher::reap() {
  std::erase_if(ended_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

bool Fetcher::start() {
  reap();
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return false;
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const pid_t child = fork();
  if (child < 0) {
    return false;
  }
  if (child == 0) {
    run_opener(theirs.get());
  }
  opener_ = child;
  socket_ = std::move(ours);
  return true;
}

void Fetcher::give_up() {
  ++given_up_;
  end_opener();
}

void Fetcher::end_opener() {
  socket_ = Fd();  // makes it exit, unless it hangs
  if (opener_ > 0) {
    kill(opener_, SIGKILL);
    ended_.push_back(std::exchange(opener_, -1));
  }
  reap();
}

// Waits for one answer until Limits::each or the budget is used up.
bool Fetcher::await(Answer& answer) {
  const Clock::time_point start = Clock::now();
  const auto time = std::min<std::chrono::nanoseconds>(limits_.each, limits_.total - spent_);
  std::array<pollfd, 2> watched{{{socket_.get(), POLLIN, 0}, {limits_.stop_fd, POLLIN, 0}}};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - (Clock::now() - start));
    ready = poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  // On a busy machine each answer takes a few ms of waiting for a CPU: these do not count.
  constexpr std::chrono::milliseconds usual{10};
  const bool answered = watched[0].revents != 0;
  spent_ += std::max<std::chrono::nanoseconds>(Clock::now() - start - (answered ? usual : usual * 0), {});
  if (answered) {
    return true;
  }
  answer.head.error = watched[1].revents != 0 ? ECANCELED : ETIMEDOUT;
  give_up();
  return false;
}

bool Fetcher::ask(std::uint32_t kind, const std::string& path, std::uint64_t limit, const FileLook& look,
                  Answer& answer) {
  Request request;
  request.kind = kind;
  request.quick = look.quick ? 1 : 0;
  request.no_follow = look.no_follow ? 1 : 0;
  request.limit = limit;
  answer.head = {};
  pollfd stop{limits_.stop_fd, POLLIN, 0};
  if (path.size() >= request.path.size() || path.find('\0') != std::string::npos) {
    answer.head.error = ENAMETOOLONG;
  } else if (stop.fd >= 0 && poll(&stop, 1, 0) > 0) {
    answer.head.error = ECANCELED;
  } else if (spent_ >= limits_.total || given_up_ >= max_given_up) {
    answer.head.error = EAGAIN;
  } else if (!socket_ && !start()) {
    answer.head.error = errno;
  }
  if (answer.head.error != 0) {
    return false;
  }
  std::ranges::copy(path, request.path.begin());
  iovec question{&request, offsetof(Request, path) + path.size() + 1};
  Message sent(std::span(&question, 1));
  sent.attach(look.root);
  if (sendmsg(socket_.get(), &sent.header, MSG_NOSIGNAL) < 0) {
    answer.head.error = errno;
    give_up();
    return false;
  }
  if (!await(answer)) {
    return false;
  }
  std::array<iovec, 2> parts{{{&answer.head, sizeof(answer.head)}, {answer.bytes.data(), answer.bytes.size()}}};
  Message message(parts);
  if (recvmsg(socket_.get(), &message.header, MSG_CMSG_CLOEXEC) < static_cast<ssize_t>(sizeof(answer.head))) {
    answer.head = {};
    answer.head.error = EIO;  // another process killed the opener
    give_up();
    return false;
  }
  answer.file = message.take();
  return answer.head.error == 0;
}

FetchedFile Fetcher::open(const std::string& path, const FileLook& look) {
  const std::lock_guard lock(mutex_);
  Answer answer;
  (void)ask(kind_file, path, limits_.copied_bytes, look, answer);
  FetchedFile fetched;
  fetched.error = answer.head.error == 0 && !answer.file ? EMFILE : answer.head.error;
  fetched.file = std::move(answer.file);
  fetched.status = answer.head.status;
  fetched.is_copy = answer.head.is_copy != 0;
  return fetched;
}

Fd Fetcher::open_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Answer answer;
  (void)ask(kind_directory, path, 0, {}, answer);
  errno = answer.head.error;
  return std::move(answer.file);
}

std::optional<std::string> Fetcher::read_text(const std::string& path, std::size_t most) {
  const std::lock_guard lock(mutex_);
  Answer answer;
  if (!ask(kind_text, path, most, {}, answer)) {
    return std::nullopt;
  }
  if (answer.head.is_copy == 0) {
    return std::string(answer.bytes.data(), std::min<std::size_t>(answer.head.size, answer.bytes.size()));
  }
  std::string text;
  const off_t size = lseek(answer.file.get(), 0, SEEK_END);
  text.resize(static_cast<std::size_t>(std::clamp<off_t>(size, 0, static_cast<off_t>(most))));
  const ssize_t got = pread(answer.file.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

}  // namespace taskcost
