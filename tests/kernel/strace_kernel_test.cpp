// SPDX-License-Identifier: Apache-2.0
//
// Random programs under strace, and both under taskcost: they see the same execution, strace through ptrace. They have
// to agree on each system call of each task with its result, on which task created which, and on the bytes that passed.
//
// strace does not show: the return of a new task from the call that created it (only the creator's return); the calls
// of the first process before its exec, where strace begins; which call restart_syscall continues (taskcost reports
// that call); and the result of the last call of a task that SIGKILL ends, or even the call itself, if the
// signal comes before the stop at its entry. Times are not compared: ptrace's stops are waits of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/csv.h"
#include "support/expect.h"
#include "support/strace.h"

namespace taskcost::test {
namespace {

using CallOfTask = std::pair<std::string, std::int64_t>;   // its name, its result
using TracedPair = std::tuple<pid_t, pid_t, std::string>;  // from, to, channel

pid_t number_of(const std::string& field) { return static_cast<pid_t>(std::stol(field)); }

// The events of taskcost: the calls of each task in order, and the children that each process reaped.
struct EventsOfTasks {
  std::map<pid_t, std::vector<CallOfTask>> calls;
  std::map<pid_t, std::multiset<pid_t>> reaped;  // by process

  // Keeps only the calls after the last exec of the task `first`.
  EventsOfTasks(const std::string& csv, pid_t first) {
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    std::map<std::string, std::size_t, std::less<>> columns;
    for (const std::string& column : csv_fields(line)) {
      columns.emplace(column, columns.size());
    }
    while (std::getline(lines, line)) {
      const auto fields = csv_fields(line);
      const auto field = [&](const char* column) -> const std::string& { return fields.at(columns.at(column)); };
      const std::string& event = field("event");
      if (event == "reap") {
        reaped[number_of(field("pid"))].insert(number_of(field("other_tid")));
        continue;
      }
      if (field("tid").empty()) {
        continue;
      }
      const pid_t tid = number_of(field("tid"));
      if (event == "call") {
        calls[tid].emplace_back(field("syscall"), std::stoll(field("result")));
      } else if (event == "exec" && tid == first) {
        calls[tid].clear();
      }
    }
  }
};

std::vector<CallOfTask> returned_calls(const StraceTask& task) {
  std::vector<CallOfTask> calls;
  std::string interrupted;
  for (const StraceCall& call : task.calls) {
    const std::string& name = call.name == "restart_syscall" ? interrupted : call.name;
    if (call.result) {
      calls.emplace_back(name, *call.result);
    }
    interrupted = name;
  }
  return calls;
}

struct TracedCreation {
  pid_t creator = 0;
  std::string kind;
  std::string call;
};

std::map<pid_t, TracedCreation> creations_in(const StraceTasks& tasks) {
  std::map<pid_t, TracedCreation> creations;
  for (const auto& [tid, task] : tasks) {
    for (const StraceCall& call : task.calls) {
      if (const std::string kind = creation_of(call); !kind.empty()) {
        creations[static_cast<pid_t>(*call.result)] = {tid, kind, call.name};
      }
    }
  }
  return creations;
}

BytesByChannel traced_bytes(const StraceTask& task) {
  BytesByChannel sums;
  for (const StraceCall& call : task.calls) {
    for (const StraceTransfer& transfer : transfers_of(call)) {
      if (!transfer.file.channel.empty() && transfer.in + transfer.out != 0) {
        sums[transfer.file.channel + " in"] += static_cast<std::int64_t>(transfer.in);
        sums[transfer.file.channel + " out"] += static_cast<std::int64_t>(transfer.out);
      }
    }
  }
  return sums;
}

// Only channels with a single writer and a single reader are compared.
std::map<TracedPair, std::int64_t> traced_pairs(const StraceTasks& tasks) {
  struct Ends {
    std::string channel;
    std::map<pid_t, std::int64_t> in;
    std::map<pid_t, std::int64_t> out;
  };
  std::map<std::string, Ends> objects;
  for (const auto& [tid, task] : tasks) {
    for (const StraceCall& call : task.calls) {
      for (const StraceTransfer& transfer : transfers_of(call)) {
        Ends& ends = objects[transfer.file.object];
        ends.channel = transfer.file.channel;
        (transfer.in != 0 ? ends.in : ends.out)[tid] += static_cast<std::int64_t>(transfer.in + transfer.out);
      }
    }
  }
  std::map<TracedPair, std::int64_t> pairs;
  for (const auto& [object, ends] : objects) {
    if (!ends.channel.empty() && ends.in.size() == 1 && ends.out.size() == 1 &&
        ends.in.begin()->first != ends.out.begin()->first) {
      EXPECT_EQ(ends.in.begin()->second, ends.out.begin()->second) << object;
      pairs[{ends.out.begin()->first, ends.in.begin()->first, ends.channel}] += ends.in.begin()->second;
    }
  }
  return pairs;
}

// Reaped children by process, whichever of its threads waited.
std::map<pid_t, std::multiset<pid_t>> traced_reaps(const StraceTasks& tasks,
                                                   const std::map<pid_t, TracedCreation>& creations) {
  std::map<pid_t, std::multiset<pid_t>> reaped;
  for (const auto& [tid, task] : tasks) {
    pid_t process = tid;
    for (auto creation = creations.find(tid); creation != creations.end() && creation->second.kind == "thread";
         creation = creations.find(process)) {
      process = creation->second.creator;
    }
    for (const StraceCall& call : task.calls) {
      if (call.name == "wait4" && call.result && *call.result > 0) {
        reaped[process].insert(static_cast<pid_t>(*call.result));
      }
    }
  }
  return reaped;
}

void expect_pairs_as_traced(const Report& report, const StraceTasks& tasks) {
  std::map<TracedPair, std::int64_t> reported;
  for (const Json& edge : report["edges"]) {
    if (!edge.at("from_tid").is_number() || !edge.at("to_tid").is_number() || !edge.at("bytes").is_number()) {
      continue;
    }
    const auto from = edge.at("from_tid").get<pid_t>();
    const auto to = edge.at("to_tid").get<pid_t>();
    if (from != to && tasks.contains(from) && tasks.contains(to) && edge.at("bytes") != 0) {
      reported[{from, to, edge.at("channel").get<std::string>()}] += edge.at("bytes").get<std::int64_t>();
    }
  }
  EXPECT_EQ(reported, traced_pairs(tasks));
}

void expect_end_as_traced(const Json& process, const StraceTask& leader) {
  EXPECT_EQ(process.at("exit_code"), leader.exit_code ? Json(*leader.exit_code) : Json());
  EXPECT_EQ(process.at("exit_signal"), leader.signal ? Json(*leader.signal) : Json());
}

std::int64_t successful(const StraceTask& task, const std::string& name) {
  return std::ranges::count_if(task.calls,
                               [&name](const StraceCall& call) { return call.name == name && call.result == 0; });
}

class StracedRun {
 public:
  StracedRun(std::int64_t first, std::int64_t count) {
    const TemporaryDirectory directory;
    const std::string trace = directory.file("strace");
    const std::string csv = directory.file("events.csv");
    observed_ = observe(strace_command(trace, {program("random_life"), directory.file("truth"), std::to_string(first),
                                               std::to_string(count)}),
                        {"-o", csv});
    trace_ = read_file(trace);
    csv_ = read_file(csv);
  }

