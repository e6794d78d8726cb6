// SPDX-License-Identifier: Apache-2.0
#include "symbols/jit_processes.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>

#include "base/fetcher.h"
#include "symbols/file_times.h"

namespace taskcost {
namespace {

constexpr std::size_t longest_text = 65536;
constexpr std::size_t max_starts = 65536;

// The words behind a line's name in /proc/PID/status.
std::istringstream words_behind(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) {
    return std::istringstream();
  }
  const std::size_t begin = at + name.size() + 2;
  return std::istringstream(status.substr(begin, status.find('\n', begin) - begin));
}

// The start of a process on CLOCK_MONOTONIC, from the text of /proc/PID/stat: "PID (NAME) STATE ...".
bool read_start(const std::string& stat, std::int64_t& start_ns) {
  constexpr int start_time_at = 22;  // as proc(5) counts; the state is the third
  const std::size_t close = stat.rfind(')');
  if (close == std::string::npos) {
    return false;
  }
  std::istringstream words(stat.substr(close + 1));
  std::string word;
  for (int at = 3; at < start_time_at; ++at) {
    words >> word;
  }
  std::int64_t ticks = 0;
  if (!(words >> ticks)) {
    return false;
  }
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  start_ns =
      ticks * (nanoseconds / sysconf(_SC_CLK_TCK)) - read_clock_ns(CLOCK_BOOTTIME) + read_clock_ns(CLOCK_MONOTONIC);
  return true;
}

}  // namespace

bool may_be_compiled(const std::string& mapped_path) {
  return mapped_path == "//anon" || mapped_path.starts_with("/memfd:") || mapped_path.starts_with("/dev/zero") ||
         mapped_path.starts_with("/anon_hugepage");
}

bool JitProcesses::read(std::uint32_t pid, Process& process) {
  Fetcher& fetcher = Fetcher::instance();
  const auto status = fetcher.read_text(fmt::format("/proc/{}/status", pid), longest_text);
  const auto stat = fetcher.read_text(fmt::format("/proc/{}/stat", pid), longest_text);
  if (!status || !stat || !read_start(*stat, process.start_ns)) {
    return false;
  }
  // One pid for each namespace, from that of /proc down to its own.
  std::istringstream pids = words_behind(*status, "NSpid");
  for (std::uint32_t each = 0; pids >> each;) {
    process.inner_pid = each;
  }
  std::istringstream users = words_behind(*status, "Uid");
  for (uid_t& user : process.users) {
    users >> user;
  }
  return process.inner_pid != 0 && !users.fail();
}

std::uint32_t JitProcesses::find(std::uint32_t pid, ProcessRoots& roots) {
  if (const auto known = numbers_.find(pid); known != numbers_.end()) {
    return known->second;
  }
  Process process;
  const auto root = roots.find(pid);
  if (processes_.size() >= max_processes || !root || !read(pid, process)) {
    return 0;
  }
  // An exec changes no start time.
  if (const auto start = starts_.find(pid); start != starts_.end()) {
    process.start_ns = std::max(process.start_ns, start->second);
  }
  process.root = *root;
  processes_.push_back(std::move(process));
  return numbers_[pid] = static_cast<std::uint32_t>(processes_.size());
}

void JitProcesses::forget(std::uint32_t pid, std::uint64_t at_ns) {
  numbers_.erase(pid);
  if (starts_.size() >= max_starts) {
    starts_.clear();
  }
  starts_[pid] = static_cast<std::int64_t>(at_ns);
}

RegularFile JitProcesses::open_map(std::uint32_t number) const {
  if (number == 0 || number > processes_.size()) {
    return {};
  }
  const auto process = processes_.begin() + (number - 1);
  const bool is_taken = std::any_of(process + 1, processes_.end(), [&](const Process& later) {
    return later.inner_pid == process->inner_pid && later.root == process->root;
  });
  if (is_taken) {
    return {};
  }
  // The link of an observed program could lead to a file that its user cannot read.
  RegularFile file(fmt::format("/tmp/perf-{}.map", process->inner_pid),
                   {.root = descriptor_of(process->root), .no_follow = true});
  if (!file) {
    return {};
  }
  const struct stat status = file.status();
  constexpr std::int64_t tick_ns = 10'000'000;  // the times of files are those of the last tick
  const bool is_owners = status.st_uid == 0 || std::ranges::count(process->users, status.st_uid) > 0;
  if (!is_owners || status.st_nlink != 1 || to_monotonic_ns(status.st_mtim) + tick_ns < process->start_ns) {
    return {};
  }
  return file;
}

}  // namespace taskcost
