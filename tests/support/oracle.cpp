// SPDX-License-Identifier: Apache-2.0
#include "support/oracle.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

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