  void expect_agreement() {
    expect_ran(observed_);
    ASSERT_TRUE(observed_.report);
    expect_no_losses(*observed_.report);
    const StraceTasks tasks = parse_strace(trace_);
    ASSERT_FALSE(tasks.empty());
    const auto first = static_cast<pid_t>(std::stol(trace_));
    const EventsOfTasks events(csv_, first);
    const auto creations = creations_in(tasks);
    EXPECT_EQ(creations.size() + 1, tasks.size());
    std::map<pid_t, const Json*> reported;
    for (const Json& process : observed_.report->processes()) {
      for (const Json& task : process.at("tasks")) {
        reported[task.at("tid").get<pid_t>()] = &task;
      }
    }
    for (const auto& [tid, task] : tasks) {
      SCOPED_TRACE("task " + std::to_string(tid));
      ASSERT_TRUE(reported.contains(tid));
      expect_calls(events, tid, task, creations);
      EXPECT_EQ(bytes_by_channel(*reported[tid]), traced_bytes(task));
      if (const Json* process = observed_.report->find(tid)) {
        expect_end_as_traced(*process, task);
      }
      expect_creations(*reported[tid], tid, creations);
      if (tid != first) {
        const auto calls = static_cast<std::int64_t>(task.calls.size());
        EXPECT_GE(counter(*reported[tid], "syscalls"), calls);
        EXPECT_LE(counter(*reported[tid], "syscalls"), calls + (task.signal == SIGKILL ? 1 : 0));
        EXPECT_EQ(counter(*reported[tid], "execs"), successful(task, "execve"));
      }
    }
    expect_pairs_as_traced(*observed_.report, tasks);
    std::map<pid_t, std::multiset<pid_t>> reaped = events.reaped;
    std::erase_if(reaped, [&tasks](const auto& process) { return !tasks.contains(process.first); });  // strace itself
    EXPECT_EQ(reaped, traced_reaps(tasks, creations));
  }

