// SPDX-License-Identifier: Apache-2.0
//
// Sums of tasks by program, command line, thread name, subtree, user or cgroup, and the wakeups between such groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account/account.h"

namespace taskcost {

enum class GroupBy {
  comm,     // the name of the process
  cmdline,  // its arguments; "[comm]" for a process without any
  thread,   // the name of the task, with `*` for each number in it
  tree,     // a child of a process whose parent is not observed, with all descendants; that process is its own group
  user,     // the real uid
  cgroup    // the cgroup of version 2
};
const char* to_string(GroupBy by);

struct TaskGroup {
  // Hostile. nullopt: tasks whose group is not known, because they are not kept one by one.
  std::optional<std::string> name;
  std::uint64_t processes = 0;  // processes with a task in the group
  std::uint64_t tasks = 0;
  Account total;
};

// The wakeups of tasks of one group by those of another for one cause, and the bytes through that channel.
struct GroupEdge {
  Waker::Kind waker = Waker::Kind::unknown;
  // nullopt: `waker` is no task, or the group of the task is not known. Unobserved wakers are grouped by thread name.
  std::optional<std::string> from;
  std::optional<std::string> to;  // nullopt: the group of the sleeper or receiver is not known
  tc_wait cause = TC_WAIT_OTHER;
  std::uint64_t edges = 0;  // edges of the wakeup graph in this sum
  std::uint64_t wakeups = 0;
  Duration waited{};
  Duration longest{};
  std::map<std::string, std::uint64_t> call_sites;  // as in Edge
  std::optional<std::uint64_t> bytes;               // those of the edges that tell them; nullopt: none does
};

// The group of all kernel threads in a GroupEdge. They are in no TaskGroup, as Session::totals is without them.
inline constexpr std::string_view kernel_group = "kernel threads";

// What tasks have in common, and how a report calls that. Two keys may have one label, as two processes can have the
// same name and, one after the other, the same pid.
struct GroupKey {
  std::string value;
  std::string label;  // hostile
};

// Finds the group of each process and task, by what it knows of all processes. They must outlive it.
class Grouping {
 public:
  Grouping(const std::vector<Process>& processes, GroupBy by);

  [[nodiscard]] GroupKey of(const Process& process) const;  // by thread: its name
  [[nodiscard]] GroupKey of(const Process& process, const std::string& task_comm) const;

 private:
  void shorten_cgroups(const std::vector<Process>& processes);

  GroupBy by_;
  std::unordered_map<std::uint64_t, const Process*> by_id_;
  std::unordered_map<std::uint64_t, std::uint64_t> subtrees_;
  std::map<std::string, std::string> short_cgroups_;  // by path
};

// The sums over all groups are equal to Session::totals, figure by figure. Sorted by CPU time and the time that tasks
// waited for a CPU, the largest first.
std::vector<TaskGroup> groups_of(const Session& session, GroupBy by);
// Sorted by waiting time, the largest first.
std::vector<GroupEdge> edges_between_groups(const Session& session, GroupBy by);

// The names of the groups of processes, for stacks, which know no task: by thread, the name of the process.
class ProcessGroups {
 public:
  ProcessGroups(const Session& session, GroupBy by);

  // `process` is a Process::id. "[unknown]" for any other number.
  [[nodiscard]] const std::string& of(std::uint64_t process) const;

 private:
  std::unordered_map<std::uint64_t, std::string> names_;
};

// thread, if all tasks belong to processes of one name and have several names; else comm.
GroupBy default_grouping(const Session& session);

// "worker-12" -> "worker-*"
std::string thread_pattern(std::string_view comm);
// The last part of a cgroup's path that tells it from others, with short ids of pods and containers: "nginx.service",
// "docker-0123456789ab.scope".
std::string short_cgroup(std::string_view path);

}  // namespace taskcost
