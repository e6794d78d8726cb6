// SPDX-License-Identifier: Apache-2.0
//
// Sums of tasks by what they have in common: they add up to their members and to the totals, and the user, the cgroup
// and the names of wakers are those of /proc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "support/expect.h"
#include "support/subprocess.h"
#include "support/taskcost.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

const Words keys = {"comm", "cmdline", "thread", "tree", "user", "cgroup"};

// The numbers of an account by their path; nullopt: null.
using Figures = std::map<std::string, std::optional<std::int64_t>>;

void collect(const Json& value, const std::string& path, Figures& figures) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      collect(member, path + "/" + key, figures);
    }
  } else if (value.is_array()) {  // creations
    for (const Json& element : value) {
      collect(element, path + "/" + element.at("kind").get<std::string>(), figures);
    }
  } else if (value.is_number()) {
    figures[path] = value.get<std::int64_t>();
  } else if (value.is_null()) {
    figures[path] = std::nullopt;
  }
}

// The sum of accounts. It lacks a figure that one of them lacks, except for creations, which count their cases.
class Sum {
 public:
  void add(const Json& account) {
    Figures more;
    collect(account, "", more);
    for (const auto& [path, figure] : more) {
      const auto [entry, is_new] = figures_.try_emplace(path, figure);
      if (is_new) {
        continue;
      }
      std::optional<std::int64_t>& sum = entry->second;
      if (sum && figure) {
        *sum += *figure;
      } else if (path.starts_with("/creations/")) {
        sum = sum ? sum : figure;
      } else {
        sum.reset();
      }
    }
  }
  // Figures that are 0 may be missing on either side.
  [[nodiscard]] Figures figures() const {
    Figures figures = figures_;
    const bool no_stats = figures.contains("/task_stats");
    std::erase_if(figures, [no_stats](const auto& each) {
      return each.second == 0 || (no_stats && each.first.starts_with("/task_stats/"));
    });
    return figures;
  }

 private:
  Figures figures_;
};

Figures figures_of(const Json& account) {
  Sum sum;
  sum.add(account);
  return sum.figures();
}

std::string pattern_of(const std::string& comm) {
  std::string pattern;
  for (const char c : comm) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit || pattern.empty() || pattern.back() != '*') {
      pattern += digit ? '*' : c;
    }
  }
  return pattern;
}

// Returns the key of a member; for a tree, the process that is a child of the first one, or that one.
std::string key_of_member(const Report& report, const std::string& by, const Json& process, const Json& task) {
  if (by == "comm") {
    return process.at("comm");
  }
  if (by == "cmdline") {
    const std::string command = process.at("command");
    return command.empty() ? "[" + process.at("comm").get<std::string>() + "]" : command;
  }
  if (by == "thread") {
    return pattern_of(task.at("comm"));
  }
  if (by == "user") {
    return process.at("user").is_null() ? std::to_string(process.at("uid").get<int>())
                                        : process.at("user").get<std::string>();
  }
  if (by == "cgroup") {
    return process.at("cgroup");
  }
  const auto parent_of = [&](const Json& child) -> const Json* {
    for (const Json& each : report.processes()) {
      if (each.at("id") == child.at("parent")) {
        return &each;
      }
    }
    return nullptr;
  };
  const Json* top = &process;
  for (const Json* parent = parent_of(*top); parent != nullptr && parent_of(*parent) != nullptr;
       parent = parent_of(*top)) {
    top = parent;
  }
  return top->at("comm").get<std::string>() + " (" + std::to_string(top->at("tgid").get<int>()) + ")";
}

void expect_sums_of_members(const Report& report, const std::string& by) {
  const Json& groups = report["groups"];
  EXPECT_EQ(groups.at("by"), by);
  std::map<std::string, Sum> sums;
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      sums[key_of_member(report, by, process, task)].add(task.at("account"));
    }
  }
  EXPECT_EQ(groups.at("groups").size(), sums.size()) << by;
  Sum all;
  for (const Json& group : groups.at("groups")) {
    all.add(group.at("total"));
    if (by == "cgroup") {
      continue;  // its name is short
    }
    const std::string name = group.at("name");
    ASSERT_TRUE(sums.contains(name)) << by << ' ' << name;
    EXPECT_EQ(figures_of(group.at("total")), sums.at(name).figures()) << by << ' ' << name;
  }
  EXPECT_EQ(all.figures(), figures_of(report["totals"])) << by;
}

