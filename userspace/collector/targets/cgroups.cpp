// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/cgroups.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/read_text.h"

namespace taskcost {
namespace {

std::set<std::string> split_list(std::string_view list) {
  std::set<std::string> words;
  std::istringstream in{std::string(list)};
  for (std::string word; std::getline(in, word, ',');) {
    words.insert(word);
  }
  return words;
}

bool is_below(const std::string& path, const std::string& mount) {
  return path == mount || (path.starts_with(mount) && path[mount.size()] == '/');
}

const CgroupMount* find_mount(const std::string& path, const std::vector<CgroupMount>& mounts) {
  const CgroupMount* longest = nullptr;
  for (const CgroupMount& mount : mounts) {
    if (is_below(path, mount.point) && (longest == nullptr || mount.point.size() > longest->point.size())) {
      longest = &mount;
    }
  }
  return longest;
}

// `path` itself where it lies in a cgroup file system, else `path` in the first hierarchy that has it, version 2 first.
std::optional<std::string> resolve_directory(const std::string& path, const std::vector<CgroupMount>& mounts) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(path, error);
  if (!error && find_mount(resolved, mounts) != nullptr) {
    return resolved.string();
  }
  for (const bool version2 : {true, false}) {
    for (const CgroupMount& mount : mounts) {
      if (mount.version2 == version2) {
        const auto below = std::filesystem::canonical(mount.point + "/" + path, error);
        if (!error && is_below(below, mount.point)) {
          return below.string();
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    std::string point;
    constexpr int point_at = 5;
    for (int i = 0; i < point_at && words >> word; ++i) {
      point = word;
    }
    while (words >> word && word != "-") {
    }
    std::string type;
    std::string source;
    std::string options;
    if (words >> type >> source >> options && (type == "cgroup" || type == "cgroup2")) {
      mounts.push_back({point, type == "cgroup2", options});
    }
  }
  return mounts;
}

std::optional<std::uint32_t> find_hierarchy(const CgroupMount& mount, std::string_view proc_cgroup) {
  if (mount.version2) {
    return 0;
  }
  const std::set<std::string> has = split_list(mount.options);
  std::istringstream lines{std::string(proc_cgroup)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const auto controllers = split_list(line.substr(first + 1, second - first - 1));
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + first, number);
    if (!controllers.empty() && parsed.ec == std::errc() && has.contains(*controllers.begin())) {
      return number;
    }
  }
  return std::nullopt;
}

Result<CgroupId> find_cgroup(const std::string& path) {
  const auto mounts = parse_cgroup_mounts(read_text("/proc/self/mountinfo"));
  const std::string what = fmt::format("cannot observe the cgroup '{}'", path);
  const char* hint = "name a directory below /sys/fs/cgroup";
  if (mounts.empty()) {
    return Error{what, "no cgroup file system is mounted", "mount -t cgroup2 none /sys/fs/cgroup"};
  }
  const auto directory = resolve_directory(path, mounts);
  struct stat status {};
  if (!directory || stat(directory->c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return Error{what, "there is no such directory in a cgroup file system", hint};
  }
  const CgroupMount* mount = find_mount(*directory, mounts);
  const auto hierarchy = find_hierarchy(*mount, read_text("/proc/self/cgroup"));
  if (!hierarchy) {
    return Error{what, fmt::format("the kernel has no hierarchy for {}", mount->point), hint};
  }
  return CgroupId{status.st_ino, *hierarchy};
}

}  // namespace taskcost
