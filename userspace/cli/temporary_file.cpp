// SPDX-License-Identifier: Apache-2.0
#include "cli/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace taskcost {

std::string temporary_directory() {
  const char* const directory = std::getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

Result<Fd> open_temporary_file(const std::string& hint) {
  const std::string directory = temporary_directory();
  Fd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) {
    return Error{fmt::format("cannot create a temporary file in '{}'", directory), std::strerror(errno),
                 "set TMPDIR, or " + hint};
  }
  return file;
}

}  // namespace taskcost
