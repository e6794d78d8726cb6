// SPDX-License-Identifier: Apache-2.0
#include "symbols/process_roots.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>

#include "base/fetcher.h"

namespace taskcost {
namespace {

constexpr std::size_t max_roots = 64;  // an open root keeps its file system

}  // namespace

std::optional<std::pair<std::uint64_t, std::uint64_t>> read_place(int file) {
  constexpr unsigned wanted = STATX_MNT_ID | STATX_INO;
  struct statx status {};
  if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &status) != 0 ||
      (status.stx_mask & wanted) != wanted) {
    return std::nullopt;
  }
  return std::pair(status.stx_mnt_id, status.stx_ino);
}

ProcessRoots::ProcessRoots() {
  const Fd root(open("/", O_PATH | O_CLOEXEC));
  ours_ = read_place(root.get());
}

std::optional<Root> ProcessRoots::find(std::uint32_t pid) {
  Fd directory = Fetcher::instance().open_directory(fmt::format("/proc/{}/root", pid));
  const auto place = directory ? read_place(directory.get()) : std::nullopt;
  if (!place) {
    return std::nullopt;
  }
  if (place == ours_) {
    return Root();
  }
  const auto known = others_.find(*place);
  if (known != others_.end()) {
    return known->second;
  }
  if (others_.size() >= max_roots) {
    errno = EMFILE;
    return std::nullopt;
  }
  return others_.emplace(*place, std::make_shared<const Fd>(std::move(directory))).first->second;
}

bool ProcessRoots::is_on_our_root(int file) const {
  const auto place = read_place(file);
  return place && ours_ && place->first == ours_->first;
}

}  // namespace taskcost
