// SPDX-License-Identifier: Apache-2.0
#include "cli/output_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace taskcost {
namespace {

Error cannot_write(const std::string& path, int number) {
  return {fmt::format("cannot write '{}'", path), std::strerror(number), "name another file with -o"};
}

}  // namespace

OutputPath::OutputPath(std::string path, Fd fd, bool created)
    : path_(std::move(path)), fd_(std::move(fd)), created_(created) {}

Result<OutputPath> OutputPath::open(const std::string& path, Access access) {
  constexpr mode_t mode = 0644;
  const int flags = (access == Access::write ? O_WRONLY : O_RDWR) | O_CLOEXEC;
  Fd fd(::open(path.c_str(), flags | O_CREAT | O_EXCL, mode));
  const bool created = static_cast<bool>(fd);
  if (!fd && errno == EEXIST) {
    fd = Fd(::open(path.c_str(), flags));
  }
  if (!fd) {
    return cannot_write(path, errno);
  }
  return OutputPath(path, std::move(fd), created);
}

OutputPath::~OutputPath() {
  if (fd_ && created_) {
    unlink(path_.c_str());
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
