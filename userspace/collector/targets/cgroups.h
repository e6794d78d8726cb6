// SPDX-License-Identifier: Apache-2.0
//
// Finds a cgroup's numbers in the kernel, for versions 1 and 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskcost {

struct CgroupId {
  std::uint64_t id = 0;         // unique within its hierarchy: the inode of its directory
  std::uint32_t hierarchy = 0;  // as in /proc/cgroups; 0: version 2
};

struct CgroupMount {
  std::string point;
  bool version2 = false;
  std::string options;  // of the mounted file system; version 1 names its controllers here
};

// The cgroup file systems in the text of /proc/self/mountinfo.
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);
// The number of the mounted hierarchy, from the text of /proc/self/cgroup; 0 for version 2. nullopt: it is not there.
std::optional<std::uint32_t> find_hierarchy(const CgroupMount& mount, std::string_view proc_cgroup);

// `path` is a directory in a cgroup file system, or a path relative to the root of a mounted hierarchy. Errors: no
// cgroup file system is mounted, or there is no such directory.
Result<CgroupId> find_cgroup(const std::string& path);

}  // namespace taskcost
