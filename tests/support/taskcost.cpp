// SPDX-License-Identifier: Apache-2.0
#include "support/taskcost.h"

#include <cstdlib>
#include <utility>

namespace taskcost::test {

namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr ? value : otherwise;
}

const Json& account_of(const Json& process_or_task) {
  return process_or_task.contains("total") ? process_or_task.at("total") : process_or_task.at("account");
}

}  // namespace

std::string taskcost_binary() { return from_environment("TASKCOST_BINARY", TASKCOST_BINARY); }
std::string programs_directory() { return from_environment("TASKCOST_PROGRAMS", TASKCOST_PROGRAMS); }
std::string elf_directory() { return from_environment("TASKCOST_ELF_DIR", TASKCOST_ELF_DIR); }
std::string program(const std::string& name) { return programs_directory() + "/" + name; }

Words tool(const Words& arguments) {
  Words words{taskcost_binary()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Report::Report(Json json) : json_(std::move(json)) {
  for (std::size_t i = 0; i < processes().size(); ++i) {
    const Json& parent = processes()[i].at("parent");
    if (!parent.is_null()) {
      children_[parent.get<std::uint64_t>()].push_back(i);
    }
  }
}

std::string workload_binary() {
  const std::string tool = taskcost_binary();
  return tool.substr(0, tool.rfind('/')) + "/taskcost-workload";
}

std::size_t Report::task_count() const {
  std::size_t count = 0;
  for (const Json& process : processes()) {
    count += process.at("tasks").size();
  }
  return count;
}

const Json* Report::find(pid_t pid, std::int64_t before_ns) const {
  const Json* found = nullptr;
  for (const Json& process : processes()) {
    const auto start = process.at("start_ns").get<std::int64_t>();
    if (process.at("tgid") == pid && start < before_ns &&
        (found == nullptr || start > found->at("start_ns").get<std::int64_t>())) {
      found = &process;
    }
  }
  return found;
}

std::vector<const Json*> Report::with_command(const std::string& text) const {
  std::vector<const Json*> found;
  for (const Json& process : processes()) {
    if (process.at("command").get<std::string>().ends_with(text)) {
      found.push_back(&process);
    }
  }
  return found;
}

std::vector<const Json*> Report::family(const Json& process) const {
  std::vector<const Json*> members{&process};
  for (std::size_t next = 0; next < members.size(); ++next) {
    const auto children = children_.find(members[next]->at("id").get<std::uint64_t>());
    if (children == children_.end()) {
      continue;
    }
    for (const std::size_t child : children->second) {
      members.push_back(&processes()[child]);
    }
  }
  return members;
}

std::int64_t counter(const Json& process_or_task, const std::string& name) {
  const Json& value = account_of(process_or_task).at("counters").at(name);
  return value.is_null() ? -1 : value.get<std::int64_t>();
}

BytesByChannel bytes_by_channel(const Json& task) {
  BytesByChannel sums;
  for (const auto& [channel, use] : task.at("account").at("ipc").items()) {
    const auto in = use.at("bytes_in").is_null() ? -1 : use.at("bytes_in").get<std::int64_t>();
    const auto out = use.at("bytes_out").is_null() ? -1 : use.at("bytes_out").get<std::int64_t>();
    if (in != 0 || out != 0) {
      sums[channel + " in"] = in;
      sums[channel + " out"] = out;
    }
  }
  return sums;
}

std::int64_t counter(const std::vector<const Json*>& processes, const std::string& name) {
  std::int64_t sum = 0;
  for (const Json* process : processes) {
    const std::int64_t value = counter(*process, name);
    if (value < 0) {
      return -1;
    }
    sum += value;
  }
  return sum;
}

std::size_t tasks_in(const std::vector<const Json*>& processes) {
  std::size_t count = 0;
  for (const Json* process : processes) {
    count += process->at("tasks").size();
  }
  return count;
}

std::int64_t time_in_condition(const Json& account, const std::string& condition) {
  std::int64_t sum = 0;
  for (const auto& activity : account.at("activities")) {
    sum += activity.at(condition).get<std::int64_t>();
  }
  return sum;
}

std::int64_t time_in_activity(const Json& account, const std::string& activity) {
  std::int64_t sum = 0;
  for (const char* condition : {"running_ns", "preempted_ns", "runnable_ns", "blocked_ns"}) {
    sum += account.at("activities").at(activity).at(condition).get<std::int64_t>();
  }
  return sum;
}

std::optional<Report> read_report(const std::string& path) {
  Json json = Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.contains("processes")) {
    return std::nullopt;
  }
  return Report(std::move(json));
}

Observed observe(const Words& command, const Words& options, const SpawnOptions& spawn) {
  const TemporaryDirectory directory;
  Words words{taskcost_binary(), "run", "--format", "none", "-o", directory.file("r.json")};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  Finished finished = run(words, spawn, std::chrono::minutes(4));
  return {std::move(finished), read_report(directory.file("r.json"))};
}

Words attach_command(const Words& target, const std::string& report_file) {
  Words words{taskcost_binary(), "attach", "--format", "none", "-o", report_file};
  words.insert(words.end(), target.begin(), target.end());
  return words;
}

std::string own_log(const TemporaryDirectory& directory) { return directory.file("own.log"); }

WatchedRun watch(const TemporaryDirectory& directory, const Words& command, const Words& options) {
  const std::string log = directory.file("waiter.log");
  Words words{program("waiter"), log};
  words.insert(words.end(), command.begin(), command.end());
  WatchedRun result{observe(words, options), read_wait_log(log)};
  for (const std::string& path : {own_log(directory), own_log(directory) + ".inner"}) {
    const std::vector<Waited> more = read_wait_log(path);
    result.waited.insert(result.waited.end(), more.begin(), more.end());
  }
  return result;
}

}  // namespace taskcost::test
