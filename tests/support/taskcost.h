// SPDX-License-Identifier: Apache-2.0
//
// The tool under test, from the outside: the binary, and its JSON report with the questions that tests ask of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/oracle.h"
#include "support/subprocess.h"

namespace taskcost::test {

// Paths of the tool and of a test program. The environment may name another build: TASKCOST_BINARY, TASKCOST_PROGRAMS.
std::string taskcost_binary();
std::string workload_binary();  // beside it
std::string program(const std::string& name);
Words tool(const Words& arguments);  // `taskcost ARGUMENTS`
std::string programs_directory();
std::string elf_directory();  // programs with known functions and paths

using Json = nlohmann::json;

class Report {
 public:
  explicit Report(Json json);

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] const Json& operator[](const char* key) const { return json_.at(key); }
  [[nodiscard]] const Json& processes() const { return json_.at("processes"); }
  [[nodiscard]] std::size_t task_count() const;

  // Pids are recycled: the last process of that number that began before `before_ns`. nullptr when there is none.
  [[nodiscard]] const Json* find(pid_t pid, std::int64_t before_ns = std::numeric_limits<std::int64_t>::max()) const;
  // The processes whose command line ends with `text`.
  [[nodiscard]] std::vector<const Json*> with_command(const std::string& text) const;
  // A process and all that descend from it.
  [[nodiscard]] std::vector<const Json*> family(const Json& process) const;

 private:
  Json json_;
  std::map<std::uint64_t, std::vector<std::size_t>> children_;  // process id -> indices into processes()
};

// Sums over processes or tasks; -1 when one of them says null: not measured is no number.
std::int64_t counter(const std::vector<const Json*>& processes, const std::string& name);
std::int64_t counter(const Json& process_or_task, const std::string& name);

// Bytes of a task's channels: "pipe in", "pipe out", and so on; -1 for those that are not known. Without channels that
// nothing passed through.
using BytesByChannel = std::map<std::string, std::int64_t>;
BytesByChannel bytes_by_channel(const Json& task);
std::size_t tasks_in(const std::vector<const Json*>& processes);
// Time of an account: in one condition ("running_ns"), or of one activity ("sleep").
std::int64_t time_in_condition(const Json& account, const std::string& condition);
std::int64_t time_in_activity(const Json& account, const std::string& activity);

struct Observed {
  Finished finished;
  std::optional<Report> report;  // nullopt: none was written, or it is no JSON
};

// `taskcost run OPTIONS -o FILE -- COMMAND`, nothing but the report's file from the tool itself.
Observed observe(const Words& command, const Words& options = {}, const SpawnOptions& spawn = {});
// `taskcost attach TARGET -o FILE`
Words attach_command(const Words& target, const std::string& report_file);
std::optional<Report> read_report(const std::string& path);

// An observed command with what wait4 said of it, by the program `waiter`, and of the processes below it that kept a
// log of their own: `own_log(directory)` is where the command has to write it.
struct WatchedRun {
  Observed observed;
  std::vector<Waited> waited;  // the first is the command itself
};
std::string own_log(const TemporaryDirectory& directory);
WatchedRun watch(const TemporaryDirectory& directory, const Words& command, const Words& options = {});

}  // namespace taskcost::test
