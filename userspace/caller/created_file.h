// SPDX-License-Identifier: Apache-2.0
//
// A file that is made before its content is known, and goes away again unless that came: with this object, or where the
// process ends without destructors.
#pragma once

#include <utility>

#include "caller/path_walk.h"
#include "taskcost/fd.h"

namespace taskcost {

class CreatedFile {
 public:
  // `end` names no file yet.
  explicit CreatedFile(PathEnd end) : end_(std::move(end)) {}
  CreatedFile(const CreatedFile&) = delete;
  CreatedFile& operator=(const CreatedFile&) = delete;
  ~CreatedFile();

  // Makes it, as the caller's, and opens it with these flags; empty with errno set when that fails.
  Fd create(int flags);
  // It stays.
  void keep();

  // All that no keep() was called for, of all threads. Allocates nothing. No such object is to be used afterwards.
  static void remove_unfinished();

 private:
  void remember();
  void forget();
  void remove() const;

  PathEnd end_;
  bool unfinished_ = false;
  CreatedFile* previous_ = nullptr;  // of the unfinished
  CreatedFile* next_ = nullptr;
};

}  // namespace taskcost
