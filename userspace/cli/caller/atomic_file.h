// SPDX-License-Identifier: Apache-2.0
//
// A file that gets its name only when it is complete: it is written under another name in the same directory, and
// renamed. It belongs to the user who ran sudo.
#pragma once

#include <functional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace taskcost {

class AtomicFile {
 public:
  // Errors: those of walk_to(); the path is a file that is not regular; nothing can be written beside it.
  static Result<AtomicFile> open(const std::string& path);

  // Writes to an empty file, and closes it.
  using Write = std::function<Status(Fd)>;
  // Replaces the file at the path. Errors: that of `write`, or the kernel's; nothing has changed then.
  Status replace(const Write& write) const;
  // Makes a file with the next number that no file has: FILE.1.tcap beside FILE.tcap. Returns its path.
  Result<std::string> add_numbered(const Write& write);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  AtomicFile(std::string path, Fd directory, std::string name)
      : path_(std::move(path)), directory_(std::move(directory)), name_(std::move(name)) {}

  // `rename` gives the file its name.
  Status write_beside(const Write& write, const std::function<Status(const char* temporary)>& rename) const;

  std::string path_;
  Fd directory_;
  std::string name_;
  unsigned next_ = 1;
};

}  // namespace taskcost