TEST(Groups, AddUpToTheirMembersByEachKey) {
  const std::string script =
      "true; for i in 1 2 3; do ls / >/dev/null; done; (sleep 0.01; echo) | cat >/dev/null; exec " +
      program("thread_pool") + " 2 10";
  for (const std::string& by : keys) {
    const Observed observed = observe({"sh", "-c", script}, {"--by", by});
    ASSERT_TRUE(observed.report) << observed.finished.describe();
    expect_sums_of_members(*observed.report, by);
  }
}

TEST(Groups, OfTheWholeMachineAddUpToTheTotals) {
  const TemporaryDirectory directory;
  const Running steady({program("steady"), "2"});
  for (const std::string& by : keys) {
    Words command = attach_command({"-a", "-d", "0.3"}, directory.file("r.json"));
    command.insert(command.end(), {"--by", by});
    const Finished finished = run(command);
    ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
    const auto report = read_report(directory.file("r.json"));
    ASSERT_TRUE(report);
    Sum sum;
    std::uint64_t tasks = 0;
    for (const Json& group : (*report)["groups"].at("groups")) {
      sum.add(group.at("total"));
      tasks += group.at("tasks").get<std::uint64_t>();
    }
    for (const Json& process : report->processes()) {
      tasks += process.at("kernel") ? process.at("tasks").size() : 0;
    }
    EXPECT_EQ(sum.figures(), figures_of((*report)["totals"])) << by;
    EXPECT_EQ(tasks, (*report)["task_count"]) << by;
  }
}

// Returns the rest of the line of a file that begins with `label`.
std::string line_in(const std::string& path, const std::string& label) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(label)) {
      return line.substr(label.size());
    }
  }
  return "";
}

TEST(Groups, UserAndCgroupAreThoseOfProc) {
  const TemporaryDirectory directory;
  const Running steady({"setpriv", "--reuid=65534", "sh", "-c", "echo ready; exec sleep 100"});
  const std::string proc = "/proc/" + std::to_string(steady.pid());
  const Finished finished =
      run(attach_command({"-p", std::to_string(steady.pid()), "-d", "0.2"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const Json* process = report->find(steady.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->at("uid"), std::stoi(line_in(proc + "/status", "Uid:")));
  EXPECT_EQ(process->at("uid"), 65534);
  const std::string cgroup = line_in(proc + "/cgroup", "0::");
  if (cgroup.empty()) {
    GTEST_SKIP() << "no cgroup file system of version 2 is mounted";
  }
  EXPECT_EQ(process->at("cgroup"), cgroup);
}

TEST(Groups, AnExitedProcessHasItsOwner) {
  const Observed observed = observe({"sh", "-c", "setpriv --reuid=65534 sleep 0.01; true"});
  ASSERT_TRUE(observed.report) << observed.finished.describe();
  const auto sleeps = observed.report->with_command("sleep 0.01");
  ASSERT_FALSE(sleeps.empty());
  EXPECT_EQ(sleeps.back()->at("uid"), 65534);
  EXPECT_EQ(observed.report->processes().at(0).at("uid"), getuid());
}

TEST(Groups, AnUnobservedWakerHasItsName) {
  const TemporaryDirectory directory;
  const std::string fifo = directory.file("fifo");
  Subprocess shell({"sh", "-c",
                    "mkfifo " + fifo + "; (for i in $(seq 100); do echo x; sleep 0.02; done) >" + fifo + " & cat " +
                        fifo + " >/dev/null & echo $! ready; wait"});
  ASSERT_TRUE(shell.wait_for_output("ready"));
  const std::string cat = shell.out().substr(0, shell.out().find(' '));
  const Finished finished = run(attach_command({"-p", cat, "-d", "0.4"}, directory.file("r.json")));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  const auto& edges = (*report)["edges"];
  const auto woken = std::ranges::find_if(
      edges, [](const Json& edge) { return edge.at("waker") == "unobserved" && edge.at("channel") == "pipe"; });
  ASSERT_NE(woken, edges.end()) << edges.dump();
  EXPECT_EQ(woken->at("from_comm"), "sh");
}

TEST(Groups, AnUnknownKeyIsOneLine) {
  const Finished finished = run(tool({"run", "--by", "pid\n", "true"}));
  EXPECT_EQ(finished.exit_code(), 2);
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("comm, cmdline, thread, tree, user or cgroup"));
}

}  // namespace
}  // namespace taskcost::test
