// SPDX-License-Identifier: Apache-2.0
//
// Follows a path to the file that is to be written, and to no file that somebody else chose.
#pragma once

#include <string>

#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost {

struct PathEnd {
  Fd directory;
  std::string name;  // in the directory
  Fd found;          // what has that name now, opened with O_PATH; empty: nothing
};

// Goes from directory to directory, so that nothing which is renamed meanwhile leads elsewhere. A directory is shared
// when others can write to it: by its mode, or because it is another user's (not root's, this process's or the caller's
// of sudo). Errors: what the kernel says; a symbolic link in a shared directory; an end in a shared directory that is
// no regular file, has other names, or is somebody else's.
Result<PathEnd> walk_to(const std::string& path);

}  // namespace taskcost
