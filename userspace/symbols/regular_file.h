// SPDX-License-Identifier: Apache-2.0
//
// Files whose paths an observed program chose.
#pragma once

#include <sys/stat.h>

#include <string>

namespace taskcost {

class RegularFile {
 public:
  RegularFile() = default;
  // Closed when there is none, or when it is no regular file: nothing blocks on a FIFO that stands there. errno tells.
  explicit RegularFile(const std::string& path);
  explicit RegularFile(int fd) : fd_(fd) {}
  RegularFile(RegularFile&& other) noexcept : fd_(other.release()) {}
  RegularFile& operator=(RegularFile&&) = delete;
  ~RegularFile();

  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release();
  [[nodiscard]] struct stat status() const;

 private:
  int fd_ = -1;
};

}  // namespace taskcost
