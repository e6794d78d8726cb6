// SPDX-License-Identifier: Apache-2.0
#include "caller/output_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "caller/caller.h"

namespace taskcost {
namespace {

// By its descriptor: what has the name now may be another file.
Fd reopen(const Fd& found, int flags) { return Fd(open(fmt::format("/proc/self/fd/{}", found.get()).c_str(), flags)); }

Fd create(const PathEnd& end, int flags) {
  constexpr mode_t mode = 0644;
  Fd fd(openat(end.directory.get(), end.name.c_str(), flags | O_CREAT | O_EXCL, mode));
  if (const auto caller = caller_of_sudo(); fd && caller) {
    // Where a file system knows no owners, everybody who may use it may use the file.
    (void)!fchown(fd.get(), caller->uid, caller->gid);
  }
  return fd;
}

Error cannot_write(const std::string& path, int number) {
  return {fmt::format("cannot write '{}'", path), std::strerror(number), "name another file with -o"};
}

}  // namespace

OutputPath::OutputPath(std::string path, PathEnd end, Fd fd)
    : path_(std::move(path)), end_(std::move(end)), fd_(std::move(fd)), created_(!end_.found) {}

Result<OutputPath> OutputPath::open(const std::string& path, Access access) {
  const int flags = (access == Access::write ? O_WRONLY : O_RDWR) | O_CLOEXEC;
  auto end = walk_to(path);
  if (!end) {
    return end.error();
  }
  Fd fd = end->found ? reopen(end->found, flags) : create(*end, flags);
  if (!fd) {
    return cannot_write(path, errno);
  }
  return OutputPath(path, *std::move(end), std::move(fd));
}

OutputPath::~OutputPath() {
  if (fd_ && created_) {
    unlinkat(end_.directory.get(), end_.name.c_str(), 0);
  }
}

Status OutputPath::clear() {
  if (ftruncate(fd(), 0) != 0 && errno != EINVAL) {
    return error(errno);
  }
  lseek(fd(), 0, SEEK_SET);
  return Done{};
}

Error OutputPath::error(int number) const { return cannot_write(path_, number); }

}  // namespace taskcost
