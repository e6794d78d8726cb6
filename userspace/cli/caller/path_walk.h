// SPDX-License-Identifier: Apache-2.0
//
// Follows a path to the file to be written, and refuses paths that another user may have redirected.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace taskcost {

struct PathEnd {
  Fd directory;
  std::string name;  // in the directory
  Fd found;          // the file that has the name now, opened with O_PATH; empty: no file has it
};

// Opens one directory after the other, so that a rename in between cannot lead elsewhere. A directory is shared when
// other users can write to it: by its mode, or because it belongs to another user than root, this process's user, or
// the one who ran sudo. Errors: the kernel's; a symbolic link in a shared directory; a file in a shared directory that
// is not regular, has hard links, or belongs to another user.
Result<PathEnd> walk_to(const std::string& path);

}  // namespace taskcost
