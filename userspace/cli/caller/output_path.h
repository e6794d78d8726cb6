// SPDX-License-Identifier: Apache-2.0
//
// An output file, opened before the observation, so that a bad path fails before and not after it. The old content
// stays until clear(). A file that was created here belongs to the user who ran sudo, and is removed again unless
// keep() was called.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "cli/caller/created_file.h"

namespace taskcost {

class OutputPath {
 public:
  enum class Access { write, read_and_write };

  static Result<OutputPath> open(const std::string& path, Access access);
  OutputPath(OutputPath&&) = default;
  OutputPath& operator=(OutputPath&&) = delete;
  ~OutputPath() = default;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Truncates the file and rewinds it. A pipe or a device has nothing to truncate; that is no error.
  Status clear();
  void keep();
  // The error for a write that failed with this errno.
  [[nodiscard]] Error error(int number) const;

 private:
  explicit OutputPath(std::string path) : path_(std::move(path)) {}

  std::string path_;
  Fd fd_;
  std::unique_ptr<CreatedFile> created_;  // nullptr: the file existed before
};

}  // namespace taskcost
