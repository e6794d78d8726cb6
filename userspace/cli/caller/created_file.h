// SPDX-License-Identifier: Apache-2.0
//
// A file that is created before its content is known. It is removed again unless keep() was called: by the destructor,
// or by remove_unfinished() where the process ends without destructors.
#pragma once

#include <utility>

#include "base/fd.h"
#include "cli/caller/path_walk.h"

namespace taskcost {

class CreatedFile {
 public:
  // No file has the name of `end` yet.
  explicit CreatedFile(PathEnd end) : end_(std::move(end)) {}
  CreatedFile(const CreatedFile&) = delete;
  CreatedFile& operator=(const CreatedFile&) = delete;
  ~CreatedFile();

  // Creates the file, gives it to the user who ran sudo, and opens it with these flags. The Fd is empty, and errno set,
  // when that fails.
  Fd create(int flags);
  // The file stays when this object is destroyed.
  void keep();

  // Removes the files of all threads for which keep() was not called. It allocates nothing. No CreatedFile may be used
  // afterwards.
  static void remove_unfinished();

 private:
  void remember();
  void forget();
  void remove() const;

  PathEnd end_;
  bool unfinished_ = false;
  CreatedFile* previous_ = nullptr;  // in the list of unfinished files
  CreatedFile* next_ = nullptr;
};

}  // namespace taskcost
