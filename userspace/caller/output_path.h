// SPDX-License-Identifier: Apache-2.0
//
// A file that is opened before anything is observed, so that nothing fails for its path afterwards. What is in it stays
// until clear(). One that was created here is the caller's, and is removed again unless keep() was called.
#pragma once

#include <string>

#include "caller/path_walk.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

class OutputPath {
 public:
  enum class Access { write, read_and_write };

  static Result<OutputPath> open(const std::string& path, Access access);
  OutputPath(OutputPath&&) = default;
  OutputPath& operator=(OutputPath&&) = delete;
  ~OutputPath();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Empties it. A pipe or a device has nothing to cut off.
  Status clear();
  void keep() { created_ = false; }
  // For `number` of errno.
  [[nodiscard]] Error error(int number) const;

 private:
  OutputPath(std::string path, PathEnd end, Fd fd);

  std::string path_;
  PathEnd end_;
  Fd fd_;
  bool created_ = false;
};

}  // namespace taskcost
