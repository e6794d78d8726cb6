// SPDX-License-Identifier: Apache-2.0
//
// A file whose path an observed program chose.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "base/fetcher.h"

namespace taskcost {

class RegularFile {
 public:
  RegularFile() = default;
  // Closed, with errno set, if the file cannot be opened, is not regular (a FIFO does not block), or its file system
  // does not answer in time (fetcher.h).
  explicit RegularFile(const std::string& path, const FileLook& look = {});
  explicit RegularFile(int fd) : fd_(fd) {}
  RegularFile(RegularFile&& other) noexcept : fd_(other.release()), original_(other.original_) {}
  RegularFile& operator=(RegularFile&&) = delete;
  ~RegularFile();

  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release();
  [[nodiscard]] struct stat status() const;
  // True if this is a memfd with the content: a mapping of it has other numbers than one of the original.
  [[nodiscard]] bool is_copy() const { return original_.has_value(); }

 private:
  int fd_ = -1;
  std::optional<struct stat> original_;  // status of the file that a copy was made of
};

}  // namespace taskcost