 private:
  static void expect_calls(const EventsOfTasks& events, pid_t tid, const StraceTask& task,
                           const std::map<pid_t, TracedCreation>& creations) {
    std::vector<CallOfTask> calls = returned_calls(task);
    if (const auto creation = creations.find(tid); creation != creations.end()) {
      calls.insert(calls.begin(), {creation->second.call, 0});
    }
    const auto reported = events.calls.find(tid);
    ASSERT_NE(reported, events.calls.end());
    std::vector<CallOfTask> known = reported->second;
    if (task.signal == SIGKILL) {
      EXPECT_LE(known.size(), calls.size() + 1);
      if (known.size() == calls.size() + 1) {
        const std::string begun = task.calls.empty() || task.calls.back().result ? "???" : task.calls.back().name;
        EXPECT_TRUE(begun == "???" || begun == known.back().first) << begun << ", " << known.back().first;
        known.pop_back();
      }
    }
    EXPECT_THAT(known, ::testing::ContainerEq(calls));
  }

  static void expect_creations(const Json& reported, pid_t tid, const std::map<pid_t, TracedCreation>& creations) {
    std::map<std::string, std::int64_t> kinds;
    for (const auto& [child, creation] : creations) {
      kinds[creation.kind] += creation.creator == tid ? 1 : 0;
    }
    for (const auto& [kind, name] : std::map<std::string, std::string>{{"thread", "children_threads"},
                                                                       {"fork", "children_forks"},
                                                                       {"vfork", "children_vforks"},
                                                                       {"spawn", "children_spawns"},
                                                                       {"clone_vm", "children_clone_vm"}}) {
      EXPECT_EQ(counter(reported, name), kinds[kind]) << name;
    }
    if (const auto creation = creations.find(tid); creation != creations.end()) {
      EXPECT_EQ(reported.at("created_by_tid"), creation->second.creator);
      EXPECT_EQ(reported.at("origin"), creation->second.kind);
    }
  }

  Observed observed_;
  std::string trace_;
  std::string csv_;
};

TEST(RandomPrograms, AreReportedAsByStrace) {
  constexpr std::int64_t programs_per_run = 20;
  const std::int64_t programs = std::getenv("TASKCOST_THOROUGH") != nullptr ? 1'000 : programs_per_run;
  for (std::int64_t first = 1; first <= programs && !HasFailure(); first += programs_per_run) {
    SCOPED_TRACE("seeds from " + std::to_string(first));
    StracedRun(first, programs_per_run).expect_agreement();
  }
}

}  // namespace
}  // namespace taskcost::test
