// SPDX-License-Identifier: Apache-2.0
#include "symbols/regular_file.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace taskcost {

RegularFile::RegularFile(const std::string& path, const FileLook& look) {
  FetchedFile fetched = Fetcher::instance().open(path, look);
  fd_ = fetched.file.release();
  if (fetched.is_copy) {
    original_ = fetched.status;
  }
  errno = fetched.error;
}

RegularFile::~RegularFile() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

int RegularFile::release() { return std::exchange(fd_, -1); }

struct stat RegularFile::status() const {
  if (original_) {
    return *original_;
  }
  struct stat status {};
  fstat(fd_, &status);
  return status;
}

}  // namespace taskcost
