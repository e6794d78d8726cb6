// SPDX-License-Identifier: Apache-2.0
#include "base/caller.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.h"

namespace taskcost {
namespace {

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::optional<unsigned> number_from_environment(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr ? parse_number(text) : std::nullopt;
}

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

std::optional<Caller> caller_of_sudo() {
  const auto uid = number_from_environment("SUDO_UID");
  const auto gid = number_from_environment("SUDO_GID");
  if (geteuid() != 0 || !uid || !gid || *uid == 0) {
    return std::nullopt;
  }
  return Caller{*uid, *gid};
}

Status check_no_borrowed_rights() {
  if (getuid() == geteuid() && getgid() == getegid()) {
    return Done{};
  }
  return Error{"cannot run with a set-user-ID or set-group-ID bit",
               "it would run commands and write files with privileges that the caller does not have",
               "chmod ug-s taskcost, then: sudo setcap cap_bpf,cap_perfmon+ep taskcost"};
}

void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_open(stream)) {
      // open() returns the lowest free number, which is this stream's.
      (void)Fd(open("/dev/null", O_PATH | O_CLOEXEC)).release();
    }
  }
}

std::vector<int> open_descriptors() {
  std::vector<int> descriptors;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    if (const auto fd = parse_number(entry.path().filename().native())) {
      descriptors.push_back(static_cast<int>(*fd));
    }
  }
  // The descriptor of the iterator itself was listed, and is closed by now.
  std::erase_if(descriptors, [](int fd) { return !is_open(fd); });
  return descriptors;
}

}  // namespace taskcost
