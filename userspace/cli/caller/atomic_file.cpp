// SPDX-License-Identifier: Apache-2.0
#include "cli/caller/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "cli/caller/created_file.h"
#include "cli/caller/path_walk.h"

namespace taskcost {
namespace {

Error cannot_write_file(const std::string& path, const std::string& why, const std::string& hint = "") {
  return {fmt::format("cannot write '{}'", path), why, hint};
}

// "make.tcap" -> "make.1.tcap"
std::string with_number(const std::string& path, unsigned number) {
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = path.rfind('.');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const std::size_t end = has_ending ? dot : path.size();
  return fmt::format("{}.{}{}", path.substr(0, end), number, path.substr(end));
}

// Fails with EEXIST if a file has the name. Some file systems have no such flag.
int rename_new(int directory, const char* from, const char* to) {
  if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return -1;
  }
  if (faccessat(directory, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return renameat(directory, from, directory, to);
}

}  // namespace

Result<AtomicFile> AtomicFile::open(const std::string& path) {
  auto end = walk_to(path);
  if (!end) {
    return end.error();
  }
  struct stat status {};
  if (end->found && (fstat(end->found.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
    return cannot_write_file(path, "it is not a regular file, which a complete one could replace", "name another file");
  }
  if (faccessat(end->directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return cannot_write_file(path, std::strerror(errno), "name another file");
  }
  return AtomicFile(path, std::move(end->directory), std::move(end->name));
}

Status AtomicFile::write_beside(const Write& write, const std::function<Status(const char*)>& rename) const {
  const std::string temporary = fmt::format(".{}.{}", name_, getpid());
  CreatedFile created(PathEnd{Fd(fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0)), temporary, Fd()});
  Fd file = created.create(O_RDWR | O_CLOEXEC);
  if (!file) {
    return cannot_write_file(path_, std::strerror(errno));
  }
  if (auto status = write(std::move(file)); !status) {
    return cannot_write_file(path_, status.error().why);
  }
  auto status = rename(temporary.c_str());
  if (status) {
    created.keep();
  }
  return status;
}

Status AtomicFile::replace(const Write& write) const {
  return write_beside(write, [this](const char* temporary) -> Status {
    return renameat(directory_.get(), temporary, directory_.get(), name_.c_str()) == 0
               ? Status(Done{})
               : cannot_write_file(path_, std::strerror(errno));
  });
}

Result<std::string> AtomicFile::add_numbered(const Write& write) {
  const auto status = write_beside(write, [this](const char* temporary) -> Status {
    while (rename_new(directory_.get(), temporary, with_number(name_, next_).c_str()) != 0) {
      if (errno != EEXIST) {
        return cannot_write_file(with_number(path_, next_), std::strerror(errno));
      }
      ++next_;
    }
    return Done{};
  });
  if (!status) {
    return status.error();
  }
  return with_number(path_, next_++);
}

}  // namespace taskcost
