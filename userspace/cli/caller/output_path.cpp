// SPDX-License-Identifier: Apache-2.0
#include "cli/caller/output_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/caller/path_walk.h"

namespace taskcost {
namespace {

// Opens the file by its descriptor, because another file may have its name by now.
Fd reopen(const Fd& found, int flags) { return Fd(open(fmt::format("/proc/self/fd/{}", found.get()).c_str(), flags)); }

Error cannot_write(const std::string& path, int number) {
  return {fmt::format("cannot write '{}'", path), std::strerror(number), "name another file"};
}

}  // namespace

Result<OutputPath> OutputPath::open(const std::string& path, Access access) {
  const int flags = (access == Access::write ? O_WRONLY : O_RDWR) | O_CLOEXEC;
  auto end = walk_to(path);
  if (!end) {
    return end.error();
  }
  OutputPath output(path);
  if (end->found) {
    output.fd_ = reopen(end->found, flags);
  } else {
    output.created_ = std::make_unique<CreatedFile>(*std::move(end));
    output.fd_ = output.created_->create(flags);
  }
  if (!output.fd_) {
    return cannot_write(path, errno);
  }
  return output;
}

Status OutputPath::clear() {
  if (ftruncate(fd(), 0) != 0 && errno != EINVAL) {
    return error(errno);
  }
  lseek(fd(), 0, SEEK_SET);
  return Done{};
}

void OutputPath::keep() {
  if (created_) {
    created_->keep();
  }
}

Error OutputPath::error(int number) const { return cannot_write(path_, number); }

}  // namespace taskcost
