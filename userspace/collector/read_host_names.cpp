// SPDX-License-Identifier: Apache-2.0
#include "collector/read_host_names.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "base/read_text.h"
#include "collector/targets/cgroups.h"

namespace taskcost {
namespace {

constexpr std::size_t most_names = 4096;       // wakers that are looked up: a file of /proc each
constexpr std::size_t most_cgroups = 100'000;  // directories that are visited

// A user without a name has an empty one, so that it is looked up once.
void add_user(HostNames& names, std::uint32_t uid) {
  const auto [entry, is_new] = names.users.try_emplace(std::to_string(uid));
  const passwd* const user = is_new ? getpwuid(uid) : nullptr;  // NOLINT(concurrency-mt-unsafe)
  if (user != nullptr) {
    entry->second = user->pw_name;
  }
}

bool has_cpu_controller(const CgroupMount& mount) {
  return !mount.version2 && ("," + mount.options + ",").find(",cpu,") != std::string::npos;
}

enum class Hierarchy { version2, of_cpu_controller };

// The id of a cgroup is the inode of its directory. A cgroup that was removed has no directory, and an empty path.
void add_cgroups(std::map<std::string, std::string>& paths, std::set<std::uint64_t> ids,
                 Hierarchy hierarchy = Hierarchy::version2) {
  std::erase_if(ids, [&paths](std::uint64_t id) { return id == 0 || !paths.try_emplace(std::to_string(id)).second; });
  if (ids.empty()) {
    return;
  }
  const auto mounts = parse_cgroup_mounts(read_text("/proc/self/mountinfo"));
  auto mount = mounts.end();
  if (hierarchy == Hierarchy::of_cpu_controller) {
    mount = std::ranges::find_if(mounts, has_cpu_controller);
  }
  if (mount == mounts.end()) {
    mount = std::ranges::find_if(mounts, &CgroupMount::version2);
  }
  if (mount == mounts.end()) {
    return;
  }
  const auto note = [&](const std::string& directory) {
    struct stat status {};
    if (stat(directory.c_str(), &status) == 0 && ids.erase(status.st_ino) > 0) {
      const std::string path = directory.substr(mount->point.size());
      paths[std::to_string(status.st_ino)] = path.empty() ? "/" : path;
    }
  };
  note(mount->point);
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(mount->point,
                                                   std::filesystem::directory_options::skip_permission_denied, error);
  for (std::size_t visited = 0; !error && at != end(at) && !ids.empty() && visited < most_cgroups;
       at.increment(error)) {
    if (at->is_directory(error) && !at->is_symlink(error)) {
      note(at->path().string());
      ++visited;
    }
  }
}

// The name in the text of /proc/TID/stat, "TID (NAME) STATE ...", if the task started before `boottime_ns`.
std::string name_if_older(const std::string& stat, std::uint64_t boottime_ns) {
  constexpr int start_time_at = 22;  // as proc(5) counts; the state is the third
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return "";
  }
  std::istringstream words(stat.substr(close + 1));
  std::string word;
  for (int at = 3; at < start_time_at; ++at) {
    words >> word;
  }
  std::uint64_t start = 0;
  constexpr std::uint64_t nanoseconds = 1'000'000'000;
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  // The start is rounded down to a tick.
  if (!(words >> start) || (start + 1) * (nanoseconds / ticks_per_second) > boottime_ns) {
    return "";
  }
  return stat.substr(open + 1, close - open - 1);
}

}  // namespace

HostNames read_host_names(const Session& session, std::optional<std::uint64_t> start_boottime_ns) {
  HostNames names;
  std::set<std::uint64_t> cgroups;
  for (const Process& process : session.processes) {
    cgroups.insert(process.cgroup_id);
    if (process.uid) {
      add_user(names, *process.uid);
    }
  }
  add_cgroups(names.cgroups, std::move(cgroups));
  std::set<std::uint64_t> with_quota;
  for (const CpuQuota& quota : session.cpu_quotas) {
    with_quota.insert(quota.cgroup_id);
  }
  add_cgroups(names.cpu_cgroups, std::move(with_quota), Hierarchy::of_cpu_controller);
  for_each_waker(session, [&](const Waker& waker) {
    if (waker.kind == Waker::Kind::unobserved && start_boottime_ns && names.wakers.size() < most_names) {
      const auto [entry, is_new] = names.wakers.try_emplace(std::to_string(waker.tid));
      if (is_new) {
        entry->second = name_if_older(read_text(fmt::format("/proc/{}/stat", waker.tid)), *start_boottime_ns);
      }
    }
  });
  return names;
}

void add_owner_names(HostNames& names, const std::vector<Glance::Task>& tasks) {
  std::set<std::uint64_t> cgroups;
  for (const Glance::Task& task : tasks) {
    cgroups.insert(task.cgroup);
    if (task.uid) {
      add_user(names, *task.uid);
    }
  }
  add_cgroups(names.cgroups, std::move(cgroups));
}

void update_cgroup_names(HostNames& names, const std::vector<Glance::Task>& tasks) {
  std::set<std::uint64_t> cgroups;
  for (const Glance::Task& task : tasks) {
    cgroups.insert(task.cgroup);
  }
  std::erase_if(names.cgroups, [&cgroups](const auto& name) { return !cgroups.contains(std::stoull(name.first)); });
  add_cgroups(names.cgroups, std::move(cgroups));
}

}  // namespace taskcost
