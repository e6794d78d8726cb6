// SPDX-License-Identifier: Apache-2.0
#include "base/fetcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <span>
#include <utility>

#include "base/opener.h"

namespace taskcost {
namespace {

using opener::Message;

using Clock = std::chrono::steady_clock;

// A killed opener that hangs in the kernel stays until its file system answers: start no more than this many.
constexpr unsigned max_given_up = 8;

}  // namespace

struct Fetcher::Answer {
  opener::Head head;
  std::array<char, opener::inline_bytes> bytes;
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
    opener::run(theirs.get());
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
  opener::Request request;
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
  iovec question{&request, offsetof(opener::Request, path) + path.size() + 1};
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
  (void)ask(opener::kind_file, path, limits_.copied_bytes, look, answer);
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
  (void)ask(opener::kind_directory, path, 0, {}, answer);
  errno = answer.head.error;
  return std::move(answer.file);
}

std::optional<std::string> Fetcher::read_text(const std::string& path, std::size_t most) {
  const std::lock_guard lock(mutex_);
  Answer answer;
  if (!ask(opener::kind_text, path, most, {}, answer)) {
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
