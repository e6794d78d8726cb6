// SPDX-License-Identifier: Apache-2.0
#include "symbols/regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace taskcost {

RegularFile::RegularFile(const std::string& path)
    : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
  if (fd_ >= 0 && !S_ISREG(status().st_mode)) {
    close(std::exchange(fd_, -1));
    errno = EINVAL;
  }
}

RegularFile::~RegularFile() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

int RegularFile::release() { return std::exchange(fd_, -1); }

struct stat RegularFile::status() const {
  struct stat status {};
  fstat(fd_, &status);
  return status;
}

}  // namespace taskcost
