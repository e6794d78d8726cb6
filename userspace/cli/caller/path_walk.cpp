// SPDX-License-Identifier: Apache-2.0
#include "cli/caller/path_walk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "base/caller.h"

namespace taskcost {
namespace {

constexpr int max_links = 40;  // MAXSYMLINKS of the kernel

struct stat stat_fd(const Fd& fd) {
  struct stat status {};
  fstat(fd.get(), &status);
  return status;
}

bool is_link(const Fd& fd) { return S_ISLNK(stat_fd(fd).st_mode); }

// The text of a link in /proc, such as /proc/self/fd/1, need not be a path: only the kernel can follow it.
bool is_on_procfs(const Fd& fd) {
  struct statfs system {};
  return fstatfs(fd.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

bool is_ours(uid_t uid) {
  const auto caller = caller_of_sudo();
  return uid == geteuid() || (caller && uid == caller->uid);
}

bool is_shared(const struct stat& directory) {
  const bool writable = (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return writable || (directory.st_uid != 0 && !is_ours(directory.st_uid));
}

std::string read_link(const Fd& link) {
  std::string text(PATH_MAX, '\0');
  const ssize_t size = readlinkat(link.get(), "", text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

class Walk {
 public:
  explicit Walk(const std::string& path) : path_(path) { prepend(path); }

  Result<PathEnd> to_end() {
    while (true) {
      const std::string name = take_name();
      const bool last = rest_.empty();
      Fd found = open_name(name, O_NOFOLLOW);
      if (!found) {
        return last && errno == ENOENT ? Result<PathEnd>(PathEnd{std::move(directory_), name, Fd()}) : failure(errno);
      }
      if (is_link(found)) {
        if (!is_on_procfs(found)) {
          if (auto status = follow(name, found); !status) {
            return status.error();
          }
          continue;
        }
        found = open_name(name, 0);
      } else if (last) {
        if (auto status = check_end(stat_fd(found)); !status) {
          return status.error();
        }
      }
      if (last || !found) {
        return found ? Result<PathEnd>(PathEnd{std::move(directory_), name, std::move(found)}) : failure(errno);
      }
      directory_ = std::move(found);
    }
  }

 private:
  void prepend(const std::string& path) {
    rest_ = path + (rest_.empty() ? "" : "/" + rest_);
    if (path.starts_with('/')) {
      directory_ = Fd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    } else if (!directory_) {
      directory_ = Fd(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
  }

  [[nodiscard]] Fd open_name(const std::string& name, int flags) const {
    return Fd(openat(directory_.get(), name.c_str(), O_PATH | O_CLOEXEC | flags));
  }

  // A path that ends with a slash names a directory: "a/" is taken as "a/.".
  std::string take_name() {
    constexpr char slash = '/';
    const std::size_t begin = std::min(rest_.find_first_not_of(slash), rest_.size());
    const std::size_t end = std::min(rest_.find(slash, begin), rest_.size());
    const std::size_t next = rest_.find_first_not_of(slash, end);
    std::string name = begin < end ? rest_.substr(begin, end - begin) : ".";
    const bool ends_with_slash = next == std::string::npos && end < rest_.size();
    rest_ = next != std::string::npos ? rest_.substr(next) : ends_with_slash ? "." : "";
    return name;
  }

  Status follow(const std::string& name, const Fd& link) {
    if (is_shared(stat_fd(directory_))) {
      return refusal(fmt::format("'{}' is a symbolic link", name));
    }
    if (++links_ > max_links) {
      return failure(ELOOP);
    }
    prepend(read_link(link));
    return Done{};
  }

  Status check_end(const struct stat& file) const {
    if (S_ISDIR(file.st_mode) || !is_shared(stat_fd(directory_))) {
      return Done{};
    }
    if (!S_ISREG(file.st_mode)) {
      return refusal("it is not a regular file");
    }
    if (file.st_nlink > 1) {
      return refusal("it has other names (hard links)");
    }
    return is_ours(file.st_uid) ? Status(Done{}) : refusal("it belongs to another user");
  }

  [[nodiscard]] Error refusal(const std::string& what) const {
    return {fmt::format("cannot write '{}'", path_), what + " in a directory that others can write to",
            "name a file in a directory of your own with -o"};
  }
  [[nodiscard]] Error failure(int error) const {
    return {fmt::format("cannot write '{}'", path_), std::strerror(error), "name another file"};
  }

  const std::string& path_;
  std::string rest_;
  Fd directory_;
  int links_ = 0;
};

}  // namespace

Result<PathEnd> walk_to(const std::string& path) { return Walk(path).to_end(); }

}  // namespace taskcost
