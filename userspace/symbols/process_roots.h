// SPDX-License-Identifier: Apache-2.0
//
// The root directories of processes whose paths are not ours, because of chroot(2) or a mount namespace. They are kept
// open: paths can be looked up there when the processes have ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/fd.h"

namespace taskcost {

// nullptr: our own root.
using Root = std::shared_ptr<const Fd>;

// What FileLook::root takes.
inline int descriptor_of(const Root& root) { return root ? root->get() : -1; }

// The mount that an open file is on, and its inode. nullopt if the kernel does not say it. Asks no file system.
std::optional<std::pair<std::uint64_t, std::uint64_t>> read_place(int file);

class ProcessRoots {
 public:
  ProcessRoots();
  // `pid` is an id in the pid namespace of /proc. nullopt, with errno set: ENOENT if the process
  // has ended, EMFILE if too many roots are open.
  std::optional<Root> find(std::uint32_t pid);
  // True if the file is on the mount of our root, which stays mounted.
  [[nodiscard]] bool is_on_our_root(int file) const;

 private:
  using Place = std::pair<std::uint64_t, std::uint64_t>;

  std::optional<Place> ours_;
  std::map<Place, Root> others_;
};

}  // namespace taskcost
