// SPDX-License-Identifier: Apache-2.0
//
// Cgroups as the kernel numbers them, version 1 and 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/result.h"

namespace taskcost {

struct CgroupId {
  std::uint64_t id = 0;         // within its hierarchy
  std::uint32_t hierarchy = 0;  // 0: version 2
};

struct CgroupMount {
  std::string point;
  bool version2 = false;
  std::string options;  // of the file system: names its controllers
};

// Of the text of /proc/self/mountinfo.
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);
// The number of a version 1 hierarchy, by the text of /proc/self/cgroup.
std::optional<std::uint32_t> hierarchy_of(const CgroupMount& mount, std::string_view proc_cgroup);

// `path`: a directory in a cgroup file system, or a path below the root of a mounted hierarchy.
Result<CgroupId> find_cgroup(const std::string& path);

}  // namespace taskcost
