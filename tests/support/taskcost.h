// SPDX-License-Identifier: Apache-2.0
//
// The tool under test, from the outside: the binary, and its JSON report with accessors for tests.
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
std::string workload_binary();  // beside the tool
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

  // Pids are reused: this returns the last process with that pid that began before `before_ns`. nullptr if there is
  // none.
  [[nodiscard]] const Json* find(pid_t pid, std::int64_t before_ns = std::numeric_limits<std::int64_t>::max()) const;
  // The processes whose command line ends with `text`.
  [[nodiscard]] std::vector<const Json*> with_command(const std::string& text) const;
  // A process and all its descendants.
  [[nodiscard]] std::vector<const Json*> family(const Json& process) const;

 private:
  Json json_;
  std::map<std::uint64_t, std::vector<std::size_t>> children_;  // process id -> indices into processes()
};

// Sums over processes or tasks; -1 if one of them is null, which is not measured.
std::int64_t counter(const std::vector<const Json*>& processes, const std::string& name);
std::int64_t counter(const Json& process_or_task, const std::string& name);

// The bytes of a task's channels: "pipe in", "pipe out", and so on; -1 where they are unknown. Channels that nothing
// passed through are left out.
using BytesByChannel = std::map<std::string, std::int64_t>;
BytesByChannel bytes_by_channel(const Json& task);
std::size_t tasks_in(const std::vector<const Json*>& processes);
// The time of an account in one condition ("running_ns"), or in one activity ("sleep").
std::int64_t time_in_condition(const Json& account, const std::string& condition);
std::int64_t time_in_activity(const Json& account, const std::string& activity);

struct Observed {
  Finished finished;
  std::optional<Report> report;  // nullopt: there is none, or it is not JSON
};

// Runs `taskcost run OPTIONS -o FILE -- COMMAND`; the report's file is the tool's only output.
Observed observe(const Words& command, const Words& options = {}, const SpawnOptions& spawn = {});
// Runs `taskcost attach TARGET -o FILE`.
Words attach_command(const Words& target, const std::string& report_file);
std::optional<Report> read_report(const std::string& path);

// An observed command with its figures from wait4, by the program `waiter`, and those of its descendants that kept a
// log: the command has to write it to `own_log(directory)`.
struct WatchedRun {
  Observed observed;
  std::vector<Waited> waited;  // the first is the command itself
};
std::string own_log(const TemporaryDirectory& directory);
WatchedRun watch(const TemporaryDirectory& directory, const Words& command, const Words& options = {});

}  // namespace taskcost::test
