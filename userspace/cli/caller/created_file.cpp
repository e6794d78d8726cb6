// SPDX-License-Identifier: Apache-2.0
#include "cli/caller/created_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>

#include "base/caller.h"

namespace taskcost {
namespace {

std::mutex mutex;  // protects the list of unfinished files
CreatedFile* first_unfinished = nullptr;

}  // namespace

CreatedFile::~CreatedFile() {
  if (unfinished_) {
    remove();
    forget();
  }
}

Fd CreatedFile::create(int flags) {
  constexpr mode_t mode = 0644;
  Fd fd(openat(end_.directory.get(), end_.name.c_str(), flags | O_CREAT | O_EXCL, mode));
  if (!fd) {
    return fd;
  }
  remember();
  if (const auto caller = caller_of_sudo()) {
    // This fails on file systems without owners, such as vfat: access is the same for all their files there.
    (void)!fchown(fd.get(), caller->uid, caller->gid);
  }
  return fd;
}

void CreatedFile::keep() {
  if (unfinished_) {
    forget();
  }
}

void CreatedFile::remove_unfinished() {
  const std::lock_guard lock(mutex);
  for (const CreatedFile* file = first_unfinished; file != nullptr; file = file->next_) {
    file->remove();
  }
}

void CreatedFile::remember() {
  const std::lock_guard lock(mutex);
  unfinished_ = true;
  next_ = first_unfinished;
  if (next_ != nullptr) {
    next_->previous_ = this;
  }
  first_unfinished = this;
}

void CreatedFile::forget() {
  const std::lock_guard lock(mutex);
  unfinished_ = false;
  (previous_ != nullptr ? previous_->next_ : first_unfinished) = next_;
  if (next_ != nullptr) {
    next_->previous_ = previous_;
  }
}

void CreatedFile::remove() const { unlinkat(end_.directory.get(), end_.name.c_str(), 0); }

}  // namespace taskcost
