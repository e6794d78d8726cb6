// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole file of /proc or /sys. Such a read can fail halfway, for example with ESRCH when the process has exited
// meanwhile: a stream iterator would throw then.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/fd.h"

namespace taskcost {

// Returns the bytes up to the first error; empty if the file cannot be opened.
inline std::string read_text(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t size = read(file.get(), part.data(), part.size());
    if (size > 0) {
      text.append(part.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      return text;
    }
  }
}

}  // namespace taskcost
