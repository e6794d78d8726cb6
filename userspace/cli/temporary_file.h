// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace taskcost {

// Where temporary files are: TMPDIR, or /tmp.
std::string temporary_directory();

// Opens a file without a name in that directory, for reading and writing. `hint` says how to do without it.
// Error: the file system has no room or no O_TMPFILE.
Result<Fd> open_temporary_file(const std::string& hint);

}  // namespace taskcost
