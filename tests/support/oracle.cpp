// SPDX-License-Identifier: Apache-2.0
#include "support/oracle.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <system_error>

namespace taskcost::test {

std::vector<Waited> read_wait_log(const std::string& path) {
  std::vector<Waited> entries;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    const auto number = [&json](const char* key) { return json.at(key).get<std::int64_t>(); };
    Waited entry;
    entry.pid = static_cast<pid_t>(number("pid"));
    entry.status = static_cast<int>(number("status"));
    entry.at_ns = number("at_ns");
    entry.voluntary_switches = number("voluntary_switches");
    entry.involuntary_switches = number("involuntary_switches");
    entry.faults_minor = number("faults_minor");
    entry.faults_major = number("faults_major");
    entry.cpu_us = number("user_us") + number("system_us");
    entries.push_back(entry);
  }
  return entries;
}

std::optional<std::int64_t> status_field(const std::string& directory, const std::string& field) {
  std::ifstream file(directory + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) {
      return std::strtoll(line.c_str() + field.size() + 1, nullptr, 10);
    }
  }
  return std::nullopt;
}

std::set<pid_t> tids_of(pid_t pid) {
  std::set<pid_t> tids;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ignored)) {
    tids.insert(static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10)));
  }
  return tids;
}

std::size_t descriptors_of(pid_t pid, const std::string& kind) {
  std::size_t count = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
    std::error_code closed;
    const std::string target = std::filesystem::read_symlink(entry.path(), closed);
    count += target.find("anon_inode:") == 0 && target.find(kind) != std::string::npos ? 1 : 0;
  }
  return count;
}

std::int64_t minor_faults_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat{std::istreambuf_iterator<char>(file), {}};
  // The name may contain any characters. After it: state, ppid, pgrp, session, tty_nr, tpgid, flags, minflt.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 0; i < 8; ++i) {
    fields >> field;
  }
  return std::strtoll(field.c_str(), nullptr, 10);
}

pid_t free_pid() {
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return child;
}

std::int64_t monotonic_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

bool thorough() {
  const char* value = std::getenv("TASKCOST_THOROUGH");  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace taskcost::test
