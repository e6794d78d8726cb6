// SPDX-License-Identifier: Apache-2.0
//
// A file that is opened before anything is observed, so that nothing fails for its path afterwards. What is in it stays
// until clear(). One that was created here is the caller's, and is removed again unless keep() was called.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "caller/created_file.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class OutputPath {
 public:
  enum class Access { write, read_and_write };

  static Result<OutputPath> open(const std::string& path, Access access);
  OutputPath(OutputPath&&) = default;
  OutputPath& operator=(OutputPath&&) = delete;
  ~OutputPath() = default;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Empties it. A pipe or a device has nothing to cut off.
  Status clear();
  void keep();
  // For `number` of errno.
  [[nodiscard]] Error error(int number) const;

 private:
  explicit OutputPath(std::string path) : path_(std::move(path)) {}

  std::string path_;
  Fd fd_;
  std::unique_ptr<CreatedFile> created_;  // nullptr: it was there before
};

}  // namespace taskcost
