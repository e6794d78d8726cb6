// SPDX-License-Identifier: Apache-2.0
//
// Files whose paths an observed program chose.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

namespace taskcost {

class RegularFile {
 public:
  RegularFile() = default;
  // Closed when there is none, when it is no regular file (nothing blocks on a FIFO that stands there), or when its
  // file system does not answer in time (fetcher.h). errno tells.
  explicit RegularFile(const std::string& path);
  explicit RegularFile(int fd) : fd_(fd) {}
  RegularFile(RegularFile&& other) noexcept : fd_(other.release()), original_(other.original_) {}
  RegularFile& operator=(RegularFile&&) = delete;
  ~RegularFile();

  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release();
  [[nodiscard]] struct stat status() const;
  // Its content is in memory: mapped, it is another file.
  [[nodiscard]] bool is_copy() const { return original_.has_value(); }

 private:
  int fd_ = -1;
  std::optional<struct stat> original_;  // of a copy
};

}  // namespace taskcost
